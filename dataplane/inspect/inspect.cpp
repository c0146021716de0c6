// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/inspect/inspect.hpp"

#include <algorithm>
#include <functional>
#include <new>

#include "dataplane/emit/response.hpp"
#include "dataplane/krr/parse.hpp"
#include "dataplane/krr/recognise.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/sip/arena_list.hpp"
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/plain/plain.hpp"

namespace kmsgate::inspect {

namespace {

using policy::decide::Facts;
using policy::decide::IMessage;
using policy::decide::KmsName;
using policy::decide::Krr;
using policy::decide::MessageClass;

KmsName name_of(const policy::table::Table& table, std::string_view text) noexcept {
    return {true, table.find_kms(text), text};
}

/// Data types that pass in responses: verification, error and SAKKE response messages.
bool passes_in_response(std::uint8_t type) noexcept {
    return type == 3 || type == 5 || type == 6 || type == 27;
}

/// Of which sides the names are looked up: those that a rule could judge.
std::array<bool, 2> judged_sides(const Arrived& arrived, const Context& context) noexcept {
    using policy::table::Side;
    const auto& edge = context.table->edges()[context.edge];
    const auto judged = [&](Side side) {
        return context.all || (edge.rules[static_cast<std::size_t>(side)].count != 0 &&
                               policy::decide::may_police(edge, side, arrived.arrival));
    };
    return {judged(Side::initiator), judged(Side::receiver)};
}

void put_name(KmsName& out, const mikey::Message& m, mikey::Role role,
              const policy::table::Table* table) noexcept {
    out.present = m.has(role);
    out.id.reset();
    if (!out.present) return;
    out.text = m.text(role);
    if (table != nullptr) out.id = table->find_kms(out.text);
}

/// `tables`: by side, null where nobody asks which KMS it is.
void put_facts(IMessage& out, const mikey::Message& m, bool response,
               const std::array<const policy::table::Table*, 2>& tables) noexcept {
    if (m.fault) [[unlikely]] {
        out = {};
        out.rule = *m.fault;
        switch (*m.fault) {
            case mikey::Rule::duplicate_idr:
                out.state = IMessage::State::duplicate_idr;
                break;
            case mikey::Rule::data_type:
                out.state = response && passes_in_response(m.data_type) ? IMessage::State::passes
                                                                        : IMessage::State::other_type;
                break;
            default:
                out.state = IMessage::State::malformed;
        }
        return;
    }
    out.state = IMessage::State::read;
    out.rule = {};
    put_name(out.kmsi, m, mikey::Role::idrkmsi, tables[0]);
    put_name(out.kmsr, m, mikey::Role::idrkmsr, tables[1]);
}

core::Identity identity(const mikey::Message& m, mikey::Role clear, mikey::Role hashed) noexcept {
    if (m.has(clear)) return {true, false, m.text(clear)};
    if (m.has(hashed)) return {true, true, m.text(hashed)};
    return {};
}

core::IMessageRecord record_of(const mikey::Message& m, sip::Where where) noexcept {
    core::IMessageRecord r;
    r.where = where;
    if (m.fault) {
        r.error = mikey::to_string(*m.fault);
        return r;
    }
    using mikey::Role;
    if (m.has(Role::idrkmsi)) r.idrkmsi = {true, false, m.text(Role::idrkmsi)};
    if (m.has(Role::idrkmsr)) r.idrkmsr = {true, false, m.text(Role::idrkmsr)};
    r.idri = identity(m, Role::idri, Role::idruidi);
    r.idrr = identity(m, Role::idrr, Role::idruidr);
    return r;
}

/// One I_MESSAGE: the reader of well-formed ones first, the one that names what is wrong when that is not
/// sure.
void read_carriage(const sip::Carriage& carriage, mikey::RuleSet relax, sip::Arena& arena,
                   mikey::Message& out) noexcept {
    const std::string_view data = carriage.data;
    if (carriage.form == sip::Form::binary) {
        out = mikey::read({reinterpret_cast<const std::uint8_t*>(data.data()), data.size()}, relax);
        return;
    }
    const auto scratch = arena.take_raw<std::uint8_t>(mikey::plain_bytes(data.size()));
    if (!mikey::read_plain(data, scratch, out)) out = mikey::read_base64(data, scratch, relax);
}

void read_mikey(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out) {
    const auto carriages = out.contents.carriages;
    const mikey::RuleSet relax(out.peer != nullptr ? out.peer->relax : 0);
    const bool response = out.message.kind == sip::Kind::response;
    const auto judged = judged_sides(arrived, context);
    const std::array tables{judged[0] ? context.table : nullptr, judged[1] ? context.table : nullptr};
    const auto read = arena.take_raw<mikey::Message>(carriages.size());
    const auto facts = arena.take_raw<IMessage>(carriages.size());
    if (read.size() < carriages.size() || facts.size() < carriages.size()) [[unlikely]] {
        out.facts.uninspectable = true;
        return;
    }
    for (std::size_t i = 0; i < carriages.size(); ++i) {
        read_carriage(carriages[i], relax, arena, read[i]);
        put_facts(facts[i], read[i], response, tables);
        if (!read[i].relaxed.empty()) ++out.relaxed;
    }
    out.mikey = read;
    out.facts.messages = facts;
}

/// What the full reader found, in memory that lasts as long as the message.
krr::View kept(const krr::Document& d, sip::Arena& arena) {
    const auto text = [&arena](std::string_view s) {
        const auto bytes = arena.take_raw<char>(s.size());
        std::copy_n(s.begin(), bytes.size(), bytes.begin());
        return std::string_view(bytes.data(), bytes.size());
    };
    const auto maybe = [&text](const std::optional<std::string>& s) {
        return s ? std::optional(text(*s)) : std::nullopt;
    };
    krr::View out;
    out.initiator = maybe(d.initiator);
    out.receiver = maybe(d.receiver);
    out.initiator_kms = maybe(d.initiator_kms);
    out.receiver_kms = maybe(d.receiver_kms);
    const std::array lists{&d.initiator_list, &d.receiver_list};
    for (std::size_t side = 0; side < lists.size(); ++side) {
        krr::ListView& list = out.lists[side];
        list.any = lists[side]->any;
        for (const std::string& name : list.any ? lists[side]->beside_any : lists[side]->uris)
            list.add(text(name));
    }
    out.root = text(d.root);
    out.depth = d.depth;
    return out;
}

policy::decide::List list_of(const krr::ListView& list, const policy::table::Table& table, sip::Arena& arena,
                             sip::ArenaList<std::string_view>& unknown) {
    policy::decide::List out;
    out.any = list.any;
    const auto note = [&](const KmsName& name) {
        const auto same = [&](std::string_view known) { return sip::iequal(known, name.text); };
        if (!name.id && std::ranges::none_of(unknown.items(), same))
            static_cast<void>(unknown.push(name.text));
    };
    if (list.any) {
        for (const std::string_view name : list.all()) note(name_of(table, name));
        return out;
    }
    const auto names = arena.take_raw<KmsName>(list.count);
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = name_of(table, list.names[i]);
        note(names[i]);
    }
    out.names = names;
    return out;
}

/// A KRR in canonical form, or null.
const krr::View* recognised(std::string_view document, sip::Arena& arena) noexcept {
    const sip::Arena::Mark before = arena.mark();
    const auto view = arena.take_raw<krr::View>(1);
    if (view.empty()) return nullptr;
    ::new (view.data()) krr::View;  // not its arrays
    if (krr::recognise(document, view[0])) return view.data();
    arena.rewind(before);
    return nullptr;
}

/// Any KRR, or null.
const krr::View* read_document(std::string_view text, sip::Arena& arena) {
    if (const krr::View* view = recognised(text, arena)) return view;
    const auto view = arena.take_raw<krr::View>(1);
    if (view.empty()) return nullptr;
    const auto document = krr::parse(text);
    if (!document) return nullptr;
    view[0] = kept(*document, arena);
    return view.data();
}

/// Of a message that holds a KRR, or an empty one.
void read_krr(const Context& context, sip::Arena& arena, Inspection& out) {
    const auto krrs = out.contents.krrs;
    Krr& facts = out.facts.krr;
    const bool answer = out.message.kind == sip::Kind::response && out.message.status == 488;
    facts = {};
    if (krrs.empty()) {
        if (answer) facts.state = Krr::State::unparsable;
        return;
    }
    // In its place it can be replaced: its bytes stand in the body that Content-Length counts, once.
    const auto within = [](std::string_view part, std::string_view whole) {
        return !part.empty() && !std::less<>()(part.data(), whole.data()) &&
               !std::less<>()(whole.data() + whole.size(), part.data() + part.size());
    };
    const bool in_place =
        answer && krrs.size() == 1 && krrs[0].typed && within(krrs[0].written, out.message.body);
    if (!in_place) {
        facts.state = Krr::State::out_of_place;
        return;
    }
    if (out.krr == nullptr) out.krr = read_document(krrs[0].data, arena);
    if (out.krr == nullptr) {
        facts.state = Krr::State::unparsable;
        return;
    }
    facts.state = Krr::State::read;
    sip::ArenaList<std::string_view> unknown(arena, kMaxUnknown);
    facts.lists[0] = list_of(out.krr->lists[0], *context.table, arena, unknown);
    facts.lists[1] = list_of(out.krr->lists[1], *context.table, arena, unknown);
    facts.unknown = unknown.items();
    if (arena.exhausted()) facts.state = Krr::State::unparsable;
}

/// The visited networks, where some rule asks for them. Else they are as good as not known: also for a later
/// table that asks, when the KRR comes back.
void collect_visited(const Context& context, sip::Arena& arena, Inspection& out) {
    using policy::table::Ask, policy::table::Side, policy::table::Table;
    const auto& edge = context.table->edges()[context.edge];
    const bool asked =
        Table::asks(edge, Ask::visited, Side::initiator) || Table::asks(edge, Ask::visited, Side::receiver);
    out.facts.visited_known = asked || context.all;
    if (!out.facts.visited_known) return;
    constexpr std::size_t kMaxVisited = 32;
    const auto values = arena.take_raw<std::string_view>(kMaxVisited);
    out.facts.visited_known = !values.empty();
    if (!out.message.present.has_any(
            {sip::HeaderId::p_visited_network_id, sip::HeaderId::p_access_network_info}))
        return;
    std::size_t count = 0;
    for (const sip::Header& h : out.message.headers) {
        if (h.id != sip::HeaderId::p_visited_network_id && h.id != sip::HeaderId::p_access_network_info)
            continue;
        std::string_view rest = h.folded ? sip::unfold(h.value, arena) : h.value;
        for (std::string_view v = sip::next_element(rest); !v.empty(); v = sip::next_element(rest)) {
            if (count == values.size()) {
                out.facts.visited_known = false;
                break;
            }
            if (v.size() >= 2 && v.front() == '"' && v.back() == '"') v = v.substr(1, v.size() - 2);
            values[count++] = v;
        }
    }
    arena.shrink_last(values, count);
    out.facts.visited = values.first(count);
}

/// A response with a KRR alone, judged by whose request it answers: nobody asks what it offers.
bool offers_nothing(const Inspection& in) noexcept {
    const Facts& f = in.facts;
    return in.message.kind == sip::Kind::response && in.contents.carriages.empty() && !f.malformed_sip &&
           !f.uninspectable && !f.off_port && !f.tunnelled;
}

MessageClass class_of(const sip::Message& m) noexcept {
    switch (m.kind) {
        case sip::Kind::request:
            return m.method == "ACK" ? MessageClass::ack : MessageClass::request;
        case sip::Kind::response:
            return MessageClass::response;
        case sip::Kind::unknown:
            break;
    }
    return MessageClass::unknown;
}

/// Message and contents: from the plain reader when it is sure, else from the full parser.
void read_message(std::string_view payload, sip::Arena& arena, Inspection& out) noexcept {
    const sip::Arena::Mark before = arena.mark();
    out.krr = nullptr;
    out.plain = sip::read_plain(payload, arena, out.message, out.contents);
    if (out.plain && !out.contents.krrs.empty()) {  // plain only if the KRR is
        out.krr = recognised(out.contents.krrs[0].data, arena);
        out.plain = out.krr != nullptr;
    }
    if (out.plain) return;
    arena.rewind(before);
    out.message = sip::parse(payload, arena);
    out.contents = sip::look_into(out.message, arena);
}

}  // namespace

std::span<const core::IMessageRecord> records_of(const Inspection& inspection, sip::Arena& arena) {
    const auto records = arena.take_raw<core::IMessageRecord>(inspection.mikey.size());
    for (std::size_t i = 0; i < records.size(); ++i)
        records[i] = record_of(inspection.mikey[i], inspection.contents.carriages[i].where);
    return records;
}

void inspect(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out) {
    read_message(arrived.payload, arena, out);
    const sip::Message& m = out.message;
    const bool request = m.kind == sip::Kind::request;
    out.mikey = {};
    out.users = {};
    out.users_open = {};
    out.relaxed = 0;
    // Each field is written. Of an answer's alone: what only those are asked about.
    Facts& f = out.facts;
    f.edge = context.edge;
    f.mode = context.mode;
    f.arrival = arrived.arrival;
    f.message_class = class_of(m);
    f.is_register = m.method == "REGISTER";
    f.grandfathered = false;
    f.malformed_sip = m.faults.any() || out.contents.nested_faults.any() || m.kind == sip::Kind::unknown;
    // Only a message that cannot be read is judged by what it claims.
    f.mikey_claim = f.malformed_sip && out.contents.mikey_claim;
    f.uninspectable = out.contents.uninspectable != sip::Uninspectable::none;
    f.off_port = arrived.off_port;
    f.tunnelled = arrived.tunnelled;
    f.unanswerable = arrived.tunnelled || !m.answerable() || !emit::answer_destination(m, arrived.source);
    f.messages = {};
    f.users = {};
    f.peer = arrived.source.address;
    f.visited = {};
    f.visited_known = true;
    f.krr.state = Krr::State::none;
    f.krr.unknown = {};
    if (!request) {
        out.back_users = {};
        f.back = {};
        f.back.peer = arrived.destination.address;
        f.back.visited_known = false;
    }
    if (!out.contents.krrs.empty() || out.contents.empty_krr) read_krr(context, arena, out);
    if (out.contents.carriages.empty() && f.krr.state == Krr::State::none && !f.malformed_sip &&
        !f.uninspectable)
        return;
    out.peer = context.table->find_peer(arrived.source.address);
    if (!out.contents.carriages.empty()) read_mikey(arrived, context, arena, out);
    collect_visited(context, arena, out);
    if (offers_nothing(out))
        out.users_open = {true, true};
    else
        resolve_users(arrived, context, arena, out);
    if (m.kind != sip::Kind::unknown) return;
    // What cannot be read has no direction either: one resolution serves both readings.
    f.back = {f.users, arrived.destination.address, f.visited, f.visited_known};
    out.back_users = out.users;
}

}  // namespace kmsgate::inspect

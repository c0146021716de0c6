// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/answer.hpp"

#include <algorithm>
#include <array>

#include "dataplane/emit/recall.hpp"
#include "dataplane/emit/writer.hpp"
#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/names.hpp"
#include "dataplane/krr/plain_text.hpp"

namespace kmsgate::emit {

namespace {

using policy::decide::Decision;
using policy::decide::KmsName;
using policy::decide::ListOut;
using policy::table::Side;

constexpr std::string_view kOpen = "<KmsUri>", kClose = "</KmsUri>";
static_assert(kOpen.substr(1, kOpen.size() - 2) == krr::names::kms_uri);
constexpr std::string_view kAny = "<KmsUri>ANY</KmsUri>";

/// The same as krr::escape, into storage of the packet path (a test holds the two together).
void escaped(Writer& w, std::string_view text) noexcept {
    const auto entity = [](char c) -> std::string_view {
        switch (c) {
            case '&':
                return "&amp;";
            case '<':
                return "&lt;";
            case '>':
                return "&gt;";
            case '"':
                return "&quot;";
            case '\'':
                return "&apos;";
            default:
                return {};
        }
    };
    std::size_t plain = 0;  // where the run not written yet starts
    for (std::size_t i = krr::plain_length(text); i < text.size(); ++i) {
        const std::string_view instead = entity(text[i]);
        if (instead.empty()) continue;
        w.put(text.substr(plain, i - plain)).put(instead);
        plain = i + 1;
    }
    w.put(text.substr(plain));
}

/// A name that came with the message may be said again only when it is one: 0x21-0x7E, at most a URI's
/// length.
bool repeatable(std::string_view name) noexcept {
    const auto rest = name.substr(krr::plain_length(name));
    return !name.empty() && name.size() <= krr::kMaxUri &&
           std::all_of(rest.begin(), rest.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

class ListWriter {
  public:
    ListWriter(std::size_t names, std::size_t xml, sip::Arena& arena)
        : names_(arena.take_raw<std::string_view>(std::max<std::size_t>(names, 1))),
          storage_(arena.take_raw<char>(std::max<std::size_t>(xml, 1))),
          w_(storage_),
          ok_(!storage_.empty() && !names_.empty()) {}

    void add_known(std::string_view uri, std::string_view xml) noexcept {
        if (count_ == names_.size()) return;
        names_[count_++] = uri;
        w_.put(xml);
    }
    void add_raw(std::string_view uri) noexcept {
        if (count_ == names_.size()) return;
        names_[count_++] = uri;
        w_.put(kOpen);
        escaped(w_, uri);
        w_.put(kClose);
    }
    [[nodiscard]] std::span<const std::string_view> names() const noexcept { return names_.first(count_); }
    [[nodiscard]] std::string_view xml() const noexcept { return w_.text(); }
    [[nodiscard]] bool ok() const noexcept { return ok_ && w_.ok(); }

  private:
    std::span<std::string_view> names_;
    std::span<char> storage_;
    Writer w_;
    std::size_t count_ = 0;
    bool ok_;
};

constexpr std::size_t kRawXml = 6 * krr::kMaxUri + 32;  // every byte escaped, and the element

const KmsName& refused_name(const Decision& d, const inspect::Inspection& in, std::size_t side) noexcept {
    static constexpr KmsName none{};
    if (d.refused >= in.facts.messages.size()) return none;
    const auto& m = in.facts.messages[d.refused];
    return side == static_cast<std::size_t>(Side::initiator) ? m.kmsi : m.kmsr;
}

}  // namespace

KrrLists krr_lists(const Decision& d, const inspect::Inspection& in, const policy::table::Table& table,
                   sip::Arena& arena) {
    KrrLists out;
    const bool rewrite = in.facts.krr.state == policy::decide::Krr::State::read;
    for (std::size_t side = 0; side < 2; ++side) {
        const ListOut& list = d.krr[side];
        out.xml[side] = kAny;
        const auto take = [&](ListWriter& w) {
            out.record.lists[side] = w.names();
            out.xml[side] = w.xml();
            out.ok = out.ok && w.ok();
        };
        switch (list.kind) {
            case ListOut::Kind::any:
                break;
            case ListOut::Kind::rule: {
                const auto& rule = table.rules()[list.rule];
                const auto ids = table.kms_list(rule.allow);
                ListWriter w(ids.size(), 1, arena);
                for (const auto id : ids) w.add_known(table.text(table.kms()[id].uri), {});
                take(w);
                out.xml[side] = table.text(rule.krr_list);
                break;
            }
            case ListOut::Kind::kms: {
                const auto ids = table.kms_list(table.rules()[list.rule].allow);
                const auto kept = [&](std::size_t i) { return (list.keep >> i & 1U) != 0; };
                std::size_t size = 0;
                for (std::size_t i = 0; i < ids.size(); ++i)
                    size += kept(i) ? table.kms()[ids[i]].xml.size : 0;
                ListWriter w(ids.size(), size, arena);
                for (std::size_t i = 0; i < ids.size(); ++i) {
                    const auto& kms = table.kms()[ids[i]];
                    if (kept(i)) w.add_known(table.text(kms.uri), table.text(kms.xml));
                }
                take(w);
                break;
            }
            case ListOut::Kind::copy: {
                if (!rewrite) {
                    const KmsName& name = refused_name(d, in, side);
                    if (!repeatable(name.text)) break;
                    ListWriter w(1, kRawXml, arena);
                    w.add_raw(name.text);
                    take(w);
                    break;
                }
                const auto& incoming = in.facts.krr.lists[side];
                if (incoming.any) break;
                ListWriter w(incoming.names.size(), incoming.names.size() * kRawXml, arena);
                for (const KmsName& name : incoming.names) w.add_raw(name.text);
                take(w);
                break;
            }
            case ListOut::Kind::names: {
                const auto& incoming = in.facts.krr.lists[side];
                ListWriter w(incoming.names.size(), incoming.names.size() * kRawXml, arena);
                for (std::size_t i = 0; i < incoming.names.size() && i < 64; ++i)
                    if ((list.keep >> i & 1U) != 0) w.add_raw(incoming.names[i].text);
                take(w);
                break;
            }
        }
    }
    return out;
}

core::KrrRecord incoming_lists(const policy::decide::Facts& facts, sip::Arena& arena) {
    core::KrrRecord out;
    for (std::size_t side = 0; side < 2; ++side) {
        const auto& list = facts.krr.lists[side];
        if (list.any) continue;
        const auto names = arena.take_raw<std::string_view>(list.names.size());
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = list.names[i].text;
        out.lists[side] = names;
    }
    return out;
}

std::string_view to_text(const Said& said, sip::Arena& arena) {
    const auto& lists = said.lists.record.lists;
    if (!lists[0] && !lists[1]) {  // nothing but the rules, as of nearly every message
        constexpr std::string_view kAnyLists = "\n*\n*\n";
        const auto out =
            arena.take_raw<char>(said.rules[0].size() + said.rules[1].size() + 1 + kAnyLists.size());
        if (out.empty()) return {};
        char* at = std::copy(said.rules[0].begin(), said.rules[0].end(), out.data());
        *at++ = '\n';
        at = std::copy(said.rules[1].begin(), said.rules[1].end(), at);
        std::copy(kAnyLists.begin(), kAnyLists.end(), at);
        return {out.data(), out.size()};
    }
    std::size_t size = said.rules[0].size() + said.rules[1].size() + 8;
    for (const auto& list : said.lists.record.lists)
        if (list)
            for (const std::string_view name : *list) size += name.size() + 1;
    Writer w(arena.take_raw<char>(size));
    for (const std::string_view rule : said.rules) w.put(rule).put("\n");
    for (const auto& list : said.lists.record.lists) {
        if (!list) w.put("*");
        if (list)
            for (const std::string_view name : *list) w.put(name).put(" ");
        w.put("\n");
    }
    return w.text();
}

Said from_text(std::string_view text, sip::Arena& arena) {
    const auto cut = [](std::string_view& rest, char end) {
        const std::size_t at = std::min(rest.find(end), rest.size());
        const std::string_view piece = rest.substr(0, at);
        rest.remove_prefix(std::min(at + 1, rest.size()));
        return piece;
    };
    Said out;
    for (std::string_view& rule : out.rules) rule = cut(text, '\n');
    for (std::size_t side = 0; side < 2; ++side) {
        std::string_view names = cut(text, '\n');
        out.lists.xml[side] = kAny;
        if (names == "*") continue;
        const auto count = static_cast<std::size_t>(std::count(names.begin(), names.end(), ' '));
        ListWriter w(count, count * kRawXml, arena);
        while (!names.empty()) w.add_raw(cut(names, ' '));
        out.lists.record.lists[side] = w.names();
        out.lists.xml[side] = w.xml();
        out.lists.ok = out.lists.ok && w.ok();
    }
    return out;
}

krr::Pieces krr_pieces(const Decision& d, const inspect::Inspection& in, const policy::table::Table& table,
                       const KrrLists& lists, std::uint64_t id, std::uint64_t seconds,
                       std::string_view embedded) noexcept {
    krr::Pieces p;
    p.after_id = table.text(table.edges()[in.facts.edge].krr_after_id);
    p.id = id;
    p.time = seconds;
    if (in.krr != nullptr) {
        p.initiator = in.krr->initiator.value_or(std::string_view());
        p.receiver = in.krr->receiver.value_or(std::string_view());
        p.initiator_kms = in.krr->initiator_kms.value_or(std::string_view());
        p.receiver_kms = in.krr->receiver_kms.value_or(std::string_view());
    } else if (d.refused < in.mikey.size() && !in.mikey[d.refused].fault) {
        const mikey::Message& m = in.mikey[d.refused];
        p.initiator = m.text(mikey::Role::idri);
        p.receiver = m.text(mikey::Role::idrr);
        p.initiator_kms = m.text(mikey::Role::idrkmsi);
        p.receiver_kms = m.text(mikey::Role::idrkmsr);
    }
    p.initiator_list = lists.xml[0];
    p.receiver_list = lists.xml[1];
    p.embedded = embedded;
    return p;
}

std::string_view krr_body(const Decision& d, const inspect::Inspection& in, const policy::table::Table& table,
                          const KrrLists& lists, std::uint64_t id, std::uint64_t seconds,
                          std::string_view embedded, sip::Arena& arena) {
    krr::Pieces p = krr_pieces(d, in, table, lists, id, seconds, embedded);
    for (std::string_view* text : {&p.initiator, &p.receiver, &p.initiator_kms, &p.receiver_kms})
        if (!repeatable(*text)) *text = {};
    const std::size_t room =
        2048 + p.after_id.size() + lists.xml[0].size() + lists.xml[1].size() + embedded.size() +
        6 * (p.initiator.size() + p.receiver.size() + p.initiator_kms.size() + p.receiver_kms.size());
    const auto out = arena.take_raw<char>(room);
    const std::size_t size = out.empty() ? 0 : krr::join(p, out);
    return {out.data(), size};
}

}  // namespace kmsgate::emit

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/answer.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "dataplane/emit/recall.hpp"
#include "dataplane/emit/writer.hpp"
#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/names.hpp"
#include "dataplane/krr/pen.hpp"
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

struct Entity {
    std::string_view name, text;
};
constexpr std::array<Entity, 5> kEntities{
    {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}}};

/// The same as krr::escape, into storage of the packet path (a test holds the two together).
void escaped(Writer& w, std::string_view text) noexcept {
    std::size_t plain = 0;  // where the run not written yet starts
    for (std::size_t i = krr::plain_length(text); i < text.size(); ++i) {
        const auto* const entity = std::ranges::find(kEntities, text.substr(i, 1), &Entity::text);
        if (entity == kEntities.end()) continue;
        w.put(text.substr(plain, i - plain)).put("&").put(entity->name).put(";");
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
    /// `names`: how many there are; none are kept where nobody asks for them.
    ListWriter(std::size_t names, std::size_t xml, Names wanted, sip::Arena& arena)
        : storage_(arena.take_raw<char>(std::max<std::size_t>(xml, 1))),
          w_(storage_),
          wanted_(wanted == Names::yes),
          ok_(!storage_.empty()) {
        if (!wanted_) return;
        names_ = arena.take_raw<std::string_view>(std::max<std::size_t>(names, 1));
        ok_ = ok_ && !names_.empty();
    }

    void add_known(std::string_view uri, std::string_view xml) noexcept {
        name(uri);
        w_.put(xml);
    }
    void add_raw(std::string_view uri) noexcept {
        name(uri);
        w_.put(kOpen);
        escaped(w_, uri);
        w_.put(kClose);
    }
    /// As the message wrote it; a KMS of the table in the table's own spelling is there already.
    void add(const KmsName& name, const policy::table::Table& table) noexcept {
        if (name.id) {
            const auto& kms = table.kms()[*name.id];
            if (name.text == table.text(kms.uri)) return add_known(name.text, table.text(kms.xml));
        }
        add_raw(name.text);
    }
    [[nodiscard]] std::span<const std::string_view> names() const noexcept { return names_.first(count_); }
    [[nodiscard]] std::string_view xml() const noexcept { return w_.text(); }
    [[nodiscard]] bool ok() const noexcept { return ok_ && w_.ok(); }

  private:
    void name(std::string_view uri) noexcept {
        if (wanted_ && count_ < names_.size()) names_[count_++] = uri;
    }

    std::span<std::string_view> names_;
    std::span<char> storage_;
    Writer w_;
    std::size_t count_ = 0;
    bool wanted_;
    bool ok_;
};

/// Of a KRR in canonical form: the elements of its names stand one behind the other, as ours would.
std::string_view elements(std::string_view first, std::string_view last) noexcept {
    const char* const from = first.data() - kOpen.size();
    return {from, static_cast<std::size_t>(last.data() + last.size() + kClose.size() - from)};
}

/// Those of the incoming list of which a bit is set in `keep`; all that stand together are copied together.
std::string_view canonical_names(std::span<const KmsName> names, std::uint64_t keep, sip::Arena& arena,
                                 bool& ok) noexcept {
    if (names.empty()) return {};
    const std::uint64_t every =
        names.size() >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << names.size()) - 1;
    const std::string_view whole = elements(names.front().text, names.back().text);
    if ((keep & every) == every && names.size() <= 64) return whole;
    const auto out = arena.take_raw<char>(whole.size());
    ok = ok && !out.empty();
    if (out.empty()) return {};
    krr::Pen pen(out.data());
    for (keep &= every; keep != 0;) {
        const auto from = static_cast<unsigned>(std::countr_zero(keep));
        const auto run = static_cast<unsigned>(std::countr_one(keep >> from));
        pen.put(elements(names[from].text, names[from + run - 1].text));
        keep = from + run == 64 ? 0 : keep >> (from + run) << (from + run);
    }
    return {out.data(), static_cast<std::size_t>(pen.at() - out.data())};
}

constexpr std::uint32_t kSaidKms = 0x80000000;
static_assert(policy::table::kMaxIndexed < kSaidKms);

/// All that a list of names takes as XML.
std::size_t xml_of(std::span<const KmsName> names) noexcept {
    std::size_t size = 0;
    for (const KmsName& name : names) size += kOpen.size() + 6 * name.text.size() + kClose.size();
    return size;
}

const KmsName& refused_name(const Decision& d, const inspect::Inspection& in, std::size_t side) noexcept {
    static constexpr KmsName none{};
    if (d.refused >= in.facts.messages.size()) return none;
    const auto& m = in.facts.messages[d.refused];
    return side == static_cast<std::size_t>(Side::initiator) ? m.kmsi : m.kmsr;
}

}  // namespace

KrrLists krr_lists(const Decision& d, const inspect::Inspection& in, const policy::table::Table& table,
                   sip::Arena& arena, Names names) {
    KrrLists out;
    const bool rewrite = in.facts.krr.state == policy::decide::Krr::State::read;
    const bool short_way = names == Names::no && in.krr != nullptr && in.krr->canonical;
    for (std::size_t side = 0; side < 2; ++side) {
        const ListOut& list = d.krr[side];
        out.xml[side] = kAny;
        const auto take = [&](const ListWriter& w) {
            if (names == Names::yes) out.record.lists[side] = w.names();
            out.xml[side] = w.xml();
            out.said[side] = kSaidHere;
            out.ok = out.ok && w.ok();
        };
        switch (list.kind) {
            case ListOut::Kind::any:
                break;
            case ListOut::Kind::rule: {
                const auto& rule = table.rules()[list.rule];
                if (names == Names::yes) {
                    const auto ids = table.kms_list(rule.allow);
                    ListWriter w(ids.size(), 1, names, arena);
                    for (const auto id : ids) w.add_known(table.text(table.kms()[id].uri), {});
                    take(w);
                }
                out.xml[side] = table.text(rule.krr_list);
                out.said[side] = list.rule + 1;
                break;
            }
            case ListOut::Kind::kms: {
                const auto ids = table.kms_list(table.rules()[list.rule].allow);
                const auto kept = [&](std::size_t i) { return (list.keep >> i & 1U) != 0; };
                std::size_t size = 0;
                for (std::size_t i = 0; i < ids.size(); ++i)
                    size += kept(i) ? table.kms()[ids[i]].xml.size : 0;
                ListWriter w(ids.size(), size, names, arena);
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
                    const policy::table::KmsRecord* kms = name.id ? &table.kms()[*name.id] : nullptr;
                    if (kms != nullptr && names == Names::no && name.text == table.text(kms->uri)) {
                        out.xml[side] = table.text(kms->xml);
                        out.said[side] = kSaidKms | *name.id;
                        break;
                    }
                    if (!repeatable(name.text)) break;
                    ListWriter w(1, xml_of({&name, 1}), names, arena);
                    w.add_raw(name.text);
                    take(w);
                    break;
                }
                const auto& incoming = in.facts.krr.lists[side];
                if (incoming.any) break;
                if (short_way) {
                    out.xml[side] = canonical_names(incoming.names, ~std::uint64_t{0}, arena, out.ok);
                    out.said[side] = kSaidHere;
                    break;
                }
                ListWriter w(incoming.names.size(), xml_of(incoming.names), names, arena);
                for (const KmsName& name : incoming.names) w.add(name, table);
                take(w);
                break;
            }
            case ListOut::Kind::names: {
                const auto& incoming = in.facts.krr.lists[side];
                if (short_way) {
                    out.xml[side] = canonical_names(incoming.names, list.keep, arena, out.ok);
                    out.said[side] = kSaidHere;
                    break;
                }
                ListWriter w(incoming.names.size(), xml_of(incoming.names), names, arena);
                for (std::size_t i = 0; i < incoming.names.size() && i < 64; ++i)
                    if ((list.keep >> i & 1U) != 0) w.add(incoming.names[i], table);
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
    static constexpr std::string_view kEnd = "\n", kAnyList = "*\n";
    const auto is_any = [&](std::size_t side) { return said.lists.said[side] == kSaidAny; };
    std::size_t size = said.rules[0].size() + said.rules[1].size() + 6;
    for (std::size_t side = 0; side < 2; ++side) size += is_any(side) ? 0 : said.lists.xml[side].size();
    const auto out = arena.take_raw<char>(size);
    if (out.empty()) return {};
    krr::Pen pen(out.data());
    for (const std::string_view rule : said.rules) pen.put(rule).constant<kEnd>();
    for (std::size_t side = 0; side < 2; ++side) {
        if (is_any(side))
            pen.constant<kAnyList>();
        else
            pen.put(said.lists.xml[side]).constant<kEnd>();
    }
    return {out.data(), static_cast<std::size_t>(pen.at() - out.data())};
}

namespace {

std::string_view cut(std::string_view& rest, std::string_view end) noexcept {
    const std::size_t at = std::min(rest.find(end), rest.size());
    const std::string_view piece = rest.substr(0, at);
    rest.remove_prefix(std::min(at + end.size(), rest.size()));
    return piece;
}

/// The text that escaped() made this of.
std::string_view unescaped(std::string_view xml, sip::Arena& arena) {
    if (xml.find('&') == std::string_view::npos) return xml;
    Writer w(arena.take_raw<char>(xml.size()));
    while (!xml.empty()) {
        w.put(cut(xml, "&"));
        const std::string_view name = cut(xml, ";");
        for (const auto& [entity, text] : kEntities)
            if (name == entity) w.put(text);
    }
    return w.text();
}

}  // namespace

Said from_text(std::string_view text, sip::Arena& arena) {
    Said out;
    for (std::string_view& rule : out.rules) rule = cut(text, "\n");
    for (std::size_t side = 0; side < 2; ++side) {
        std::string_view xml = cut(text, "\n");
        out.lists.xml[side] = kAny;
        if (xml == "*") continue;
        out.lists.xml[side] = xml;
        out.lists.said[side] = kSaidHere;
        const auto names = arena.take_raw<std::string_view>(xml.size() / kOpen.size() + 1);
        std::size_t count = 0;
        while (xml.starts_with(kOpen) && count < names.size()) {
            xml.remove_prefix(kOpen.size());
            names[count++] = unescaped(cut(xml, kClose), arena);
        }
        out.lists.record.lists[side] = names.first(count);
        out.lists.ok = out.lists.ok && !names.empty() && !arena.exhausted();
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

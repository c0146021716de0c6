// SPDX-License-Identifier: BSD-3-Clause
// Lists of KRRs: what an answer says of each side, and how lists read in a record.
#include "policy/decide/findings.hpp"

namespace kmsgate::policy::decide {
namespace {

using table::Side;

/// "[a, b]" out of names given one by one.
class Joined {
  public:
    void add(std::string_view name) {
        if (text_.size() > 1) text_ += ", ";
        text_ += name;
    }
    [[nodiscard]] std::string done() && { return std::move(text_) + "]"; }

  private:
    std::string text_ = "[";
};

}  // namespace

ListOut allow_list(const Ruling& ruling) noexcept {
    ListOut out;
    out.rule = ruling.rule;
    if (ruling.whole) {
        out.kind = ListOut::Kind::rule;
        return out;
    }
    out.kind = ListOut::Kind::kms;
    out.keep = ruling.allowed;
    return out;
}

std::string list_text(const table::Table& table, const Ruling& ruling) {
    Joined out;
    const auto list = table.kms_list(ruling.record->allow);
    for (std::size_t i = 0; i < list.size() && i < table::kMaxAllow; ++i)
        if ((ruling.allowed >> i & 1U) != 0) out.add(table.text(table.kms()[list[i]].uri));
    return std::move(out).done();
}

std::array<ListOut, 2> redirect_lists(const Case& c, const Finding& finding) noexcept {
    std::array<ListOut, 2> lists;
    for (const Side side : kSides) {
        const Ruling& ruling = c.offer[index(side)];
        if (ruling.policed) {
            lists[index(side)] = allow_list(ruling);
            continue;
        }
        const Ruling& refusing = c.offer[index(finding.side)];
        if (!finding.names_read || refusing.record == nullptr || refusing.record->other != table::Other::copy)
            continue;
        const IMessage& message = c.facts.messages[finding.message];
        const KmsName& name = side == Side::initiator ? message.kmsi : message.kmsr;
        if (name.present) lists[index(side)].kind = ListOut::Kind::copy;
    }
    return lists;
}

std::string list_text(const List& list) {
    if (list.any) return "ANY";
    Joined out;
    for (const KmsName& name : list.names) out.add(shown(name.text));
    return std::move(out).done();
}

std::string list_text(const Case& c, const Decision& d, Side side) {
    const ListOut& list = d.krr[index(side)];
    const List& incoming = c.facts.krr.lists[index(side)];
    Joined out;
    switch (list.kind) {
        case ListOut::Kind::any:
            return "ANY";
        case ListOut::Kind::copy: {
            if (d.effective() == Verdict::rewrite) return list_text(incoming);
            const IMessage& message = c.facts.messages[d.refused];
            out.add(shown(side == Side::initiator ? message.kmsi.text : message.kmsr.text));
            break;
        }
        case ListOut::Kind::rule:
        case ListOut::Kind::kms: {
            const auto ids = c.table.kms_list(c.table.rules()[list.rule].allow);
            for (std::size_t i = 0; i < ids.size() && i < table::kMaxAllow; ++i)
                if (list.kind == ListOut::Kind::rule || (list.keep >> i & 1U) != 0)
                    out.add(c.table.text(c.table.kms()[ids[i]].uri));
            break;
        }
        case ListOut::Kind::names:
            for (std::size_t i = 0; i < incoming.names.size() && i < table::kMaxAllow; ++i)
                if ((list.keep >> i & 1U) != 0) out.add(shown(incoming.names[i].text));
            break;
    }
    return std::move(out).done();
}

}  // namespace kmsgate::policy::decide

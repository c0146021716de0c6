// SPDX-License-Identifier: BSD-3-Clause
// Whom I_MESSAGEs name by their UIDs (TS 33.180 F.2.1).
#include <array>
#include <span>

#include "dataplane/inspect/identities.hpp"
#include "dataplane/memory/uid_owner.hpp"

namespace kmsgate::inspect {

namespace {

using policy::table::Side;

memory::UidKms kms_of(const policy::table::Table& table, std::string_view named,
                      std::optional<policy::table::KmsId> id) noexcept {
    memory::UidKms kms{named};
    if (id) {
        kms.period = table.kms()[*id].key_period;
        kms.offset = table.kms()[*id].key_offset;
        kms.of_policy = true;
    }
    return kms;
}

/// The UID by which an I_MESSAGE names a side's user; empty: it names nobody so.
memory::SoughtUid uid_in(const mikey::Message& m, const policy::decide::IMessage& interned,
                         const Context& context, const Identities& side) noexcept {
    const bool initiator = side.side() == Side::initiator;
    const auto role = initiator ? mikey::Role::idruidi : mikey::Role::idruidr;
    const auto kms_role = initiator ? mikey::Role::idrkmsi : mikey::Role::idrkmsr;
    // A crowd is not searched: nobody of it counts.
    if (m.fault || !m.has(role) || !m.has(kms_role) || side.overflow()) return {};
    const policy::decide::KmsName& known = initiator ? interned.kmsi : interned.kmsr;
    const auto id = known.id ? known.id : context.table->find_kms(m.text(kms_role));
    return {m.text(role), kms_of(*context.table, m.text(kms_role), id), {}};
}

/// A UID names whom it is the hash of: `owner` where he is a clear identity of the message, else a user on
/// the roster.
void add_hashed(const memory::SoughtUid& uid, std::string_view owner, const Arrived& arrived,
                const Context& context, Identities& identities) {
    bool named = false;
    if (!owner.empty())
        for (Identity& id : identities.all()) {
            const bool is = id.is(owner);
            id.mc = id.mc || is;
            named = named || is;
        }
    if (named || context.roster == nullptr) return;
    if (const auto user = context.roster->find(uid.uid, uid.kms, arrived.now); !user.empty()) {
        identities.add(user, true);
        identities.take();
    }
}

}  // namespace

void gather_hashed(std::span<Identities* const> sides, const Arrived& arrived, const Context& context,
                   const Inspection& in) {
    // One I_MESSAGE after the other, as the user of one may be a candidate for the next.
    for (std::size_t at = 0; at < in.mikey.size(); ++at) {
        const mikey::Message& m = in.mikey[at];
        if (!m.has(mikey::Role::idruidi) && !m.has(mikey::Role::idruidr)) continue;
        std::array<memory::SoughtUid, kSides> sought;
        std::array<Identities*, kSides> whose;
        std::size_t n = 0;
        for (Identities* side : sides) {
            const memory::SoughtUid uid = uid_in(m, in.facts.messages[at], context, *side);
            if (uid.uid.empty()) continue;
            const std::string_view proven = memory::proven_owner(uid.uid, uid.kms, arrived.now);
            if (!proven.empty()) {
                add_hashed(uid, proven, arrived, context, *side);
                continue;
            }
            sought[n] = uid;
            sought[n].candidates = side->spellings();
            whose[n++] = side;
        }
        if (n == 0) continue;
        memory::find_owners(std::span(sought).first(n), arrived.now);
        for (std::size_t i = 0; i < n; ++i)
            add_hashed(sought[i], sought[i].owner, arrived, context, *whose[i]);
    }
}

}  // namespace kmsgate::inspect

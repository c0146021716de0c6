// SPDX-License-Identifier: BSD-3-Clause
// From the bytes of one SIP message to the facts that decide() judges and to what events tell of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/core/record.hpp"
#include "dataplane/inspect/hosts.hpp"
#include "dataplane/krr/view.hpp"
#include "dataplane/memory/parties.hpp"
#include "dataplane/memory/uid.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/mikey/message.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"
#include "policy/decide/facts.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::inspect {

/// Unknown KMSs of one KRR that are told apart in events.
inline constexpr std::size_t kMaxUnknown = 16;

/// What a message is judged with: one table generation, the users' tags, the roster of UIDs.
struct Context {
    const policy::table::Table* table = nullptr;
    policy::table::EdgeId edge = 0;
    policy::table::Mode mode = policy::table::Mode::enforce;
    const memory::UserTags* tags = nullptr;
    memory::UidFinder* roster = nullptr;            ///< null: nobody is on it
    const policy::table::OddFinder* odd = nullptr;  ///< null: odd patterns are tried one by one
    std::span<const std::uint8_t> tag_bits{};  ///< bit in `tags` of each tag of the table; empty: the same
    /// Users and tags are resolved also where no rule of the edge could ask for them: events and explain tell
    /// of them. Without it such a side stays open (Inspection::users_open), which no verdict can tell from a
    /// known one. A response with a KRR alone leaves both open in any case.
    bool all = true;
};

/// The datagram a message came in.
struct Arrived {
    core::Time now = 0;
    core::Arrival arrival = core::Arrival::inside;
    core::Endpoint source, destination;
    bool off_port = false;
    bool tunnelled = false;
    std::string_view payload;
};

/// Everything known of one message. Views live in the payload, the arena or here.
struct Inspection {
    sip::Message message;
    sip::Contents contents;
    policy::decide::Facts facts;
    std::span<const mikey::Message> mikey;            ///< one per carriage, in message order
    const policy::table::PeerRecord* peer = nullptr;  ///< who sent it; known where anything is judged
    std::array<std::string_view, 2> users;            ///< per side, normalised, empty when not known
    std::array<bool, 2> users_open{};                 ///< per side: not resolved, as no rule asks for it
    std::array<std::string_view, 2> back_users;       ///< the same of the request that a response answers
    const krr::View* krr = nullptr;  ///< a readable KRR in its place, in the arena; else null
    unsigned relaxed = 0;            ///< I_MESSAGEs that needed a relaxed rule
    Hosts hosts;                     ///< kept from message to message
    bool plain = false;              ///< sip::read_plain() took it: no full parser was needed
};

/// Reads and resolves. Never fails: what cannot be read is said in the facts. `out` may hold an earlier
/// message: what this one has no use for is not cleared.
void inspect(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out);

/// The I_MESSAGEs as events show them, in message order.
[[nodiscard]] std::span<const core::IMessageRecord> records_of(const Inspection& inspection,
                                                               sip::Arena& arena);

/// The users of both sides from every source (design: the same resolution of identity serves every rule).
void resolve_users(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out);

/// Resolves those of the `wanted` sides that are still open, for those who want to know although no rule
/// does.
void resolve_open_users(const std::array<bool, 2>& wanted, const Arrived& arrived, const Context& context,
                        sip::Arena& arena, Inspection& out);

/// Does the message need resolve_back(): a response with a KRR, or one that could hide one?
[[nodiscard]] bool needs_back(const Inspection& inspection) noexcept;

/// Which requests a response may answer.
struct Asked {
    std::span<const memory::Parties* const> requests;  ///< the likeliest first
    bool crowd = false;                                ///< there may be more: nobody can say whose call it is
    bool mismatch = false;  ///< none of them agrees with the response in all that names a transaction
    [[nodiscard]] bool known() const noexcept { return crowd || !requests.empty(); }
};

/// Facts::back of a response: from what the transactions of its requests kept, all of them together (tags are
/// looked up afresh). At a mismatch the response's own From and To add users, but take none away; they decide
/// alone when no request is known. What a KRR says of users is never asked.
void resolve_back(const Asked& asked, const Arrived& arrived, const Context& context, sip::Arena& arena,
                  Inspection& out);

/// The same for the one request that a response answers, or null.
inline void resolve_back(const memory::Parties* request, const Arrived& arrived, const Context& context,
                         sip::Arena& arena, Inspection& out) {
    resolve_back(Asked{{&request, request != nullptr ? 1U : 0U}}, arrived, context, arena, out);
}

/// resolve_back() for a response of which no request is known.
void resolve_users_of_response(const Arrived& arrived, const Context& context, sip::Arena& arena,
                               Inspection& out);

/// Does anybody ask for the tags of a side's users: a rule of the edge, or whoever wants to know all?
[[nodiscard]] inline bool needs_tags(policy::table::Side side, const Context& context) noexcept {
    using policy::table::Table;
    return context.all || Table::asks(context.table->edges()[context.edge], policy::table::Ask::tags, side);
}

/// Tag bits, as the table counts them, of a user of the edge's domain; `alias`: see make_candidate().
[[nodiscard]] std::uint32_t tags_of(std::string_view uri, std::string_view alias,
                                    const Context& context) noexcept;

/// One user as rules of that side ask for it: `uri` in normal form, `alias` its telephone spelling or empty;
/// the texts are copied.
[[nodiscard]] policy::decide::Candidate make_candidate(std::string_view uri, std::string_view alias,
                                                       policy::table::Side side, const Context& context,
                                                       sip::Arena& arena);

}  // namespace kmsgate::inspect

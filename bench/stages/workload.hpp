// SPDX-License-Identifier: BSD-3-Clause
// What the stages run on: messages, policy and users, and for each message what the stages before have made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stages/messages.hpp"
#include "bench/stages/plain.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/memory/tag_hash.hpp"
#include "dataplane/memory/uid.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "policy/decide/decide.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::bench {

/// A message with everything that the stages before have made of it.
struct Prepared {
    inspect::Arrived arrived;
    inspect::Context context;  ///< its own edge
    std::unique_ptr<std::byte[]> storage;
    inspect::Inspection inspection;     ///< at its own edge
    policy::decide::Decision decision;  ///< at its own edge
    /// What the KRR stages answer: the same when it was refused, else the refusal of the edge that allows
    /// nothing.
    std::unique_ptr<std::byte[]> refused_storage;
    inspect::Inspection refused_inspection;
    policy::decide::Decision refused_decision;
    /// A 488 that answers it, with a KRR that the refusing edge narrows, on its way back through that edge.
    std::string response;
    inspect::Arrived response_arrived;
    inspect::Context response_context;
    std::unique_ptr<std::byte[]> response_storage;
    inspect::Inspection response_inspection;
    policy::decide::Decision response_decision;
    memory::Parties parties;         ///< what the request left
    inspect::Arrived plain_arrived;  ///< a request without MIKEY, at the same edge
};

/// Everything made once; the arenas and the scratch memory that a worker would own.
class Workload {
  public:
    /// Makes the messages, compiles the policy, runs every stage once and checks what came out: throws
    /// std::logic_error when the messages are not what they are said to be, so that nothing else than
    /// intended is measured.
    Workload();

    [[nodiscard]] std::span<const Invite> invites() const noexcept { return invites_; }
    [[nodiscard]] std::span<const Prepared> prepared() const noexcept { return prepared_; }
    /// How many messages their own edge refuses.
    [[nodiscard]] std::size_t refused() const noexcept { return refused_; }

    // The stages, for message `i`. Their results are handed to the compiler as used, and forgotten.
    void floor(std::size_t i) noexcept;
    void verdict(std::size_t i);
    void verdict_plain(std::size_t i);
    void sip_plain(std::size_t i) noexcept;
    void mikey_plain(std::size_t i) noexcept;
    void sip_parse(std::size_t i) noexcept;
    void look_into(std::size_t i) noexcept;
    void mikey(std::size_t i) noexcept;
    void inspect(std::size_t i);
    void decide(std::size_t i);
    void krr_emit(std::size_t i);
    void answer(std::size_t i);
    void remember(std::size_t i) noexcept;
    void krr_judge(std::size_t i);
    void krr_rewrite(std::size_t i);
    void rewrite(std::size_t i);

  private:
    void prepare(std::size_t i);
    void prepare_response(Prepared& p, const inspect::Context& context);
    policy::decide::Decision judge_response(const Prepared& p, inspect::Inspection& inspection,
                                            sip::Arena& arena) const;
    [[nodiscard]] std::string_view rewritten(const Prepared& p, const inspect::Inspection& inspection,
                                             const policy::decide::Decision& decision,
                                             sip::Arena& arena) const;
    void check(std::size_t i);
    void check_plain(std::size_t i);

    std::vector<Invite> invites_;
    std::vector<std::string> plain_;
    std::vector<std::byte> blob_;
    std::unique_ptr<policy::table::Table> table_;
    std::unique_ptr<memory::UserTags> tags_;
    memory::UidRoster roster_;
    std::vector<Prepared> prepared_;
    std::size_t refused_ = 0;
    std::vector<std::byte> arena_storage_;
    sip::Arena arena_;
    memory::TagHash tag_hash_;
    inspect::Inspection inspection_;
    std::vector<std::uint8_t> scratch_;
};

}  // namespace kmsgate::bench

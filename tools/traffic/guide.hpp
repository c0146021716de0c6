// SPDX-License-Identifier: BSD-3-Clause
// The policy that traffic is made for: whose users and KMSs there are, and what its edge will say of a
// message.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/compile/compile.hpp"
#include "policy/decide/decide.hpp"
#include "tools/traffic/truth.hpp"

namespace kmsgate::traffic {

/// A list of a KRR: nullopt is ANY.
using KmsList = std::optional<std::vector<std::string>>;

/// What becomes of a message.
struct Expected {
    policy::decide::Verdict verdict = policy::decide::Verdict::forward;
    std::string_view reason = "no-mikey";       ///< as in events
    std::optional<std::array<KmsList, 2>> krr;  ///< of a KRR that leaves, or (shadow) would: by side
    [[nodiscard]] bool refused() const noexcept {
        return verdict == policy::decide::Verdict::redirect || verdict == policy::decide::Verdict::reject ||
               verdict == policy::decide::Verdict::drop;
    }
};

/// A compiled policy and one of its edges.
class Guide {
  public:
    /// Every fault of the policy, or that it has no such edge (with those it has).
    [[nodiscard]] static std::expected<std::unique_ptr<Guide>, std::vector<std::string>> open(
        const std::string& yaml, const std::string& file, const std::string& edge);

    [[nodiscard]] const policy::language::Policy& policy() const noexcept { return compiled_.policy; }
    [[nodiscard]] const policy::table::Table& table() const noexcept { return table_; }
    [[nodiscard]] const policy::table::EdgeRecord& edge() const noexcept { return table_.edges()[edge_]; }
    /// Place of the edge's domain in the policy.
    [[nodiscard]] std::size_t domain() const noexcept { return edge().domain; }

    /// From what is known of a message, not from its bytes: facts, then decide().
    [[nodiscard]] Expected judge(const Truth& truth) const;
    /// What a cause that frames have before there is a message comes to, in the edge's mode.
    [[nodiscard]] policy::Action action(policy::Cause cause) const noexcept;
    /// Does the edge let everything pass as it came?
    [[nodiscard]] bool watching() const noexcept { return edge().mode != policy::table::Mode::enforce; }
    /// Is the rule relaxed for who sends from this address?
    [[nodiscard]] bool relaxes(const policy::table::Address& address, mikey::Rule rule) const noexcept;

  private:
    Guide(policy::compile::Compiled compiled, const policy::table::Table& table, policy::table::EdgeId edge)
        : compiled_(std::move(compiled)), table_(table), edge_(edge) {}

    policy::compile::Compiled compiled_;
    policy::table::Table table_;  ///< looks into compiled_.blob
    policy::table::EdgeId edge_;
};

}  // namespace kmsgate::traffic

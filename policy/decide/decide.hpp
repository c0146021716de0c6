// SPDX-License-Identifier: BSD-3-Clause
// THE decision: facts and table in, verdict out. Pure: no clock, no state, no allocation, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decide/facts.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::decide {

enum class Verdict : std::uint8_t { forward, redirect, reject, rewrite, absorb, drop, count_ };
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

enum class Reason : std::uint8_t {
#define X(name, text) name,
#include "policy/decide/reason.def"
#undef X
    count_
};

/// What one list of the KRR says.
struct ListOut {
    enum class Kind : std::uint8_t {
        any,    ///< ANY
        copy,   ///< the one name that the refused I_MESSAGE gave (request), or the incoming list (rewrite)
        rule,   ///< the allow list of `rule`, as prepared
        kms,    ///< those entries of the allow list of `rule` whose bit is set in `keep`; may be none: the
                ///< empty list
        names,  ///< rewrite: the entries of the incoming list whose bit is set in `keep`
    };
    Kind kind = Kind::any;
    table::RuleId rule = table::kNone;
    std::uint64_t keep = 0;
};

/// The verdict and all that events, counters and the answer need of it.
struct Decision {
    Verdict verdict = Verdict::forward;  ///< in shadow and bypass mode: forward
    std::optional<Verdict> would;  ///< shadow mode: what enforce would do; alarm: the refusal let through
    Reason reason = Reason::no_mikey;
    Cause cause{};                  ///< when reason is cause
    std::array<bool, 2> policed{};  ///< by side
    std::array<table::RuleId, 2> rule = {table::kNone,
                                         table::kNone};  ///< matched (strictest: the first that could)
    bool strictest = false;      ///< user or visited network unknown: judged by every rule that could apply
    bool alarm = false;          ///< REGISTER refused but let through (register: alarm)
    std::size_t refused = 0;     ///< index of the I_MESSAGE refused first
    std::array<ListOut, 2> krr;  ///< when the verdict (or would) is redirect or rewrite

    /// What enforce mode does or would do; under an alarm the refusal that was let through.
    [[nodiscard]] Verdict effective() const noexcept { return would.value_or(verdict); }
};
/// Event text of the reason; for causes that of the cause.
[[nodiscard]] std::string_view reason_text(const Decision& decision) noexcept;

/// One step of the walk that led to a decision, for explain: what was asked, of what, and the answer.
struct Step {
    enum class Kind : std::uint8_t {
        edge,      ///< the edge and its mode; value: mode
        message,   ///< kind and arrival
        side,      ///< a side is (not) policed; text says why
        user,      ///< the user of a side, or that none was found
        rule,      ///< a rule was tried; ok: it matched; text: the first condition that failed
        imessage,  ///< an I_MESSAGE is looked at; index
        kms,       ///< a KMS name against a rule; ok: allowed
        cause,     ///< a cause applies; text: its action
        krr,       ///< a list of the incoming or outgoing KRR
        verdict,   ///< the end
    };
    Kind kind;
    unsigned depth = 0;
    bool ok = false;
    std::string text;  ///< one line without markup, ready for people
};
/// Collects steps; only explain and trace pay for it.
class Record {
  public:
    void add(Step step) { steps_.push_back(std::move(step)); }
    [[nodiscard]] std::span<const Step> steps() const noexcept { return steps_; }

  private:
    std::vector<Step> steps_;
};

/// Decides. `record`, when given, gets every step (and is the only thing that allocates).
[[nodiscard]] Decision decide(const Facts& facts, const table::Table& table, Record* record = nullptr);

}  // namespace kmsgate::policy::decide

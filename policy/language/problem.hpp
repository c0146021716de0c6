// SPDX-License-Identifier: BSD-3-Clause
// Collects faults and warnings, bounded, and words them the same way everywhere.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/language/model.hpp"

namespace kmsgate::policy::language {

/// At most so many errors, and so many warnings, are listed; one more line says that there are others.
inline constexpr std::size_t kMaxErrors = 10000;
inline constexpr std::size_t kMaxWarnings = 1000;

/// Adds to a list of problems. Counts what it adds itself, so one report is made for one pass.
class Report {
  public:
    /// `warnings`: false leaves them out, as after errors, where they may come from what could not be read.
    explicit Report(Problems& problems, bool warnings = true) noexcept
        : problems_(problems), warn_(warnings) {}
    /// `what` is wrong at `mark`; `remedy` says what would be right.
    void error(Mark mark, std::string what, std::string remedy);
    void warning(Mark mark, std::string what, std::string remedy);
    /// No more errors will be listed: the caller may stop looking.
    [[nodiscard]] bool full() const noexcept { return errors_ > kMaxErrors; }

  private:
    void add(Problem problem, std::size_t& count, std::size_t most);

    Problems& problems_;
    bool warn_;
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
};

/// Into file order; what is said twice of one place (an alias used twice) stays once.
void sort(Problems& problems);

/// `` `text` `` for a message: control characters and bytes that are not UTF-8 as \xNN, at most 80 bytes of
/// it.
[[nodiscard]] std::string quote(std::string_view text);
/// "line 7, column 3".
[[nodiscard]] std::string place(Mark mark);
/// "a, b, c"; after the twelfth "and N more".
[[nodiscard]] std::string join(std::span<const std::string_view> words);

/// The known word that `text` most likely stands for (few letters differ), or empty.
[[nodiscard]] std::string_view nearest(std::string_view text, std::span<const std::string_view> known);
/// Remedy for a word that is not among `known`: "write `users` (known: ..)" or "write one of ..".
[[nodiscard]] std::string one_of(std::string_view text, std::span<const std::string_view> known);

}  // namespace kmsgate::policy::language

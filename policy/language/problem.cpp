// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

#include "policy/language/utf8.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr std::size_t kMaxQuoted = 80;
constexpr std::size_t kMaxJoined = 12;
constexpr std::size_t kMaxCompared = 64;
constexpr std::size_t kMaxCandidates = 1000;

/// Levenshtein distance of two words of at most kMaxCompared bytes, in any letter case.
std::size_t distance(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    std::array<std::size_t, kMaxCompared + 1> row{};
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

/// Text from the file as a message may hold it.
std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (out.size() >= kMaxQuoted) return out + "...";
        const Rune rune = first_rune(text);
        const std::size_t size = std::max<std::size_t>(rune.size, 1);
        if (rune.size == 0 || is_control(rune.value))
            for (const char c : text.substr(0, size))
                out += fmt::format("\\x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            out += text.substr(0, size);
        text.remove_prefix(size);
    }
    return out;
}

}  // namespace

void Report::add(Problem problem, std::size_t& count, std::size_t most) {
    if (++count <= most) {
        problems_.push_back(std::move(problem));
    } else if (count == most + 1) {
        problem.what = fmt::format("more than {} {}; the others are not listed", most,
                                   problem.warning ? "warnings" : "errors");
        problem.remedy = "correct the ones above and try again";
        problems_.push_back(std::move(problem));
    }
}

void Report::error(Mark mark, std::string what, std::string remedy) {
    add({false, mark, std::move(what), std::move(remedy)}, errors_, kMaxErrors);
}

void Report::warning(Mark mark, std::string what, std::string remedy) {
    if (warn_) add({true, mark, std::move(what), std::move(remedy)}, warnings_, kMaxWarnings);
}

void sort(Problems& problems) {
    std::ranges::stable_sort(problems, {},
                             [](const Problem& p) { return std::pair(p.mark.line, p.mark.column); });
    const auto key = [](const Problem& p) { return std::tie(p.mark.line, p.mark.column, p.warning, p.what); };
    const auto [first, last] = std::ranges::unique(problems, {}, key);
    problems.erase(first, last);
}

std::string quote(std::string_view text) {
    return fmt::format("`{}`", printable(text));
}

std::string place(Mark mark) {
    return fmt::format("line {}, column {}", mark.line, mark.column);
}

std::string join(std::span<const std::string_view> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size() && i < kMaxJoined; ++i) {
        if (i > 0) out += ", ";
        out += printable(words[i]);
    }
    if (words.size() > kMaxJoined) out += fmt::format(" and {} more", words.size() - kMaxJoined);
    return out;
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t least = std::max<std::size_t>(2, text.size() / 3) + 1;
    if (text.empty() || text.size() > kMaxCompared) return best;
    for (const std::string_view word : known.first(std::min(known.size(), kMaxCandidates))) {
        if (word.empty() || word.size() > kMaxCompared) continue;
        const std::size_t difference =
            word.size() > text.size() ? word.size() - text.size() : text.size() - word.size();
        if (difference >= least) continue;
        const std::size_t d = distance(text, word);
        // A word that shares no letter with a short text is no help.
        if (d < least && d < std::max(word.size(), text.size())) {
            least = d;
            best = word;
        }
    }
    return best;
}

std::string one_of(std::string_view text, std::span<const std::string_view> known) {
    if (known.empty()) return "remove it";
    const std::string_view near = nearest(text, known);
    if (near.empty()) return fmt::format("write one of: {}", join(known));
    return fmt::format("write {} (known: {})", quote(near), join(known));
}

std::string to_string(const Problem& problem, std::string_view file) {
    std::string out(file);
    if (problem.mark.line > 0) out += fmt::format(":{}:{}", problem.mark.line, problem.mark.column);
    out += fmt::format(": {}: {}", problem.warning ? "warning" : "error", problem.what);
    if (!problem.remedy.empty()) out += "; " + problem.remedy;
    return out;
}

bool has_errors(const Problems& problems) noexcept {
    return std::ranges::any_of(problems, [](const Problem& p) { return !p.warning; });
}

}  // namespace kmsgate::policy::language

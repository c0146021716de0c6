// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cstdint>

#include "policy/table/glob.hpp"
#include "policy/table/table.hpp"
#include "policy/table/text_hash.hpp"

namespace kmsgate::policy::table {
namespace {

/// Knuth, Morris, Pratt: linear whatever both hold.
[[nodiscard]] std::size_t find_hard(std::string_view text, std::string_view needle) noexcept {
    std::array<std::uint8_t, kMaxText + 1> back{};  // back[n]: longest proper border of the first n bytes
    for (std::size_t i = 1, k = 0; i < needle.size(); ++i) {
        while (k > 0 && needle[i] != needle[k]) k = back[k];
        if (needle[i] == needle[k]) ++k;
        back[i + 1] = static_cast<std::uint8_t>(k);
    }
    for (std::size_t i = 0, k = 0; i < text.size(); ++i) {
        while (k > 0 && text[i] != needle[k]) k = back[k];
        if (text[i] == needle[k]) ++k;
        if (k == needle.size()) return i + 1 - k;
    }
    return std::string_view::npos;
}

/// Where `needle` (1 to kMaxText bytes) first stands in `text`, in linear time: its first byte is sought, and
/// where that stands too often without the rest, the search that can be led astray by nothing goes on.
[[nodiscard]] std::size_t find_linear(std::string_view text, std::string_view needle) noexcept {
    constexpr unsigned kTries = 8;
    std::size_t from = 0;
    for (unsigned tries = 0; tries < kTries; ++tries) {
        from = text.find(needle[0], from);
        if (from == std::string_view::npos || text.size() - from < needle.size())
            return std::string_view::npos;
        if (same_bytes(text.data() + from, needle.data(), needle.size())) return from;
        ++from;
    }
    const std::size_t at = find_hard(text.substr(from), needle);
    return at == std::string_view::npos ? at : from + at;
}

/// One piece of a glob in which `*` stands for anything. Ends first, then each literal as early as it goes:
/// an earlier place never leaves less room for the rest.
[[nodiscard]] bool match_piece(std::string_view glob, std::string_view text) noexcept {
    const std::size_t first = glob.find('*');
    if (first == std::string_view::npos) return glob == text;
    const std::size_t last = glob.rfind('*');
    const std::string_view head = glob.substr(0, first);
    const std::string_view tail = glob.substr(last + 1);
    if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail))
        return false;
    text = text.substr(head.size(), text.size() - head.size() - tail.size());
    std::string_view middle = glob.substr(first, last - first);
    while (!middle.empty()) {
        middle.remove_prefix(1);  // a star
        const std::string_view literal = middle.substr(0, middle.find('*'));
        middle.remove_prefix(literal.size());
        if (literal.empty()) continue;
        const std::size_t at = find_linear(text, literal);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + literal.size());
    }
    return true;
}

}  // namespace

bool glob_match(std::string_view glob, std::string_view text, bool star_matches_at) noexcept {
    if (glob.size() > kMaxText) return false;
    if (star_matches_at) return match_piece(glob, text);
    // No star crosses an '@', so the n-th '@' of the glob is the n-th of the text: piece by piece.
    AtPieces globs(glob), texts(text);
    while (!globs.done() && !texts.done())
        if (!match_piece(globs.next(), texts.next())) return false;
    return globs.done() && texts.done();
}

}  // namespace kmsgate::policy::table

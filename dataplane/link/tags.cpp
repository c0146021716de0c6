// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/tags.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace kmsgate::link {
namespace {

constexpr std::size_t kMaxField = 1024;  ///< bytes of a domain, a user or a word
constexpr std::size_t kMaxWords = 32;

[[nodiscard]] std::string_view cut(std::string_view& rest, char at) noexcept {
    const std::size_t end = rest.find(at);
    const std::string_view out = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return out;
}

[[nodiscard]] bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= kMaxField && std::ranges::none_of(text, [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
    });
}

struct Line {
    std::string_view domain, user, words;
};
[[nodiscard]] std::optional<Line> read(std::string_view text) noexcept {
    if (std::ranges::count(text, '\t') != 2) return std::nullopt;
    Line line;
    line.domain = cut(text, '\t');
    line.user = cut(text, '\t');
    line.words = text;
    const bool control = std::ranges::any_of(
        line.words, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (!is_name(line.domain) || !is_name(line.user) || control) return std::nullopt;
    return line;
}

/// The words' bits; nullopt: too many, or no room for a new one.
[[nodiscard]] std::optional<std::uint32_t> bits_of(std::string_view words, publish::Publisher& publisher) {
    std::uint32_t bits = 0;
    std::size_t count = 0;
    while (!words.empty()) {
        const std::string_view word = cut(words, ' ');
        if (word.empty()) continue;
        if (word.size() > kMaxField || ++count > kMaxWords) return std::nullopt;
        const auto bit = publisher.tag_bit(word);
        if (!bit) return std::nullopt;
        bits |= std::uint32_t{1} << *bit;
    }
    return bits;
}

[[nodiscard]] bool take(const Line& line, memory::UserTags& tags, publish::Publisher& publisher,
                        Tagged& out) {
    const std::uint32_t before = tags.find(line.domain, line.user).value_or(0);
    if (line.words == "-") {
        if (tags.remove(line.domain, line.user)) ++out.removed;
        publisher.tag_words().changed(before, 0);
        return true;
    }
    const auto bits = bits_of(line.words, publisher);
    if (!bits || !tags.set(line.domain, line.user, *bits)) return false;
    publisher.tag_words().changed(before, *bits);
    ++out.set;
    return true;
}

}  // namespace

Tagged take_tags(std::string_view lines, memory::UserTags& tags, publish::Publisher& publisher) {
    Tagged out;
    for (std::uint64_t number = 1; !lines.empty(); ++number) {
        std::string_view text = cut(lines, '\n');
        const auto line = read(text);
        if (line && take(*line, tags, publisher, out)) continue;
        ++out.refused_total;
        if (out.refused.size() < kMaxRefused) out.refused.push_back(number);
    }
    return out;
}

void clear_tags(memory::UserTags& tags, publish::Publisher& publisher) {
    tags.clear();
    publisher.tag_words().cleared();
}

}  // namespace kmsgate::link

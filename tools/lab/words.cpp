// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "policy/language/utf8.hpp"

namespace kmsgate::lab {
namespace {

using policy::language::first_rune;
using policy::language::Rune;

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

/// Combining marks, joiners and variation selectors (Unicode general categories Mn, Me, Cf; main blocks).
constexpr std::array<Range, 9> kNoColumn = {{{0x0300, 0x036F},
                                             {0x0483, 0x0489},
                                             {0x0591, 0x05BD},
                                             {0x0610, 0x061A},
                                             {0x064B, 0x065F},
                                             {0x1AB0, 0x1AFF},
                                             {0x200B, 0x200D},
                                             {0x20D0, 0x20F0},
                                             {0xFE00, 0xFE0F}}};
/// Unicode East Asian Width W and F, main blocks.
constexpr std::array<Range, 10> kTwoColumns = {{{0x1100, 0x115F},
                                                {0x2E80, 0x303E},
                                                {0x3041, 0xA4CF},
                                                {0xA960, 0xA97F},
                                                {0xAC00, 0xD7A3},
                                                {0xF900, 0xFAFF},
                                                {0xFE30, 0xFE6F},
                                                {0xFF00, 0xFF60},
                                                {0x1F300, 0x1FAFF},
                                                {0x20000, 0x3FFFD}}};
/// Marks and overrides of the writing direction, and what XML does not allow.
constexpr std::array<Range, 6> kUnsafe = {{{0x061C, 0x061C},
                                           {0x200E, 0x200F},
                                           {0x202A, 0x202E},
                                           {0x2066, 0x2069},
                                           {0xFFF9, 0xFFFB},
                                           {0xFFFE, 0xFFFF}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, std::uint32_t rune) noexcept {
    return std::ranges::any_of(ranges, [&](Range r) { return rune >= r.first && rune <= r.last; });
}

std::size_t rune_columns(std::uint32_t rune) noexcept {
    if (in(kNoColumn, rune)) return 0;
    return in(kTwoColumns, rune) ? 2 : 1;
}

/// Lines of one piece, which is longer than a line.
void wrap_piece(std::string_view piece, std::size_t width, std::vector<std::string>& out) {
    std::string line;
    std::size_t used = 0;
    const auto end_line = [&] {
        if (!line.empty()) out.push_back(std::move(line));
        line.clear();
        used = 0;
    };
    while (!piece.empty()) {
        const std::size_t end = std::min(piece.find(' '), piece.size());
        std::string_view word = piece.substr(0, end);
        piece.remove_prefix(std::min(end + 1, piece.size()));
        const std::size_t size = columns(word);
        if (size == 0) continue;
        if (used > 0 && used + 1 + size > width) end_line();
        if (used > 0) {
            line += ' ';
            ++used;
        }
        while (!word.empty()) {
            const Glyph glyph = first_glyph(word);
            if (used + glyph.columns > width) end_line();
            line += glyph.bytes;
            used += glyph.columns;
            word.remove_prefix(glyph.bytes.size());
        }
    }
    end_line();
}

}  // namespace

std::string clean(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Rune rune = first_rune(text);
        const std::size_t size = std::max<std::size_t>(rune.size, 1);
        if (rune.size == 0 || policy::language::is_control(rune.value) || in(kUnsafe, rune.value))
            for (const char c : text.substr(0, size))
                out += fmt::format("\\x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            out += text.substr(0, size);
        text.remove_prefix(size);
    }
    return out;
}

Glyph first_glyph(std::string_view text) noexcept {
    const Rune rune = first_rune(text);
    Glyph out{text.substr(0, std::max<std::size_t>(rune.size, 1)), rune_columns(rune.value)};
    while (out.bytes.size() < text.size()) {
        const Rune next = first_rune(text.substr(out.bytes.size()));
        if (next.size == 0 || rune_columns(next.value) != 0) break;
        out.bytes = text.substr(0, out.bytes.size() + next.size);
    }
    return out;
}

std::size_t columns(std::string_view text) noexcept {
    std::size_t out = 0;
    while (!text.empty()) {
        const Glyph glyph = first_glyph(text);
        out += glyph.columns;
        text.remove_prefix(glyph.bytes.size());
    }
    return out;
}

std::vector<std::string> wrap(const std::vector<std::string>& pieces, std::size_t width) {
    const std::size_t most = std::max<std::size_t>(width, 2);
    std::string whole;
    for (const std::string& piece : pieces) {
        if (!whole.empty()) whole += ' ';
        whole += piece;
    }
    if (columns(whole) <= most) return {whole};
    std::vector<std::string> out;
    for (const std::string& piece : pieces) wrap_piece(piece, most, out);
    return out;
}

std::vector<std::string> wrap_evenly(const std::string& name, std::size_t width) {
    std::vector<std::string> out = wrap({name}, width);
    while (width-- > 2) {
        std::vector<std::string> narrower = wrap({name}, width);
        if (narrower.size() > out.size()) break;
        out = std::move(narrower);
    }
    return out;
}

std::string counted(std::size_t number, std::string_view noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace kmsgate::lab

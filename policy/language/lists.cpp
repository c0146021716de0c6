// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/lists.hpp"

#include <algorithm>
#include <array>

namespace kmsgate::policy::language {
namespace {

constexpr std::size_t kShortest = 8;   ///< lines of a run that is worth the trouble
constexpr std::size_t kLongest = 512;  ///< bytes of a text that a run may hold; YAML has bounds of its own

/// In what a byte may stand: a quoted text (bit 0: in double quotes, bit 1: in single ones), a plain one
/// (bit 2).
constexpr std::array<std::uint8_t, 256> kFits = [] {
    std::array<std::uint8_t, 256> fits{};
    for (std::size_t c = 0x20; c < 0x7F; ++c) {
        constexpr std::string_view kNotPlain = " \"'\\#,[]{}&!|>`";
        const bool plain = kNotPlain.find(static_cast<char>(c)) == std::string_view::npos;
        fits[c] = static_cast<std::uint8_t>((c != '"' && c != '\\' ? 1 : 0) | (c != '\'' ? 2 : 0) |
                                            (plain ? 4 : 0));
    }
    return fits;
}();

[[nodiscard]] bool all_fit(std::string_view text, std::uint8_t where) noexcept {
    std::uint8_t bits = where;
    for (const char c : text) bits &= kFits[static_cast<unsigned char>(c)];
    return bits != 0;
}

/// A line that is an entry of a block list and nothing else.
struct Entry {
    std::size_t column = 0;  ///< of the text with its quote; 0: it is none
    std::string_view text;
};

[[nodiscard]] Entry entry_of(std::string_view line) noexcept {
    const std::size_t dash = line.find_first_not_of(' ');
    if (dash == std::string_view::npos || !line.substr(dash).starts_with("- ")) return {};
    const std::string_view text = line.substr(dash + 2);
    if (text.size() < 3 || text.size() > kLongest) return {};
    const char first = text.front();
    if (first == '"' || first == '\'') {
        const std::string_view inside = text.substr(1, text.size() - 2);
        if (text.back() != first || !all_fit(inside, first == '"' ? 1 : 2)) return {};
        return {dash + 2, inside};
    }
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    // What has a colon inside is no word of YAML's own.
    if (!letter || text.back() == ':' || text.find(':') == std::string_view::npos || !all_fit(text, 4))
        return {};
    return {dash + 2, text};
}

}  // namespace

ShortText::ShortText(std::string_view text) {
    std::vector<std::string_view> texts;  // of the run at hand
    std::size_t column = 0;
    std::size_t run_start = 0, last_start = 0;  // of its first line, of its last one
    std::size_t copied = 0;
    int line = 0, run_line = 0, out = 0;
    const auto end_run = [&] {
        if (texts.size() >= kShortest) {
            // The first line with its end stays, and the last one.
            const std::size_t second = text.find('\n', run_start) + 1;
            text_.append(text.substr(copied, second - copied));
            copied = last_start;
            const int inner = static_cast<int>(texts.size()) - 2;
            runs_.push_back({run_line - out, static_cast<int>(column), {texts.begin() + 1, texts.end() - 1}});
            out += inner;
            left_out_.push_back(out);
        }
        texts.clear();
    };
    for (std::size_t at = 0; at < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const Entry entry = entry_of(text.substr(at, end - at));
        if (entry.column == 0 || entry.column != column) end_run();
        if (entry.column != 0) {
            if (texts.empty()) {
                run_line = line;
                run_start = at;
            }
            column = entry.column;
            texts.push_back(entry.text);
            last_start = at;
        }
        at = end + 1;
    }
    end_run();
    if (!runs_.empty()) text_.append(text.substr(copied));
}

const Run* ShortText::run_at(int line, int column) noexcept {
    if (found_ == runs_.size() || runs_[found_].line != line || runs_[found_].column != column)
        return nullptr;
    return &runs_[found_++];
}

int ShortText::whole_line(int line) const noexcept {
    const auto run =
        std::ranges::lower_bound(runs_, line, {}, &Run::line);  // the first that begins not before
    return run == runs_.begin() ? line : line + left_out_[static_cast<std::size_t>(run - runs_.begin()) - 1];
}

}  // namespace kmsgate::policy::language

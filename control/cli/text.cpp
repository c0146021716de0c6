// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>

namespace kmsgate::control::cli {
namespace {

constexpr std::size_t kGap = 2;        ///< blanks between columns
constexpr std::size_t kNarrowest = 6;  ///< a column is not cut to less

/// Bytes of the UTF-8 sequence that starts there, 0 when it is none (RFC 3629).
std::size_t sequence(std::string_view s) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(s[i]); };
    const std::uint8_t first = byte(0);
    const std::size_t n = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    if (n == 0 || s.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    if (n < 3) return n;
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0)) return 0;
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90)) return 0;
    return n;
}

/// C0, C1 and what turns the direction of writing: it would let one line look like another.
bool controls(std::string_view one) {
    if (one.size() == 1) return static_cast<std::uint8_t>(one[0]) < 0x20 || one[0] == 0x7F;
    if (one.size() == 2) return one[0] == '\xC2' && static_cast<std::uint8_t>(one[1]) < 0xA0;
    if (one.size() != 3 || one.substr(0, 2) != "\xE2\x80") {
        return one.size() == 3 && one.substr(0, 2) == "\xE2\x81" && one[2] >= '\xA6' && one[2] <= '\xA9';
    }
    return (one[2] >= '\xA8' && one[2] <= '\xAE') || one[2] == '\x8E' || one[2] == '\x8F';
}

std::string cleaned(std::string_view text, bool keep_lines) {
    std::string out;
    while (!text.empty()) {
        const std::size_t n = sequence(text);
        const std::string_view one = text.substr(0, std::max<std::size_t>(n, 1));
        if (keep_lines && one == "\n")
            out += '\n';
        else if (keep_lines && one == "\t")
            out += "    ";
        else if (n == 0 || controls(one))
            out += '?';
        else
            out += one;
        text.remove_prefix(one.size());
    }
    return out;
}

}  // namespace

std::string safe(std::string_view text) {
    return cleaned(text, false);
}
std::string safe_lines(std::string_view text) {
    return cleaned(text, true);
}

std::string painted(std::string_view text, Paint paint, bool colours) {
    if (!colours || paint == Paint::none || text.empty()) return std::string(text);
    constexpr std::string_view kCodes[] = {"", "1", "2", "31", "32", "33"};
    return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(paint)], text);
}

Paint paint_of(std::string_view word) {
    if (word == "forward" || word == "enforce" || word == "up" || word == "alive") return Paint::green;
    if (word == "rewrite" || word == "shadow" || word == "absorb") return Paint::yellow;
    if (word == "redirect" || word == "reject" || word == "drop" || word == "bypass" || word == "down" ||
        word == "hangs")
        return Paint::red;
    return Paint::none;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80; }));
}

std::string cut(std::string_view text, std::size_t most) {
    if (columns(text) <= most) return std::string(text);
    if (most == 0) return {};
    std::size_t at = 0;
    for (std::size_t n = 0; n + 1 < most; ++n) at += std::max<std::size_t>(sequence(text.substr(at)), 1);
    return std::string(text.substr(0, at)) + "…";
}

std::string grouped(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
    return out;
}

std::string date(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 253402300799.0) return {};
    const auto whole = static_cast<std::time_t>(seconds);
    std::tm parts{};
    if (::gmtime_r(&whole, &parts) == nullptr) return {};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string moment(double seconds) {
    const double rounded = std::round(seconds * 1000) / 1000;
    std::string out = date(rounded);
    if (out.empty()) return out;
    const auto millis = std::llround(rounded * 1000) % 1000;
    return out.insert(out.size() - 1, fmt::format(".{:03}", millis));
}

std::string aged(double seconds, double now) {
    const std::string day = date(seconds);
    if (day.empty() || !std::isfinite(now)) return day;
    return now < seconds ? fmt::format("{} (in {})", day, duration(seconds - now))
                         : fmt::format("{} ({} ago)", day, duration(now - seconds));
}

std::string size(double bytes) {
    constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
    if (!std::isfinite(bytes) || bytes < 0) return {};
    if (bytes < 1024) return fmt::format("{:.0f} bytes", bytes);
    std::size_t unit = 0;
    for (bytes /= 1024; bytes >= 1023.95 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
    return fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12) return {};
    const auto s = static_cast<std::uint64_t>(seconds);
    if (s >= 86'400) return fmt::format("{} d {} h", s / 86'400, s % 86'400 / 3600);
    if (s >= 3600) return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
    if (s >= 60) return fmt::format("{} min {} s", s / 60, s % 60);
    return fmt::format("{} s", s);
}

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {
    for (std::string& h : headings_) {
        right_.push_back(h.starts_with('>'));
        if (right_.back()) h.erase(0, 1);
    }
}

void Table::add(std::vector<Cell> row) {
    row.resize(headings_.size());
    for (Cell& c : row) c.text = safe(c.text);
    rows_.push_back(std::move(row));
}
void Table::add(const std::vector<std::string>& row) {
    std::vector<Cell> cells;
    for (const std::string& text : row) cells.push_back({text, Paint::none});
    add(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t most) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        std::size_t widest = columns(headings_[i]);
        for (const auto& row : rows_) widest = std::max(widest, columns(row[i].text));
        out.push_back(widest);
    }
    const auto total = [&] { return std::accumulate(out.begin(), out.end(), kGap * (out.size() - 1)); };
    while (most > 0 && total() > most) {
        // Numbers are never cut: a number without its end is a wrong number.
        std::size_t widest = out.size();
        for (std::size_t i = 0; i < out.size(); ++i)
            if (!right_[i] && out[i] > kNarrowest && (widest == out.size() || out[i] > out[widest]))
                widest = i;
        if (widest == out.size()) break;
        --out[widest];
    }
    return out;
}

void Table::print(Terminal& terminal, std::string_view indent) const {
    if (rows_.empty() || headings_.empty()) return;
    const std::size_t room = terminal.width > indent.size() + kNarrowest ? terminal.width - indent.size() : 0;
    const auto width = widths(room);
    const auto print_row = [&](const std::vector<Cell>& row) {
        std::string line(indent);
        std::size_t blanks = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string text = right_[i] ? row[i].text : cut(row[i].text, width[i]);
            const std::size_t pad = width[i] - std::min(width[i], columns(text));
            if (right_[i]) blanks += pad;
            if (!text.empty()) {
                line.append(blanks, ' ');
                blanks = 0;
                line += painted(text, row[i].paint, terminal.out_colours);
            }
            blanks += (right_[i] ? 0 : pad) + kGap;
        }
        terminal.out << line << '\n';
    };
    if (std::ranges::any_of(headings_, [](const std::string& h) { return !h.empty(); })) {
        std::vector<Cell> heading;
        for (const std::string& h : headings_) heading.push_back({h, Paint::bold});
        print_row(heading);
    }
    for (const auto& row : rows_) print_row(row);
}

}  // namespace kmsgate::control::cli

// SPDX-License-Identifier: BSD-3-Clause
// Inside of the table room: the checks that Table::open() runs, in order. Each relies on those before it.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::table {

/// What is wrong, or nothing.
using Fault = std::optional<std::string>;

/// A blob whose sections are known to lie inside it.
struct View {
    std::span<const std::byte> blob;

    [[nodiscard]] const Header& header() const noexcept { return header_of(blob); }
    template <class T>
    [[nodiscard]] std::span<const T> section(Section s) const noexcept {
        return section_of<T>(blob, s);
    }
    [[nodiscard]] std::size_t count(Section s) const noexcept {
        return static_cast<std::size_t>(header().sections[std::to_underlying(s)].count);
    }
    [[nodiscard]] std::string_view text(Text t) const noexcept { return text_of(blob, t); }
    [[nodiscard]] std::string_view pattern_text(Text t) const noexcept { return pattern_text_of(blob, t); }
};

/// Which bytes a text may hold.
enum class Charset : std::uint8_t {
    name,   ///< 0x20 to 0x7E
    uri,    ///< 0x21 to 0x7E
    lower,  ///< 0x21 to 0x7E without capital letters
};
/// `t` lies inside the strings, has 1 to kMaxText bytes, all of the set. `what`: the field's name.
[[nodiscard]] Fault check_text(const View& view, Text t, Charset charset, std::string_view what);
/// The same of a text of a pattern.
[[nodiscard]] Fault check_pattern_text(const View& view, Text t, std::string_view what);
/// `t` lies inside the strings.
[[nodiscard]] Fault check_bounds(const View& view, Text t, std::string_view what);
/// `range` lies inside the section.
[[nodiscard]] Fault check_range(const View& view, Range range, Section section, std::string_view what);
/// No name stands twice.
[[nodiscard]] Fault check_distinct(std::vector<std::string_view> names, std::string_view what);

/// Runs `check(record)` over a section; the fault names section and record.
template <class T, class Check>
[[nodiscard]] Fault each(const View& view, Section section, Check check) {
    const auto records = view.section<T>(section);
    for (std::size_t i = 0; i < records.size(); ++i)
        if (Fault fault = check(records[i]))
            return fmt::format("section {}: record {}: {}", kSectionTypes[std::to_underlying(section)].name,
                               i, *fault);
    return std::nullopt;
}

[[nodiscard]] Fault verify_sections(std::span<const std::byte> blob);
[[nodiscard]] Fault verify_kms(const View& view);  ///< kms, kms_names, kms_lists
[[nodiscard]] Fault verify_kms_index(const View& view);
[[nodiscard]] Fault verify_words(const View& view);  ///< tags, globs, ports
[[nodiscard]] Fault verify_domains(const View& view);
[[nodiscard]] Fault verify_peers(const View& view);  ///< cidrs, peers
[[nodiscard]] Fault verify_edges(const View& view);
[[nodiscard]] Fault verify_rules(const View& view);            ///< rules, allow_bits
[[nodiscard]] Fault verify_pattern_domains(const View& view);  ///< those that patterns may name exist
// What only looks at the patterns' head and sections: what holds once, holds for the same bytes.
[[nodiscard]] Fault verify_patterns(const View& view);
[[nodiscard]] Fault verify_pattern_index(const View& view);

}  // namespace kmsgate::policy::table

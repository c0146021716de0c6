// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/verify.hpp"

#include <algorithm>
#include <cstring>

namespace kmsgate::policy::table {
namespace {

/// All that the header says of itself and of the blob's size, but for its digests.
[[nodiscard]] Fault verify_header(std::span<const std::byte> blob) {
    if (blob.size() < sizeof(Header))
        return fmt::format("{} bytes are no table: the header alone has {}", blob.size(), sizeof(Header));
    if (reinterpret_cast<std::uintptr_t>(blob.data()) % 8 != 0) return "the blob is not aligned to 8 bytes";
    const Header& header = header_of(blob);
    if (header.magic != kMagic) return "no magic: this is no policy table";
    if (header.version != kFormatVersion)
        return fmt::format("format version {}, but this program reads {}", header.version, kFormatVersion);
    if (header.header_size != sizeof(Header))
        return fmt::format("header of {} bytes, but version {} has {}", header.header_size, kFormatVersion,
                           sizeof(Header));
    if (header.total_size != blob.size())
        return fmt::format("the table has {} bytes, {} are here", header.total_size, blob.size());
    if (blob.size() > kMaxBlob) return fmt::format("{} bytes are more than a table may have", blob.size());
    return std::nullopt;
}

/// `known`: a table that has been proved, or nothing. Patterns that are its own, byte for byte, are sound.
[[nodiscard]] Fault verify(std::span<const std::byte> blob, std::span<const std::byte> known) {
    if (Fault fault = verify_header(blob)) return fault;
    const Header& header = header_of(blob);
    if (header.digest == Digest{} || header.digest != blob_digest(blob))
        return "the digest does not fit the bytes: damaged or changed";
    if (Fault fault = verify_sections(blob)) return fault;
    const bool same = !known.empty() && same_patterns(blob, known);
    if (!same && (header.patterns.digest == Digest{} || header.patterns.digest != patterns_digest(blob)))
        return "the digest of the patterns does not fit their bytes: damaged or changed";
    constexpr std::array checks = {verify_kms,   verify_kms_index, verify_words, verify_domains,
                                   verify_peers, verify_edges,     verify_rules, verify_pattern_domains};
    for (const auto check : checks)
        if (Fault fault = check(View{blob})) return fault;
    if (same) return std::nullopt;
    if (Fault fault = verify_patterns(View{blob})) return fault;
    return verify_pattern_index(View{blob});
}

[[nodiscard]] Fault check_string(std::string_view strings, Text t, Charset charset, std::string_view what) {
    if (std::uint64_t{t.offset} + t.size > strings.size())
        return fmt::format("{} passes the end of the strings", what);
    if (t.size == 0) return fmt::format("{} is empty", what);
    if (t.size > kMaxText) return fmt::format("{} has {} bytes, more than {}", what, t.size, kMaxText);
    const char least = charset == Charset::name ? 0x20 : 0x21;
    for (const char c : strings.substr(t.offset, t.size))
        if (c < least || c > 0x7E || (charset == Charset::lower && c >= 'A' && c <= 'Z'))
            return fmt::format("{} holds the byte {:#04x}", what, static_cast<unsigned char>(c));
    return std::nullopt;
}

[[nodiscard]] std::string_view strings_of(const View& view, Section section) noexcept {
    const auto chars = view.section<char>(section);
    return {chars.data(), chars.size()};
}

}  // namespace

bool same_patterns(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
    const auto same = [](const void* left, const void* right, std::size_t n) {
        return n == 0 || std::memcmp(left, right, n) == 0;
    };
    const Header& head_a = header_of(a);
    const Header& head_b = header_of(b);
    for (std::size_t i = kSections - kPatternSections; i < kSections; ++i)
        if (head_a.sections[i].count != head_b.sections[i].count) return false;
    const auto part_a = a.subspan(patterns_start(a));
    const auto part_b = b.subspan(patterns_start(b));
    return part_a.size() == part_b.size() && same(&head_a.patterns, &head_b.patterns, sizeof(PatternsHead)) &&
           same(part_a.data(), part_b.data(), part_a.size());
}

// One layout only: sections in order, each where the one before ended, zeros between. So nothing can overlap,
// and equal policies have equal bytes.
Fault verify_sections(std::span<const std::byte> blob) {
    const Header& header = header_of(blob);
    std::uint64_t end = sizeof(Header);
    for (std::size_t i = 0; i < kSections; ++i) {
        const SectionEntry& entry = header.sections[i];
        const auto [name, record] = kSectionTypes[i];
        const std::uint64_t start = align8(end);
        if (entry.offset != start)
            return fmt::format("section {}: offset {} instead of {}", name, entry.offset, start);
        if (start > blob.size() || entry.count > (blob.size() - start) / record)
            return fmt::format("section {}: {} records pass the end of the table", name, entry.count);
        const auto gap = blob.subspan(static_cast<std::size_t>(end), static_cast<std::size_t>(start - end));
        if (std::any_of(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{0}; }))
            return fmt::format("section {}: bytes before it are not zero", name);
        end = start + entry.count * record;
    }
    const auto rest = blob.subspan(static_cast<std::size_t>(end));
    if (align8(end) != blob.size()) return fmt::format("the sections end at {}, not at the table's end", end);
    if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; }))
        return "bytes behind the sections are not zero";
    return std::nullopt;
}

Fault check_bounds(const View& view, Text t, std::string_view what) {
    if (std::uint64_t{t.offset} + t.size > view.count(Section::strings))
        return fmt::format("{} passes the end of the strings", what);
    return std::nullopt;
}

Fault check_text(const View& view, Text t, Charset charset, std::string_view what) {
    return check_string(strings_of(view, Section::strings), t, charset, what);
}

Fault check_pattern_text(const View& view, Text t, std::string_view what) {
    return check_string(strings_of(view, Section::pattern_strings), t, Charset::uri, what);
}

Fault check_range(const View& view, Range range, Section section, std::string_view what) {
    if (std::uint64_t{range.first} + range.count > view.count(section))
        return fmt::format("{} passes the end of section {}", what,
                           kSectionTypes[std::to_underlying(section)].name);
    return std::nullopt;
}

Fault check_distinct(std::vector<std::string_view> names, std::string_view what) {
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) return fmt::format("{} `{}` stands twice", what, *twice);
    return std::nullopt;
}

std::expected<Table, VerifyError> Table::open(std::span<const std::byte> blob, const Table* known) {
    if (Fault fault = verify(blob, known != nullptr ? known->blob() : std::span<const std::byte>()))
        return std::unexpected(VerifyError{std::move(*fault)});
    return Table(blob);
}

}  // namespace kmsgate::policy::table

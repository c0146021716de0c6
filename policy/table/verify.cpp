// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/verify.hpp"

#include <algorithm>

namespace kmsgate::policy::table {
namespace {

/// All that the header says of itself and of the blob's size.
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
    constexpr std::array<std::uint8_t, 32> none{};
    if (header.digest == none || header.digest != blob_digest(blob))
        return "the digest does not fit the bytes: damaged or changed";
    if (header.reserved != 0) return "header: a reserved field is not zero";
    return std::nullopt;
}

[[nodiscard]] Fault verify(std::span<const std::byte> blob) {
    if (Fault fault = verify_header(blob)) return fault;
    if (Fault fault = verify_sections(blob)) return fault;
    constexpr std::array checks = {verify_kms,     verify_kms_index, verify_words,
                                   verify_domains, verify_peers,     verify_edges,
                                   verify_rules,   verify_patterns,  verify_pattern_index};
    for (const auto check : checks)
        if (Fault fault = check(View{blob})) return fault;
    return std::nullopt;
}

}  // namespace

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
    if (Fault fault = check_bounds(view, t, what)) return fault;
    if (t.size == 0) return fmt::format("{} is empty", what);
    if (t.size > kMaxText) return fmt::format("{} has {} bytes, more than {}", what, t.size, kMaxText);
    const char least = charset == Charset::name ? 0x20 : 0x21;
    for (const char c : view.text(t))
        if (c < least || c > 0x7E || (charset == Charset::lower && c >= 'A' && c <= 'Z'))
            return fmt::format("{} holds the byte {:#04x}", what, static_cast<unsigned char>(c));
    return std::nullopt;
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

std::expected<Table, VerifyError> Table::open(std::span<const std::byte> blob) {
    if (Fault fault = verify(blob)) return std::unexpected(VerifyError{std::move(*fault)});
    return Table(blob);
}

}  // namespace kmsgate::policy::table

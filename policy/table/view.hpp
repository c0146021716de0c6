// SPDX-License-Identifier: BSD-3-Clause
// Inside of the table room: the blob as typed sections. Nothing here checks anything; verify does, before the
// rest reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "policy/table/format.hpp"
#include "policy/table/text_hash.hpp"

namespace kmsgate::policy::table {

/// Name and record size of each section, in order.
struct SectionType {
    std::string_view name;
    std::size_t record;
};
inline constexpr std::array<SectionType, kSections> kSectionTypes{{
    {"strings", 1},
    {"kms", sizeof(KmsRecord)},
    {"kms_names", sizeof(KmsNameRecord)},
    {"kms_index", sizeof(IndexSlot)},
    {"tags", sizeof(Text)},
    {"domains", sizeof(DomainRecord)},
    {"edges", sizeof(EdgeRecord)},
    {"rules", sizeof(RuleRecord)},
    {"kms_lists", sizeof(std::uint32_t)},
    {"allow_bits", sizeof(std::uint64_t)},
    {"globs", sizeof(Text)},
    {"cidrs", sizeof(CidrRecord)},
    {"peers", sizeof(PeerRecord)},
    {"ports", sizeof(std::uint16_t)},
    {"pattern_strings", 1},
    {"patterns", sizeof(PatternRecord)},
    {"pattern_index", sizeof(IndexSlot)},
}};

/// Where the next section starts.
[[nodiscard]] constexpr std::uint64_t align8(std::uint64_t n) noexcept {
    return (n + 7) & ~std::uint64_t{7};
}

[[nodiscard]] inline const Header& header_of(std::span<const std::byte> blob) noexcept {
    return *reinterpret_cast<const Header*>(blob.data());
}

/// Records of a section whose bounds have been proved.
template <class T>
[[nodiscard]] std::span<const T> section_of(std::span<const std::byte> blob, Section s) noexcept {
    const SectionEntry& entry = header_of(blob).sections[std::to_underlying(s)];
    return {reinterpret_cast<const T*>(blob.data() + entry.offset), static_cast<std::size_t>(entry.count)};
}

/// A text whose bounds have been proved.
[[nodiscard]] inline std::string_view text_of(std::span<const std::byte> blob, Text t) noexcept {
    const std::span<const char> strings = section_of<char>(blob, Section::strings);
    return {strings.data() + t.offset, t.size};
}

/// A text of a pattern whose bounds have been proved.
[[nodiscard]] inline std::string_view pattern_text_of(std::span<const std::byte> blob, Text t) noexcept {
    const std::span<const char> strings = section_of<char>(blob, Section::pattern_strings);
    return {strings.data() + t.offset, t.size};
}

/// Where the sections of the patterns start, up to the end: what the header says if that can be, else the
/// blob's end. The blob is at least a Header long.
[[nodiscard]] inline std::size_t patterns_start(std::span<const std::byte> blob) noexcept {
    const std::uint64_t start = header_of(blob).sections[std::to_underlying(Section::pattern_strings)].offset;
    return start >= sizeof(Header) && start <= blob.size() ? static_cast<std::size_t>(start) : blob.size();
}

/// Do both tables, whose layout has been proved, hold the same patterns, byte for byte?
[[nodiscard]] bool same_patterns(std::span<const std::byte> a, std::span<const std::byte> b) noexcept;

/// The first slot within `probe` slots whose hash and size agree and of which `same(slot)` says yes; or null.
template <class Same>
[[nodiscard]] inline const IndexSlot* find_slot(std::span<const IndexSlot> slots, std::uint32_t hash,
                                                std::uint32_t probe, std::size_t size, Same same) noexcept {
    if (slots.empty()) return nullptr;
    const IndexSlot* const first = slots.data();
    const std::size_t mask = slots.size() - 1;
    for (std::uint32_t i = 0; i < probe; ++i) {
        const IndexSlot& slot = first[(hash + std::size_t{i}) & mask];
        if (slot.name == kNone) return nullptr;
        if (slot.hash == hash && (slot.name & 0xFF) == size && same(slot)) return &slot;
    }
    return nullptr;
}

/// `kind` of key_hash() for KMS names; patterns take their shape.
inline constexpr std::uint32_t kKmsKind = 7;

[[nodiscard]] inline Shape shape_of(const IndexSlot& slot) noexcept {
    return static_cast<Shape>(slot.value & 7);
}

[[nodiscard]] inline std::uint32_t kms_hash(std::string_view name, std::uint64_t seed) noexcept {
    return key_hash(caseless_hash(name, seed), 0, kKmsKind);
}
/// The text of a host or suffix pattern is hashed in two pieces, as lookups have it.
[[nodiscard]] inline std::uint32_t pattern_hash(Shape shape, std::string_view text,
                                                std::uint64_t seed) noexcept {
    std::uint64_t head = 0;
    if (shape == Shape::host || shape == Shape::suffix) {
        const std::size_t scheme = text.find(':') + 1;
        head = text_hash(text.substr(0, scheme), seed);
        text.remove_prefix(scheme);
    }
    return key_hash(text_hash(text, seed), head, std::to_underlying(shape));
}

/// Bit `n` of a set of lengths.
[[nodiscard]] constexpr bool has_length(const Lengths& set, std::size_t n) noexcept {
    return n < 256 && (set[n / 64] >> (n % 64) & 1U) != 0;
}
constexpr void add_length(Lengths& set, std::size_t n) noexcept {
    if (n < 256) set[n / 64] |= std::uint64_t{1} << (n % 64);
}

}  // namespace kmsgate::policy::table

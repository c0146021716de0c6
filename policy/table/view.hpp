// SPDX-License-Identifier: BSD-3-Clause
// Inside of the table room: the blob as typed sections. Nothing here checks anything; verify does, before the
// rest reads.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "policy/table/format.hpp"

namespace kmsgate::policy::table {

static_assert(std::endian::native == std::endian::little, "tables are little-endian and read in place");

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

/// Entry of the first slot within `probe` slots whose hash agrees and of which `same(entry)` says yes; or
/// kNone.
template <class Same>
[[nodiscard]] std::uint32_t find_slot(std::span<const IndexSlot> slots, std::uint32_t hash,
                                      std::uint32_t probe, Same same) noexcept {
    if (slots.empty()) return kNone;
    const std::size_t mask = slots.size() - 1;
    for (std::uint32_t i = 0; i < probe; ++i) {
        const IndexSlot& slot = slots[(hash + std::size_t{i}) & mask];
        if (slot.entry == kNone) return kNone;
        if (slot.hash == hash && same(slot.entry)) return slot.entry;
    }
    return kNone;
}

/// Key of pattern_index: the shape's byte, then the text (at most kMaxText bytes).
class PatternKey {
  public:
    PatternKey(Shape shape, std::string_view a, std::string_view b = {}) noexcept {
        buffer_[0] = static_cast<char>(std::to_underlying(shape));
        add(a);
        add(b);
    }
    /// False when the text was too long to be a pattern's.
    [[nodiscard]] bool fits() const noexcept { return fits_; }
    [[nodiscard]] std::string_view key() const noexcept { return {buffer_.data(), size_}; }
    [[nodiscard]] std::string_view text() const noexcept { return key().substr(1); }

  private:
    void add(std::string_view s) noexcept {
        fits_ = fits_ && s.size() <= buffer_.size() - size_;
        if (!fits_) return;
        for (const char c : s) buffer_[size_++] = c;
    }

    std::array<char, kMaxText + 1> buffer_;
    std::size_t size_ = 1;
    bool fits_ = true;
};

/// Bit `n` of a set of lengths up to 255.
[[nodiscard]] constexpr bool has_length(const std::array<std::uint64_t, 4>& set, std::size_t n) noexcept {
    return n < 256 && (set[n / 64] >> (n % 64) & 1U) != 0;
}

}  // namespace kmsgate::policy::table

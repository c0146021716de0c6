// SPDX-License-Identifier: BSD-3-Clause
// Header lines: where each ends and what its name is.
#pragma once

#include "dataplane/sip/plain/text.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

/// One header line, understood as far as its name goes.
struct Row {
    const Name* name = nullptr;  ///< null: no header that is known to be plain
    const char* colon = nullptr;
    const char* value = nullptr;
    const char* end = nullptr;  ///< of the value; null: no line ends here
};

inline constexpr Name kNoName = [] {
    Name name;
    name.mask = 1;  // no line starts with a zero
    name.set.add(name.id);
    return name;
}();
inline constexpr std::size_t kLongestName = 31;

/// Which name stood behind each the last time, by place in the table. It is only tried first: nothing hangs
/// on it but how many names are found without their hash.
using Followers = std::array<const Name*, NameTable::kMost>;
inline constinit thread_local Followers followers = [] {
    Followers none{};
    none.fill(kNameTable.names.data());
    return none;
}();
/// Of this thread, asked once: each use would call for it.
[[nodiscard, gnu::noinline]] inline const Name** followers_here() noexcept {
    return followers.data();
}

/// The names of one block of header lines.
class Order {
  public:
    /// `before`: a place of no name.
    explicit Order(std::size_t before) noexcept : last_(followers_ + before) {}

    [[nodiscard, gnu::always_inline]] const Name* likely() const noexcept { return *last_; }
    [[gnu::always_inline]] void was_likely(const Name* name) noexcept { last_ = followers_ + name->place; }
    [[gnu::always_inline]] void was(const Name* name) noexcept {
        *last_ = name;
        was_likely(name);
    }

  private:
    const Name** const followers_ = followers_here();
    const Name** last_;
};
inline constexpr std::size_t kBeforeHead = NameTable::kMost - 1;
inline constexpr std::size_t kBeforePart = NameTable::kMost - 2;

/// The name of that many bytes that `at` could be.
[[nodiscard, gnu::always_inline]] inline const Name* name_at(const char* at, std::size_t size) noexcept {
    const std::uint32_t tail = load32(at + size - 3) | static_cast<std::uint32_t>(kLower);
    const NameTable& table = kNameTable;
    return table.names.data() + table.slot.data()[name_hash(tail, static_cast<std::uint32_t>(size))];
}

/// A name in another spelling, with any blank behind it; kNoName for a token that is in no table, null for
/// what is none.
[[nodiscard, gnu::noinline]] inline const Name* find_other(const Text& t, const char* at,
                                                           std::size_t size) noexcept {
    if (size == 0 || size > kLongestName) return nullptr;
    const Name* const name = name_at(t.window(at), size);
    bool same = name->size == size;
    for (std::size_t i = 0; same && i < size; ++i) same = ((at[i] ^ name->text[i]) | 0x20) == 0x20;
    if (same) return name;
    return all_in(t, at, at + size, kTokens) ? &kNoName : nullptr;
}

/// Reads the header line at `at`, behind another line of the message. An empty line has its end at `at`, and
/// no name.
[[nodiscard, gnu::always_inline]] inline Row read_row(const Text& t, const char* at, Order& order) noexcept {
    Row row;
    const char* const here = t.window(at);
    const auto start = bytes::load32(here);
    const std::uint64_t odd = bytes::odd(start, here);
    if (odd != 0) [[likely]] {
        const int length = std::countr_zero(odd);
        if (load16(here + length) != kCrLf) return {};
        row.end = at + length;
    } else {
        row.end = line_end(t, at + 64);
        if (row.end == nullptr) return {};
    }
    row.name = order.likely();
    if (bytes::same(start, row.name->text.data(), row.name->mask)) [[likely]] {
        order.was_likely(row.name);
        row.colon = at + row.name->size;
        row.value = row.colon + 2;
    } else {
        const auto size =
            static_cast<std::size_t>(std::countr_zero(std::uint64_t{bytes::template any_of<':'>(start)}));
        row.name = name_at(here, size);  // for 64, when there is no colon, as good as any
        row.colon = at + size;
        row.value = row.colon + 2;
        if (bytes::same(start, row.name->text.data(), row.name->mask)) {
            order.was(row.name);
        } else {
            if (row.end <= row.colon) return {nullptr, nullptr, nullptr, row.end};
            row.name = find_other(t, at, size);
            if (row.name == nullptr) return row;
            order.was(row.name);
            row.value -= row.colon[1] == ' ' ? 0 : 1;
        }
    }
    // No blank at either end is left, and there is a value.
    if (*row.value <= ' ' || row.end[-1] == ' ') return {nullptr, nullptr, nullptr, row.end};
    return row;
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

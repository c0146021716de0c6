// SPDX-License-Identifier: BSD-3-Clause
// NH sums of short lists of texts, for the hashes of this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/memory/bulk_hash.hpp"

namespace kmsgate::memory::nh {

/// What a list may take of the key, in bytes: each text starts a new pair of words, lengths and number stand
/// in front.
inline constexpr std::size_t kFieldBytes = 4096;
[[nodiscard]] std::size_t room_of(std::span<const std::string_view> texts) noexcept;

/// The sum of a list of at most 7 texts that fits into kFieldBytes; `words`: as many bytes of key, aligned to
/// 16.
using Texts = Hash128 (*)(const std::uint64_t* words, std::span<const std::string_view> texts,
                          std::uint64_t number) noexcept;
/// How it is made at a level.
[[nodiscard]] Texts texts_at(BulkHash::Level level) noexcept;

}  // namespace kmsgate::memory::nh

// SPDX-License-Identifier: BSD-3-Clause
// The floor: the least work on this CPU that reads a whole I_MESSAGE of a well-behaved INVITE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "bench/peers/inproc/names.hpp"

namespace kmsgate::peers {

/// Decodes base64 that is believed to be well formed, 32 characters at a time (AVX2): bytes written. Writes
/// up to 32 bytes more than it says.
[[nodiscard]] std::size_t decode_believed(std::string_view text, std::uint8_t* out) noexcept;

/// memmem for the first "key-mgmt:mikey ", base64 to the end of its line, and a walk over every payload to
/// the end, believing each byte: never a parser. `scratch` holds the I_MESSAGE and 32 bytes more.
[[nodiscard]] Names floor_names(std::string_view message, std::span<std::uint8_t> scratch) noexcept;

/// The last two steps, for parsers that found the text by themselves.
[[nodiscard]] Names believed_names(std::string_view base64, std::span<std::uint8_t> scratch) noexcept;

}  // namespace kmsgate::peers

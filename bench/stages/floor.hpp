// SPDX-License-Identifier: BSD-3-Clause
// The least work that tells both KMS names of a well-behaved message: what every stage is compared with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kmsgate::bench {

/// Finds the first "key-mgmt:mikey ", decodes base64 and walks to IDRkmsr, believing every byte: decodes only
/// as far as the walk gets, or with `whole` to the end of the line. Reads and writes out of bounds on
/// anything but a message of messages.hpp: never a parser. `scratch` holds the I_MESSAGE and one byte more.
[[nodiscard]] std::string_view floor_idrkmsr(std::string_view message, std::span<std::uint8_t> scratch,
                                             bool whole) noexcept;

}  // namespace kmsgate::bench

// SPDX-License-Identifier: BSD-3-Clause
// The least work that tells both KMS names of a well-behaved message: what everything is compared with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kmsgate::bench {

/// What the floor finds, in its scratch memory.
struct FloorNames {
    std::string_view kmsi;
    std::string_view kmsr;
};

/// memmem for the first "key-mgmt:mikey ", base64 of the whole line with AVX2, and the walk to IDRkmsr past
/// IDRkmsi, believing every byte. Reads and writes out of bounds on anything but a message of messages.hpp:
/// never a parser. `scratch` holds the I_MESSAGE and 64 bytes more; 32 bytes follow the line. Needs AVX2.
[[nodiscard]] FloorNames floor_names(std::string_view message, std::span<std::uint8_t> scratch) noexcept;

}  // namespace kmsgate::bench

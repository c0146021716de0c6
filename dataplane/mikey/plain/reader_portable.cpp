// SPDX-License-Identifier: BSD-3-Clause
// The plain reader in C++ alone.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "dataplane/mikey/payload.hpp"
#include "dataplane/mikey/plain/levels.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/simd/portable.hpp"

namespace kmsgate::mikey::plain::portable {

namespace {

bool decode(const char* text, std::size_t size, std::uint8_t* out) noexcept {
    const auto* in = reinterpret_cast<const unsigned char*>(text);
    std::uint32_t bad = 0;
    for (const unsigned char* end = in + size; in != end; in += 4, out += 3) {
        const std::uint32_t a = kValues[in[0]], b = kValues[in[1]], c = kValues[in[2]], d = kValues[in[3]];
        bad |= a | b | c | d;
        const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        out[0] = static_cast<std::uint8_t>(bits >> 16 & 0xFFU);
        out[1] = static_cast<std::uint8_t>(bits >> 8 & 0xFFU);
        out[2] = static_cast<std::uint8_t>(bits & 0xFFU);
    }
    return (bad & kNoValue) == 0;
}

}  // namespace

}  // namespace kmsgate::mikey::plain::portable

#define KMSGATE_LEVEL portable
#include "dataplane/mikey/plain/walk.hpp"

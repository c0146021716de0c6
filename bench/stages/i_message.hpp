// SPDX-License-Identifier: BSD-3-Clause
// MIKEY-SAKKE I_MESSAGEs as MC clients send them, for measuring. An encoder of its own: it shares nothing
// with the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/stages/random.hpp"

namespace kmsgate::bench {

/// CS ID map types (RFC 3830 6.1.1, RFC 4563 5, RFC 6043 6.1.1).
enum class MapType : std::uint8_t { srtp = 0, empty = 1, generic = 2 };

/// What one I_MESSAGE names.
struct IMessage {
    std::string_view initiator;  ///< URI, or the 32 bytes of a UID when `hashed`
    std::string_view receiver;
    bool hashed = false;  ///< roles 8 and 9 (TS 33.180 E.7) in place of 1 and 2
    std::string_view kmsi;
    std::string_view kmsr;
    MapType map = MapType::empty;
    std::uint64_t seconds = 0;  ///< since 1970, for the time stamp
    std::size_t size = 0;       ///< bytes of the whole message; the general extension is made to fit
};

/// The bytes: HDR T RAND IDR(i) IDR(r) IDR(kmsi) IDR(kmsr) SP SAKKE GENEXT SIGN, the order of real messages.
/// Empty when `size` leaves no room for the extension.
[[nodiscard]] std::string encode(const IMessage& message, Random& random);

/// Base64 with padding (RFC 4648 4).
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace kmsgate::bench

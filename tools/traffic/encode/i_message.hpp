// SPDX-License-Identifier: BSD-3-Clause
// MIKEY-SAKKE I_MESSAGEs as MC clients send them (RFC 6509, TS 33.180 E): their form and size, no keys. An
// encoder of its own: it shares nothing with the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/traffic/encode/random.hpp"

namespace kmsgate::traffic {

/// CS ID map types (RFC 3830 6.1.1, RFC 4563 5, RFC 6043 6.1.1).
enum class MapType : std::uint8_t { srtp = 0, empty = 1, generic = 2 };

/// Payload types (RFC 3830 6, RFC 6043 6, RFC 6509 4).
enum class PayloadType : std::uint8_t {
    sign = 4,
    time = 5,
    chash = 8,
    policy = 10,
    rand = 11,
    idr = 14,
    extension = 21,
    sakke = 26,
};

/// What the key is for: the top four bits of the CSB ID (TS 33.180 5.2.2).
enum class Purpose : std::uint8_t { gmk = 0, pck = 1, csk = 2 };

/// Bytes that every I_MESSAGE has room for, whatever it names.
inline constexpr std::size_t kLeastIMessage = 500;

/// What one I_MESSAGE names.
struct IMessage {
    std::string_view initiator;  ///< URI, or the 32 bytes of a UID when `hashed`
    std::string_view receiver;
    bool hashed = false;    ///< roles 8 and 9 (TS 33.180 E.7) in place of 1 and 2
    std::string_view kmsi;  ///< empty: no such IDR
    std::string_view kmsr;
    MapType map = MapType::empty;
    std::uint64_t seconds = 0;  ///< since 1970, for the time stamp
    std::size_t size = 0;       ///< bytes of the whole message; the general extension is made to fit
    Purpose purpose = Purpose::pck;
};

/// An I_MESSAGE before its payloads are joined: what a malformed one is made from.
struct Draft {
    struct Payload {
        PayloadType type;
        std::string body;  ///< without its next-payload byte, which only the payload that follows knows
    };
    std::uint8_t version = 1;
    std::uint8_t data_type = 26;  ///< SAKKE message
    std::uint32_t csb_id = 0;
    std::string map;  ///< number of crypto sessions, map type and map
    std::vector<Payload> payloads;
    std::string tail;  ///< behind the last payload: nothing, in a sound message

    /// The payload of that type which stands first; it is there in what draft() makes.
    [[nodiscard]] Payload& first(PayloadType type);
};

/// HDR T RAND IDR(i) IDR(r) IDR(kmsi) IDR(kmsr) SP SAKKE GENEXT SIGN, the order of real messages. Without
/// payloads when `size` leaves no room for the extension.
[[nodiscard]] Draft draft(const IMessage& message, Random& random);
/// The body of an IDR payload of ID type 1.
[[nodiscard]] std::string idr(unsigned role, std::string_view data);
/// The bytes of a draft; empty when it has no payloads.
[[nodiscard]] std::string join(const Draft& draft);
/// Both in one.
[[nodiscard]] std::string encode(const IMessage& message, Random& random);

/// Base64 with padding (RFC 4648 4).
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace kmsgate::traffic

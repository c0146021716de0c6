// SPDX-License-Identifier: BSD-3-Clause
// Where the payloads of an I_MESSAGE stand that only its receiver needs: T, SAKKE and SIGN. No keys here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::imessage {

/// Values of types and parameters (RFC 3830 6.6, RFC 6509 4.2, 4.3; ID scheme: TS 33.180 E.5).
inline constexpr std::uint8_t kNtpUtc = 0;
inline constexpr std::uint8_t kNtp = 1;
inline constexpr std::uint8_t kSakkeParameters = 1;
inline constexpr std::uint8_t kHashedUid = 2;
inline constexpr std::uint8_t kEccsi = 2;

/// Views point into the message.
struct Parts {
    std::uint8_t t_type = 0;
    View t;  ///< the time stamp's value, 8 or 4 bytes by its type
    std::uint8_t sakke_parameters = 0;
    std::uint8_t id_scheme = 0;
    View sakke;  ///< SAKKE encapsulated data
    std::uint8_t sign_type = 0;
    View signature;
    View covered;  ///< what the signature is made over, see signed_part()
};

/// The bytes that the signature of a message covers: all of them from HDR on, SIGN's own two bytes of type
/// and length included, up to the signature itself, `signature_size` bytes at the end. RFC 3830 5.2: the
/// whole message but the field that takes the MAC or signature (SIGN: 6.5), which RFC 6509 takes over. Read
/// that way by a public MIKEY-SAKKE implementation built on libmikey (it signs up to, and without, the
/// signature's bytes); by its account some vendors leave out SIGN's two bytes as well. Those are refused
/// here.
[[nodiscard]] inline View signed_part(View message, std::size_t signature_size) noexcept {
    return message.first(message.size() - signature_size);
}

/// Walks a message that mikey::read() found without fault, nothing relaxed. Any bytes may be given: nullopt
/// when a payload does not end inside them or one of the three is missing.
[[nodiscard]] std::optional<Parts> find_parts(View message) noexcept;

}  // namespace kmsgate::client::imessage

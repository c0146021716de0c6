// SPDX-License-Identifier: BSD-3-Clause
// MIKEY-SAKKE I_MESSAGEs (RFC 6509, TS 33.180 E) with real keys: made by the initiator, opened by the
// receiver.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tools/client/bytes.hpp"
#include "tools/client/keys/ring.hpp"

namespace kmsgate::client::imessage {

/// Purpose tag of the CSB ID (TS 33.180 5.2.2): what the key is for.
enum class Purpose : std::uint8_t { gmk = 0, pck = 1, csk = 2 };
[[nodiscard]] std::string_view to_string(Purpose purpose) noexcept;

/// What an I_MESSAGE says. User URIs are normal forms (sip::UserUri).
struct Offer {
    Purpose purpose = Purpose::pck;
    std::string initiator;
    std::string receiver;
    std::string kmsi;
    std::string kmsr;
    bool hashed = false;       ///< IDRuidi and IDRuidr in place of IDRi and IDRr (TS 33.180 E.7)
    std::uint32_t csb_id = 0;  ///< low 28 bits; the purpose is put on top
    Bytes key;                 ///< crypto::kSsv bytes
    Time now = 0;
};
/// HDR, T, RAND, IDRi, IDRr, IDRkmsi, IDRkmsr, SP (none for a GMK), SAKKE, SIGN; or what is missing ("no
/// certificate of kms.b.example").
[[nodiscard]] std::expected<Bytes, std::string> make(const Offer& offer, const keys::Ring& ring,
                                                     crypto::Random& random);

/// What the receiver knows when the message was in order.
struct Opened {
    Purpose purpose = Purpose::pck;
    std::uint32_t csb_id = 0;
    std::string kmsi;
    std::string kmsr;
    std::string initiator;  ///< normal form; for a hashed one the candidate that fits
    Bytes key;
};
/// Why a message was not accepted.
enum class Fault : std::uint8_t {
    malformed,          ///< breaks a rule of the closed list (dataplane/mikey)
    missing_kms,        ///< IDRkmsi or IDRkmsr is missing
    not_for_us,         ///< IDRr or IDRuidr names somebody else
    unknown_initiator,  ///< the UID of the initiator fits none of the candidates
    no_certificate,     ///< of IDRkmsi: its signature cannot be verified
    no_keys,            ///< of ours under IDRkmsr for this or an adjacent period
    stale,              ///< its time is too far from ours
    decapsulation,
    signature,
};
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;
struct Refusal {
    Fault fault;
    std::string detail;
};

/// The names alone, before any key is touched: what a receiver's policy looks at first.
struct Names {
    std::string kmsi;
    std::string kmsr;
};
[[nodiscard]] std::expected<Names, Refusal> read_names(View message);

/// Opens a message for `user`: decapsulates the key with the keys of IDRkmsr, verifies the signature with the
/// certificate of IDRkmsi. `candidates`: who the initiator may be when only a UID stands there (normal
/// forms). Any bytes may be given. A message more than `tolerance` away from `now` is stale.
[[nodiscard]] std::expected<Opened, Refusal> open(View message, const keys::Ring& ring, std::string_view user,
                                                  std::span<const std::string> candidates, Time now,
                                                  Time tolerance = 3600 * kSecond);

}  // namespace kmsgate::client::imessage

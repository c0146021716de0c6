// SPDX-License-Identifier: BSD-3-Clause
// ECCSI signatures (RFC 6507) over NIST P-256 with SHA-256, by wolfSSL. Keys are plain bytes in the form that
// a KMS provisions them in; points are uncompressed (04 || x || y).
#pragma once

#include <expected>
#include <string>

#include "tools/client/bytes.hpp"
#include "tools/client/crypto/random.hpp"

namespace kmsgate::client::crypto {

inline constexpr std::size_t kEccsiSignature = 129;  ///< r || s || PVT
inline constexpr std::size_t kEccsiPoint = 65;
inline constexpr std::size_t kEccsiSecret = 32;

/// A KMS's authentication keys (RFC 6507 4.2).
struct EccsiKms {
    Bytes ksak;  ///< secret, 32 bytes
    Bytes kpak;  ///< public (PubAuthKey), 65 bytes
};
/// A user's signing keys under one KMS (RFC 6507 5.1).
struct EccsiUser {
    Bytes ssk;  ///< UserSigningKeySSK, 32 bytes
    Bytes pvt;  ///< UserPubTokenPVT, 65 bytes
    friend bool operator==(const EccsiUser&, const EccsiUser&) = default;
};

[[nodiscard]] std::expected<EccsiKms, std::string> eccsi_make_kms(Random& random);
/// The public key of a given secret; for KMSs read from a file.
[[nodiscard]] std::expected<EccsiKms, std::string> eccsi_kms_from_secret(View ksak);
/// Is this a PubAuthKey (a point of the curve) at all?
[[nodiscard]] std::expected<void, std::string> eccsi_check_kpak(View kpak);
/// Keys of the user `id` (the UID, RFC 6509 / TS 33.180 F.2.1).
[[nodiscard]] std::expected<EccsiUser, std::string> eccsi_make_user(const EccsiKms& kms, View id,
                                                                    Random& random);
/// RFC 6507 5.1.2: do the keys that a KMS sent belong to this identity?
[[nodiscard]] std::expected<void, std::string> eccsi_check_user(const EccsiUser& user, View kpak, View id);

/// kEccsiSignature bytes.
[[nodiscard]] std::expected<Bytes, std::string> eccsi_sign(View message, const EccsiUser& user, View kpak,
                                                           View id, Random& random);
/// Nothing when the signature is good; else what is wrong. Any bytes may be given.
[[nodiscard]] std::expected<void, std::string> eccsi_verify(View message, View signature, View kpak, View id);

}  // namespace kmsgate::client::crypto

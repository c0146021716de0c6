// SPDX-License-Identifier: BSD-3-Clause
// SAKKE encapsulation (RFC 6508) with parameter set 1 (RFC 6509 appendix A), by wolfSSL. Keys are plain bytes
// in the form that a KMS provisions them in; points are uncompressed (04 || x || y).
#pragma once

#include <expected>
#include <string>

#include "tools/client/bytes.hpp"
#include "tools/client/crypto/random.hpp"

namespace kmsgate::client::crypto {

inline constexpr std::size_t kSakkePoint = 257;
inline constexpr std::size_t kSakkeSecret = 128;
inline constexpr std::size_t kSsv = 16;         ///< shared secret value: the key that a MIKEY message carries
inline constexpr std::size_t kSakkeData = 273;  ///< R (257) and hint H (16)

/// A KMS's encryption keys.
struct SakkeKms {
    Bytes secret;  ///< z_T, 128 bytes
    Bytes pub;     ///< Z_T (PubEncKey), 257 bytes
};

[[nodiscard]] std::expected<SakkeKms, std::string> sakke_make_kms(Random& random);
/// The public key of a given secret; for KMSs read from a file.
[[nodiscard]] std::expected<SakkeKms, std::string> sakke_kms_from_secret(View secret);
/// Is this a PubEncKey (a point of the curve, of the right order) at all?
[[nodiscard]] std::expected<void, std::string> sakke_check_public(View pub);
/// UserDecryptKey (RSK, kSakkePoint bytes) of the user `id`.
[[nodiscard]] std::expected<Bytes, std::string> sakke_make_rsk(const SakkeKms& kms, View id);
/// RFC 6508 6.1.2: does the key that a KMS sent belong to this identity?
[[nodiscard]] std::expected<void, std::string> sakke_check_rsk(View rsk, View pub, View id);

/// kSakkeData bytes that only `id` can open. `ssv` has kSsv bytes.
[[nodiscard]] std::expected<Bytes, std::string> sakke_encapsulate(View ssv, View pub, View id);
/// The SSV, or why the data cannot be opened (not ours, or changed on the way). Any bytes may be given.
[[nodiscard]] std::expected<Bytes, std::string> sakke_decapsulate(View data, View rsk, View pub, View id);

}  // namespace kmsgate::client::crypto

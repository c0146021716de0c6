// SPDX-License-Identifier: BSD-3-Clause
// KmsKeySet (TS 33.180 D.3): a user's secret keys under one KMS for one key period.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tools/client/bytes.hpp"
#include "tools/client/crypto/eccsi.hpp"

namespace kmsgate::client::keys {

struct KeySet {
    std::string kms_uri;
    std::string user_uri;  ///< exactly as it was hashed
    std::uint64_t period_no = 0;
    Bytes decrypt_key;          ///< UserDecryptKey (RSK)
    crypto::EccsiUser signing;  ///< UserSigningKeySSK, UserPubTokenPVT
    Bytes user_id;         ///< UserID: the UID; may be empty, else it must be that of user, KMS and period
    std::string cert_uri;  ///< may be empty, like issuer, valid_from and valid_to
    std::string issuer;
    std::string valid_from;  ///< xsd:dateTime
    std::string valid_to;
    bool revoked = false;
    friend bool operator==(const KeySet&, const KeySet&) = default;
};

/// Reads one key set: the root element of the file, or the one KmsKeySet in a KmsResponse. Keys in clear
/// (hex). Bounded, no DTD. The error names the element and what would be right.
[[nodiscard]] std::expected<KeySet, std::string> read_key_set(std::string_view xml);
[[nodiscard]] std::string write_key_set(const KeySet& set);

}  // namespace kmsgate::client::keys

// SPDX-License-Identifier: BSD-3-Clause
// The work behind `kmsgate-client keys`: test KMSs, their certificates and their users' key sets, as files.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/bytes.hpp"
#include "tools/client/crypto/random.hpp"

namespace kmsgate::client::keys {

/// What to make.
struct KeysRequest {
    struct User {
        std::string uri;               ///< brought into normal form (sip::UserUri) before it is hashed
        std::vector<std::string> kms;  ///< the KMSs that provision this user; added to `kms` below
    };
    std::string folder;            ///< for certificates and key sets; made when it is not there
    std::string secrets;           ///< for the secrets of the KMSs; empty: `folder`
    std::vector<std::string> kms;  ///< URIs; letter case does not matter
    std::vector<User> users;
    unsigned periods = 2;  ///< key periods from the current one on, 1 to 24
    Time now = 0;
    std::optional<std::uint64_t> key_period;  ///< seconds; for KMSs made now (30 days when it is not given)
    std::optional<std::uint64_t> key_offset;  ///< seconds; 0 when it is not given
    bool force = false;                       ///< replace certificates and key sets that differ
};

/// A KMS that has its secret file is read, another one is made. Then writes what is missing: each KMS's
/// certificate, each user's key set for each KMS and period. What is there and fits is kept; what is there
/// and differs is a fault without `force`; a KMS's secret is never replaced. Either nothing was in the way
/// and all is written, or nothing is written (short of a full disk). Gives a line for each thing done; or all
/// faults.
[[nodiscard]] std::expected<std::vector<std::string>, std::vector<std::string>> make_keys(
    const KeysRequest& request, crypto::Random& random);

/// File names inside the folders; no URI leads out of them.
[[nodiscard]] std::string secret_file(std::string_view kms);       ///< kms-NAME.secret.xml
[[nodiscard]] std::string certificate_file(std::string_view kms);  ///< kms-NAME.cert.xml
/// keys-USER_KMS_PERIOD.xml
[[nodiscard]] std::string key_set_file(std::string_view user, std::string_view kms, std::uint64_t period_no);

}  // namespace kmsgate::client::keys

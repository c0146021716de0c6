// SPDX-License-Identifier: BSD-3-Clause
// Who a KM client is and which KMSs it may use.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::select {

/// KMS names are compared without regard to letter case, nothing else is touched.
struct Profile {
    std::string user;                    ///< normal form (sip::UserUri)
    std::string home;                    ///< KMS URI
    std::vector<std::string> secondary;  ///< Migration and roaming KMSs, in order
    std::vector<std::string> external;   ///< in order
    std::vector<std::string>
        prefer;  ///< receiver: KMSs of home and secondary that it would rather use, in order
    std::vector<std::string> refuse;    ///< local policy: never used, whatever they are
    std::vector<std::string> contacts;  ///< users (normal form) that may stand behind a hashed initiator
    std::string keys;       ///< folder of certificates and key sets (relative to the profile's file)
    std::string state;      ///< folder for the KRRs kept; empty: none are kept
    bool hashed = false;    ///< name users by UID
    bool gms = false;       ///< a group management server: sends GMKs in MESSAGE
    unsigned attempts = 5;  ///< most MIKEY messages of one call, 1-20
};

[[nodiscard]] bool same_kms(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] bool contains(const std::vector<std::string>& list, std::string_view kms) noexcept;

/// Reads a profile in YAML. All faults at once, each "file:line:column: what is wrong; what would be right".
[[nodiscard]] std::expected<Profile, std::vector<std::string>> read_profile(std::string_view yaml,
                                                                            const std::string& file);

}  // namespace kmsgate::client::select

// SPDX-License-Identifier: BSD-3-Clause
// The KMSs of a lab and what they provision to its clients. Made once a process: a pairing takes longer than
// a run.
#pragma once

#include <expected>
#include <map>
#include <string>

#include "tools/client/crypto/random.hpp"
#include "tools/client/keys/ring.hpp"
#include "tools/client/keys/test_kms.hpp"
#include "tools/client/select/profile.hpp"

namespace kmsgate::lab {

class KeyCache {
  public:
    /// Certificates of the profile's Home, Secondary and External KMSs, and the user's keys under Home and
    /// Secondary for the key period of `now`.
    [[nodiscard]] std::expected<client::keys::Ring, std::string> ring_for(
        const client::select::Profile& profile, client::Time now);
    [[nodiscard]] client::crypto::Random& random() noexcept { return random_; }

  private:
    [[nodiscard]] std::expected<const client::keys::TestKms*, std::string> kms(const std::string& uri);

    client::crypto::Random random_;
    std::map<std::string, client::keys::TestKms> kmss_;
    std::map<std::string, client::keys::KeySet> sets_;  ///< by KMS, user and period
};

}  // namespace kmsgate::lab

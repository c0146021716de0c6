// SPDX-License-Identifier: BSD-3-Clause
// All keys that a client holds: certificates of its KMSs, and its own secrets under its Home and Migration
// KMSs.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/keys/certificate.hpp"
#include "tools/client/keys/key_set.hpp"

namespace kmsgate::client::keys {

class Ring {
  public:
    /// Takes the place of an older one of the same KMS. Key sets that were checked against other public keys
    /// or other periods go with the older one.
    void add(Certificate certificate);
    /// Takes the place of an older one for the same KMS, user and period. Refused when the key set is
    /// revoked, its KMS has no certificate here, or the keys do not belong to user and period (RFC
    /// 6507 5.1.2, RFC 6508 6.1.2). Costs a pairing.
    [[nodiscard]] std::expected<void, std::string> add(KeySet set);

    /// Null when there is none. KMS names are compared without regard to letter case.
    [[nodiscard]] const Certificate* certificate(std::string_view kms) const noexcept;
    [[nodiscard]] const KeySet* key_set(std::string_view kms, std::string_view user,
                                        std::uint64_t period_no) const noexcept;
    [[nodiscard]] const std::vector<Certificate>& certificates() const noexcept { return certificates_; }
    [[nodiscard]] const std::vector<KeySet>& key_sets() const noexcept { return sets_; }

  private:
    std::vector<Certificate> certificates_;
    std::vector<KeySet> sets_;
};

/// Reads every *.xml of a folder but *.secret.xml: certificates first, then key sets. All faults at once,
/// each with its file; two certificates of one KMS and two key sets for one KMS, user and period are faults
/// too.
[[nodiscard]] std::expected<Ring, std::vector<std::string>> load_ring(const std::string& folder);

}  // namespace kmsgate::client::keys

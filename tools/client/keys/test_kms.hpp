// SPDX-License-Identifier: BSD-3-Clause
// A KMS's master secrets, for tests, labs and kmsgate-client keys: makes certificates and provisions users.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/keys/ring.hpp"

namespace kmsgate::client::keys {

class TestKms {
  public:
    /// A KMS with fresh secrets. Refuses a URI that is empty, longer than 255 bytes or not printing ASCII.
    [[nodiscard]] static std::expected<TestKms, std::string> make(std::string uri, crypto::Random& random,
                                                                  std::uint64_t period = mikey::kKeyPeriod,
                                                                  std::uint64_t offset = mikey::kKeyOffset);
    /// Reads what write_secret() wrote; the public keys are computed anew.
    [[nodiscard]] static std::expected<TestKms, std::string> read_secret(std::string_view xml);
    [[nodiscard]] std::string write_secret() const;

    [[nodiscard]] const std::string& uri() const noexcept { return certificate_.kms_uri; }
    [[nodiscard]] const Certificate& certificate() const noexcept { return certificate_; }
    /// A user's keys for one period. The user URI is hashed as it stands: give its normal form.
    [[nodiscard]] std::expected<KeySet, std::string> provision(std::string_view user, std::uint64_t period_no,
                                                               crypto::Random& random) const;

  private:
    [[nodiscard]] static std::expected<TestKms, std::string> assemble(std::string uri, crypto::EccsiKms eccsi,
                                                                      crypto::SakkeKms sakke,
                                                                      std::uint64_t period,
                                                                      std::uint64_t offset);
    Certificate certificate_;
    crypto::EccsiKms eccsi_;
    crypto::SakkeKms sakke_;
};

}  // namespace kmsgate::client::keys

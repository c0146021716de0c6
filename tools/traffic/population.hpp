// SPDX-License-Identifier: BSD-3-Clause
// Who talks to whom: users of domains, their KMSs and addresses, all from numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/traffic/encode/random.hpp"
#include "tools/traffic/encode/wire.hpp"
#include "tools/traffic/guide.hpp"
#include "tools/traffic/profile.hpp"

namespace kmsgate::traffic {

struct User {
    std::size_t domain = 0;
    std::uint64_t number = 0;
    std::string uri;         ///< normal form
    std::uint32_t tags = 0;  ///< bits of the policy
};

/// Key period and offset of a KMS, in seconds.
struct Period {
    std::uint64_t length = 2592000;
    std::uint64_t offset = 0;
};

class Population {
  public:
    /// `guide` (may be null, outlives this): its domains and KMSs take the place of the profile's.
    Population(const Profile& profile, const Guide* guide, std::uint64_t seed);

    /// A user inside (of the edge's domain) or outside (of any other).
    [[nodiscard]] User draw(bool inside, Random& random) const;
    /// The user's address: one of its own inside, a proxy of its domain outside.
    [[nodiscard]] Host host(const User& user, bool inside, bool v6) const;
    [[nodiscard]] std::string_view domain_name(std::size_t domain) const noexcept {
        return domains_[domain].name;
    }

    /// A KMS as a user of the domain would name it, by the profile's shares; empty: none at all.
    [[nodiscard]] std::string kms(const User& user, Random& random) const;
    /// The user's home KMS.
    [[nodiscard]] const std::string& home(const User& user) const noexcept {
        return domains_[user.domain].kms.front();
    }
    [[nodiscard]] const std::vector<std::string>& all_kms() const noexcept { return kms_; }
    [[nodiscard]] Period period(std::string_view kms) const noexcept;

    /// Calls f(domain, user, tags) for every user of the edge's domain that has tags.
    void each_tagged(const std::function<void(std::string_view, const User&, std::string_view)>& f) const;
    [[nodiscard]] std::uint64_t users_of(std::size_t domain) const noexcept { return domains_[domain].users; }
    [[nodiscard]] std::size_t domains() const noexcept { return domains_.size(); }

  private:
    struct Domain {
        std::string name;
        std::vector<std::string> globs;
        std::vector<std::string> kms;  ///< home first
        std::uint64_t users = 0;
    };
    void from_policy(const Guide& guide);
    [[nodiscard]] User user(std::size_t domain, std::uint64_t number) const;

    const Profile& profile_;
    const Guide* guide_;
    std::uint64_t seed_;
    std::vector<Domain> domains_;  ///< the one inside first
    std::vector<std::string> kms_;
};

/// A service identity that is nobody's user: where calls are sent to (TS 24.379, TS 23.003).
inline constexpr std::string_view kTarget = "sip:mcptt-orig@pf.ims.mnc015.mcc234.3gppnetwork.org";
inline constexpr std::string_view kServer = "sip:mdsi@keys.ims.mnc015.mcc234.3gppnetwork.org";

}  // namespace kmsgate::traffic

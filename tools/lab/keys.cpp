// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/keys.hpp"

#include <fmt/format.h>

#include "dataplane/mikey/uid.hpp"

namespace kmsgate::lab {

using client::keys::KeySet;
using client::keys::Ring;
using client::keys::TestKms;

std::expected<const TestKms*, std::string> KeyCache::kms(const std::string& uri) {
    if (const auto known = kmss_.find(uri); known != kmss_.end()) return &known->second;
    auto made = TestKms::make(uri, random_);
    if (!made) return std::unexpected(made.error());
    return &kmss_.emplace(uri, std::move(*made)).first->second;
}

std::expected<Ring, std::string> KeyCache::ring_for(const client::select::Profile& profile,
                                                    client::Time now) {
    Ring ring;
    std::vector<std::string> own{profile.home};
    own.insert(own.end(), profile.secondary.begin(), profile.secondary.end());
    for (const auto* list : {static_cast<const std::vector<std::string>*>(&own), &profile.external})
        for (const std::string& uri : *list) {
            const auto made = kms(uri);
            if (!made) return std::unexpected(made.error());
            ring.add((*made)->certificate());
        }
    for (const std::string& uri : own) {
        const TestKms& source = kmss_.at(uri);
        const auto& certificate = source.certificate();
        const std::uint64_t period =
            mikey::period_number(now, certificate.key_period, certificate.key_offset);
        const std::string name = fmt::format("{} {} {}", uri, profile.user, period);
        auto known = sets_.find(name);
        if (known == sets_.end()) {
            auto set = source.provision(profile.user, period, random_);
            if (!set) return std::unexpected(set.error());
            known = sets_.emplace(name, std::move(*set)).first;
        }
        if (const auto added = ring.add(known->second); !added) return std::unexpected(added.error());
    }
    return ring;
}

}  // namespace kmsgate::lab

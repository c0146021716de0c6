// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/preferences.hpp"

#include <algorithm>

namespace kmsgate::client::agent {

bool Preferences::told(std::string_view initiator, const select::Pair& pair) const {
    return std::ranges::any_of(entries_, [&](const Entry& entry) {
        return entry.initiator == initiator && select::same_kms(entry.pair.kmsi, pair.kmsi) &&
               select::same_kms(entry.pair.kmsr, pair.kmsr);
    });
}

void Preferences::tell(std::string_view initiator, const select::Pair& pair) {
    if (entries_.size() == kMostPreferences) entries_.pop_front();
    entries_.push_back({std::string(initiator), pair});
}

void Preferences::forget(std::string_view initiator) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.initiator == initiator; });
}

}  // namespace kmsgate::client::agent

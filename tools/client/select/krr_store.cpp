// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/select/krr_store.hpp"

#include <algorithm>

#include "tools/client/select/profile.hpp"

namespace kmsgate::client::select {

std::uint64_t KrrStore::add(KeptKrr krr) {
    if (kept_.size() >= kMost) {
        const auto done = std::ranges::find_if(kept_, [](const KeptKrr& k) { return k.due.empty(); });
        kept_.erase(done != kept_.end() ? done : kept_.begin());
    }
    krr.number = next_++;
    kept_.push_back(std::move(krr));
    return kept_.back().number;
}

void KrrStore::reported(std::uint64_t number, std::string_view kms) {
    const auto found = std::ranges::find(kept_, number, &KeptKrr::number);
    if (found == kept_.end()) return;
    std::erase_if(found->due, [&](const std::string& waiting) { return same_kms(waiting, kms); });
    if (found->due.empty()) kept_.erase(found);
}

}  // namespace kmsgate::client::select

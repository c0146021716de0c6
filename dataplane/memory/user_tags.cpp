// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/user_tags.hpp"

namespace kmsgate::memory {

Hash128 UserTags::hash(std::string_view domain, std::string_view uri) const noexcept {
    SipHash h(key_);
    h.field(domain);
    h.field(uri);
    return h.finish();
}

bool UserTags::set(std::string_view domain, std::string_view uri, std::uint32_t tags) {
    const Hash128 key = hash(domain, uri);
    if (const auto it = tags_.find(key); it != tags_.end()) {
        it->second = tags;
        return true;
    }
    if (tags_.size() >= capacity_) return false;
    tags_.emplace(key, tags);
    roster_.push_back({std::string(domain), std::string(uri)});
    return true;
}

std::uint32_t UserTags::get(std::string_view domain, std::string_view uri) const noexcept {
    const auto it = tags_.find(hash(domain, uri));
    return it == tags_.end() ? 0 : it->second;
}

}  // namespace kmsgate::memory

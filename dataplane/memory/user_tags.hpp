// SPDX-License-Identifier: BSD-3-Clause
// Which tags a user has in a domain (set by operators at run time, not part of the policy), and the roster of
// such users for recognising hashed UIDs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dataplane/memory/siphash.hpp"

namespace kmsgate::memory {

/// Key: 16-byte keyed hash of domain name and normalised URI. The domain's name, not its number: tags outlive
/// tables.
class UserTags {
  public:
    UserTags(std::size_t capacity, const Key& key) : capacity_(capacity), key_(key) {}

    /// Sets a user's tag bits (may be 0: rostered only). False when the table is full.
    [[nodiscard]] bool set(std::string_view domain, std::string_view uri, std::uint32_t tags);
    /// Tag bits; 0 when the user has none or is not known.
    [[nodiscard]] std::uint32_t get(std::string_view domain, std::string_view uri) const noexcept;

    struct Rostered {
        std::string domain;
        std::string uri;
    };
    [[nodiscard]] const std::vector<Rostered>& roster() const noexcept { return roster_; }
    [[nodiscard]] std::size_t size() const noexcept { return tags_.size(); }

  private:
    struct HashOf {
        std::size_t operator()(const Hash128& h) const noexcept { return h.low; }
    };
    [[nodiscard]] Hash128 hash(std::string_view domain, std::string_view uri) const noexcept;

    std::unordered_map<Hash128, std::uint32_t, HashOf> tags_;
    std::vector<Rostered> roster_;
    std::size_t capacity_;
    Key key_;
};

}  // namespace kmsgate::memory

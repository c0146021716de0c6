// SPDX-License-Identifier: BSD-3-Clause
// Which tags a user has in a domain (set by operators at run time, not part of the policy), and the roster of
// such users for recognising hashed UIDs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/memory/roster.hpp"
#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/user_hash.hpp"

struct rte_hash;
struct rte_rcu_qsbr;

namespace kmsgate::memory {

/// Users that a table can be made for.
inline constexpr std::size_t kMaxUserTags = 10'000'000;

/// Key: 16-byte keyed hash of domain name and normalised URI. The domain's name, not its number: tags outlive
/// tables. All room is taken at the start. One thread writes, any number read without a lock.
class UserTags {
  public:
    /// An empty table. Needs the EAL; `name` is for DPDK's lists, up to 12 characters of it. The error says
    /// what is missing.
    [[nodiscard]] static std::expected<std::unique_ptr<UserTags>, std::string> create(std::string_view name,
                                                                                      std::size_t capacity,
                                                                                      const Key& key);
    /// Bytes of DPDK's memory that a table takes (to size the EAL by).
    [[nodiscard]] static std::size_t eal_bytes(std::size_t capacity) noexcept;
    ~UserTags();
    UserTags(const UserTags&) = delete;
    UserTags& operator=(const UserTags&) = delete;

    /// Tag bits; 0 when the user has none or is not known. For any thread.
    [[nodiscard]] std::uint32_t get(std::string_view domain, std::string_view uri) const noexcept;
    /// Users who are there. For any thread.
    [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    // Only for the one thread that writes:

    /// Before other threads read: they report their quiescent states to `rcu`, and what remove() frees waits
    /// for them. Without it nobody may read while something is removed.
    void use_rcu(rte_rcu_qsbr* rcu) noexcept { rcu_ = rcu; }
    /// Sets a user's tag bits (may be 0: rostered only). False when no user is named, when
    /// the table is full, or when too many removed users wait for slow readers.
    [[nodiscard]] bool set(std::string_view domain, std::string_view uri, std::uint32_t tags);
    /// Tag bits of a user who is there, also 0; nullopt of others.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view domain,
                                                    std::string_view uri) const noexcept;
    /// Tags and place on the roster; false when the user was not there.
    bool remove(std::string_view domain, std::string_view uri);
    /// Removes everybody.
    void clear();
    /// Takes these tags from everybody, who stays on the roster.
    void clear_bits(std::uint32_t tags);
    /// Gives room back that no reader can see any more; set() and remove() do it by themselves.
    void reclaim();
    [[nodiscard]] const Roster& roster() const noexcept { return roster_; }
    /// All that the table takes, DPDK's memory and the roster together.
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

  private:
    struct Free {
        void operator()(rte_hash* table) const noexcept;
    };
    /// Places in the table that some reader may still look at.
    struct Waiting {
        std::uint64_t token = 0;
        std::vector<std::int32_t> places;
    };
    UserTags(std::unique_ptr<rte_hash, Free> table, std::size_t capacity, const Key& key);

    [[nodiscard]] Hash128 hash(std::string_view domain, std::string_view uri) const noexcept;
    /// The data word of a key; 0: not there.
    [[nodiscard]] std::uint64_t word(const Hash128& key) const noexcept;
    [[nodiscard]] bool put(const Hash128& key, std::uint64_t word) noexcept;
    void take_out(const Hash128& key);
    void release(const Waiting& waiting) noexcept;
    void renumber();

    std::unique_ptr<rte_hash, Free> table_;
    std::size_t capacity_;
    UserHash hash_;
    std::atomic<std::size_t> size_ = 0;
    Roster roster_;
    rte_rcu_qsbr* rcu_ = nullptr;
    Waiting gathering_;            ///< not yet given a token
    std::deque<Waiting> waiting_;  ///< oldest first
};

}  // namespace kmsgate::memory

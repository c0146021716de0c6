// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/user_tags.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_rcu_qsbr.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace kmsgate::memory {

namespace {

/// The table's data word: tag bits below, number on the roster and one above; so no word is 0.
constexpr unsigned kNumberShift = 32;

constexpr std::uint32_t tags_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word);
}
constexpr std::uint32_t number_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> kNumberShift) - 1;
}
constexpr std::uint64_t word_of(std::uint32_t tags, std::uint32_t number) noexcept {
    return (std::uint64_t{number} + 1) << kNumberShift | tags;
}

/// Removals that share one look at the workers.
constexpr std::size_t kGathered = 1024;

/// Places of the table: some more than users, for those that wait.
constexpr std::size_t places_for(std::size_t capacity) noexcept {
    return std::max<std::size_t>(capacity + capacity / 64 + 2 * kGathered, 8);
}

hash_sig_t signature(const Hash128& key) noexcept {
    return static_cast<hash_sig_t>(key.high);
}

}  // namespace

void UserTags::Free::operator()(rte_hash* table) const noexcept {
    rte_hash_free(table);
}

std::expected<std::unique_ptr<UserTags>, std::string> UserTags::create(std::string_view name,
                                                                       std::size_t capacity, const Key& key) {
    static std::atomic<unsigned> made = 0;  // DPDK wants names that are its own
    if (capacity > kMaxUserTags)
        return std::unexpected(fmt::format("{} users; at most {} are possible", capacity, kMaxUserTags));
    const std::string own = fmt::format("{}-{}", name.substr(0, 12), made++);
    rte_hash_parameters wanted{};
    wanted.name = own.c_str();
    wanted.entries = static_cast<std::uint32_t>(places_for(capacity));
    wanted.key_len = sizeof(Hash128);
    wanted.socket_id = SOCKET_ID_ANY;
    wanted.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
    std::unique_ptr<rte_hash, Free> table(rte_hash_create(&wanted));
    if (!table)
        return std::unexpected(fmt::format("no room for the tags of {} users ({} MB of DPDK's memory): {}",
                                           capacity, (eal_bytes(capacity) >> 20) + 1,
                                           rte_strerror(rte_errno)));
    return std::unique_ptr<UserTags>(new UserTags(std::move(table), capacity, key));
}

std::size_t UserTags::eal_bytes(std::size_t capacity) noexcept {
    const std::size_t places = places_for(capacity);
    const std::size_t buckets = std::bit_ceil(places) / 8;
    constexpr std::size_t kBucket = 64, kPlace = 32, kNumber = 4;
    // buckets and as many to extend them, keys, rings of free places and of free buckets, buckets to free
    return 2 * buckets * kBucket + (places + 1) * kPlace + std::bit_ceil(places + 2) * kNumber +
           std::bit_ceil(buckets + 1) * kNumber + (places + 1) * kNumber;
}

UserTags::UserTags(std::unique_ptr<rte_hash, Free> table, std::size_t capacity, const Key& key)
    : table_(std::move(table)), capacity_(capacity), hash_(key) {}

UserTags::~UserTags() = default;

Hash128 UserTags::hash(std::string_view domain, std::string_view uri) const noexcept {
    return hash_(domain, uri);
}

std::uint64_t UserTags::word(const Hash128& key) const noexcept {
    void* data = nullptr;
    if (rte_hash_lookup_with_hash_data(table_.get(), &key, signature(key), &data) < 0) return 0;
    return reinterpret_cast<std::uintptr_t>(data);
}

bool UserTags::put(const Hash128& key, std::uint64_t word) noexcept {
    return rte_hash_add_key_with_hash_data(table_.get(), &key, signature(key),
                                           reinterpret_cast<void*>(word)) == 0;
}

std::uint32_t UserTags::get(std::string_view domain, std::string_view uri) const noexcept {
    if (size() == 0) return 0;
    return tags_of(word(hash(domain, uri)));
}

std::optional<std::uint32_t> UserTags::find(std::string_view domain, std::string_view uri) const noexcept {
    const std::uint64_t known = word(hash(domain, uri));
    if (known == 0) return std::nullopt;
    return tags_of(known);
}

bool UserTags::set(std::string_view domain, std::string_view uri, std::uint32_t tags) {
    const Hash128 key = hash(domain, uri);
    // One aligned word: a reader has the old tags or the new ones.
    if (const std::uint64_t known = word(key); known != 0) return put(key, word_of(tags, number_of(known)));
    if (size() >= capacity_ || uri.empty()) return false;
    reclaim();
    // No place left: some wait for readers who are slow.
    if (!put(key, word_of(tags, static_cast<std::uint32_t>(roster_.end())))) return false;
    roster_.add(uri);
    size_.store(size() + 1, std::memory_order_relaxed);
    return true;
}

bool UserTags::remove(std::string_view domain, std::string_view uri) {
    const Hash128 key = hash(domain, uri);
    const std::uint64_t known = word(key);
    if (known == 0) return false;
    take_out(key);
    roster_.remove(number_of(known));
    size_.store(size() - 1, std::memory_order_relaxed);
    if (roster_.sparse()) renumber();
    reclaim();
    return true;
}

void UserTags::take_out(const Hash128& key) {
    const std::int32_t place = rte_hash_del_key_with_hash(table_.get(), &key, signature(key));
    if (place < 0) return;
    gathering_.places.push_back(place);
    if (gathering_.places.size() >= kGathered) reclaim();
}

void UserTags::clear() {
    size_.store(0, std::memory_order_relaxed);
    // Taking out moves keys of long chains to places that the walk has passed: once more, until none is left.
    for (bool some = true; some;) {
        some = false;
        const void* found = nullptr;
        void* data = nullptr;
        for (std::uint32_t next = 0; rte_hash_iterate(table_.get(), &found, &data, &next) >= 0;) {
            Hash128 key;
            std::memcpy(&key, found, sizeof key);
            take_out(key);
            some = true;
        }
    }
    roster_.clear();
    reclaim();
}

void UserTags::clear_bits(std::uint32_t tags) {
    const void* found = nullptr;
    void* data = nullptr;
    for (std::uint32_t next = 0; rte_hash_iterate(table_.get(), &found, &data, &next) >= 0;) {
        const std::uint64_t known = reinterpret_cast<std::uintptr_t>(data);
        if ((tags_of(known) & tags) == 0) continue;
        Hash128 key;
        std::memcpy(&key, found, sizeof key);
        // The key is there: its word changes in place.
        static_cast<void>(put(key, word_of(tags_of(known) & ~tags, number_of(known))));
    }
}

void UserTags::renumber() {
    const std::vector<std::uint32_t> moved = roster_.compact();
    const void* found = nullptr;
    void* data = nullptr;
    for (std::uint32_t next = 0; rte_hash_iterate(table_.get(), &found, &data, &next) >= 0;) {
        const std::uint64_t known = reinterpret_cast<std::uintptr_t>(data);
        Hash128 key;
        std::memcpy(&key, found, sizeof key);
        static_cast<void>(put(key, word_of(tags_of(known), moved[number_of(known)])));
    }
}

void UserTags::reclaim() {
    if (!gathering_.places.empty()) {
        if (rcu_ == nullptr) {
            release(gathering_);
            gathering_.places.clear();
        } else if (gathering_.places.size() >= kGathered || waiting_.empty()) {
            gathering_.token = rte_rcu_qsbr_start(rcu_);
            waiting_.push_back(std::exchange(gathering_, {}));
        }
    }
    while (!waiting_.empty() && rte_rcu_qsbr_check(rcu_, waiting_.front().token, false) == 1) {
        release(waiting_.front());
        waiting_.pop_front();
    }
}

void UserTags::release(const Waiting& waiting) noexcept {
    for (const std::int32_t place : waiting.places) rte_hash_free_key_with_position(table_.get(), place);
}

std::size_t UserTags::memory_bytes() const noexcept {
    return eal_bytes(capacity_) + roster_.memory_bytes();
}

}  // namespace kmsgate::memory

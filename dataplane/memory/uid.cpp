// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace kmsgate::memory {

namespace {

/// UIDs whose user was found by hashing, so that a user who calls again is not hashed again. What it forgets
/// is hashed; what it holds was proven, and says of every other text that its hash is another one. One for
/// each thread.
class Proven {
  public:
    /// The user behind `uid` under this KMS, in the period `now` or next to it; empty: not known.
    [[nodiscard]] std::string_view find(std::string_view uid, const UidKms& kms,
                                        core::Time now) const noexcept {
        if (kms.period == 0) return {};
        for (const Entry& e : sets_[place(uid)].entries) {
            if (e.user_size == 0 || std::memcmp(e.uid.data(), uid.data(), e.uid.size()) != 0) continue;
            const std::string_view text(e.text.data(), std::size_t{e.user_size} + e.kms_size);
            if (e.period != kms.period || e.offset != kms.offset || text.substr(e.user_size) != kms.uri)
                continue;
            const std::uint64_t current = period_number(now, kms.period, kms.offset);
            if (e.number + 1 >= current && e.number <= current + 1) return text.substr(0, e.user_size);
        }
        return {};
    }
    /// In place of the one of its set that has been there longest.
    void add(const Uid& uid, std::string_view user, const UidKms& kms, std::uint64_t number) noexcept {
        Set& set = sets_[place(core::as_text(uid))];
        Entry& e = set.entries[set.next];
        if (user.empty() || user.size() + kms.uri.size() > e.text.size()) return;
        set.next = (set.next + 1) % kWays;
        e.uid = uid;
        e.number = number;
        e.period = kms.period;
        e.offset = kms.offset;
        e.user_size = static_cast<std::uint16_t>(user.size());
        e.kms_size = static_cast<std::uint16_t>(kms.uri.size());
        std::ranges::copy(user, e.text.begin());
        std::ranges::copy(kms.uri, e.text.begin() + e.user_size);
    }

  private:
    static constexpr std::size_t kSets = 512, kWays = 4;
    struct Entry {
        Uid uid{};
        std::uint64_t number = 0, period = 0, offset = 0;
        std::uint16_t user_size = 0, kms_size = 0;  ///< user_size 0: free
        std::array<char, 196> text{};
    };
    static_assert(sizeof(Entry) == 256);
    struct Set {
        std::array<Entry, kWays> entries;
        std::size_t next = 0;
    };

    /// A UID is a SHA-256: any of its bits will do.
    [[nodiscard]] static std::size_t place(std::string_view uid) noexcept {
        std::uint32_t start = 0;
        std::memcpy(&start, uid.data(), sizeof start);
        return start & (kSets - 1);
    }
    std::array<Set, kSets> sets_;
};

Proven& proven() {
    thread_local const auto made = std::make_unique<Proven>();
    return *made;
}

}  // namespace

bool is_uid_of(std::string_view uid, std::string_view user, const UidKms& kms, core::Time now) noexcept {
    if (uid.size() != 32) return false;
    Proven& known = proven();
    if (const std::string_view owner = known.find(uid, kms, now); !owner.empty()) return owner == user;
    return any_period(kms, now, [&](std::uint64_t number) {
        const Uid made = uid_of(user, kms.uri, kms.period, kms.offset, number);
        if (std::memcmp(made.data(), uid.data(), made.size()) != 0) return false;
        known.add(made, user, kms, number);
        return true;
    });
}

const UidRoster::Table& UidRoster::table(Cache& cache, const UidKms& kms, std::uint64_t number) const {
    const Roster& roster = tags_.roster();
    const auto same = [&](const Table& t) {
        return t.number == number && t.period == kms.period && t.offset == kms.offset && t.kms == kms.uri;
    };
    auto it = std::ranges::find_if(cache.tables, same);
    if (it != cache.tables.end() && it->epoch != roster.epoch()) {
        cache.entries -= it->uids.size();
        cache.tables.erase(it);
        it = cache.tables.end();
    }
    if (it == cache.tables.end())
        cache.tables.push_front({std::string(kms.uri), kms.period, kms.offset, number, roster.epoch(), 0,
                                 UidTable(std::min(roster.size(), cache.max_users))});
    else
        cache.tables.splice(cache.tables.begin(), cache.tables, it);
    Table& t = cache.tables.front();
    for (; t.seen < roster.end() && t.uids.size() < cache.max_users; ++t.seen) {
        const std::string_view user = roster.uri(t.seen);
        if (user.empty()) continue;
        if (t.uids.full()) t.uids = UidTable(t.uids, 2 * t.uids.size());
        t.uids.add(uid_of(user, kms.uri, kms.period, kms.offset, number), static_cast<std::uint32_t>(t.seen));
        ++cache.entries;
    }
    while (cache.entries > cache.max_entries &&
           cache.tables.size() > 3) {  // three periods are asked for at once
        cache.entries -= cache.tables.back().uids.size();
        cache.tables.pop_back();
    }
    return t;
}

std::string_view UidRoster::find(std::string_view uid, const UidKms& kms, core::Time now) noexcept {
    Uid wanted{};
    if (uid.size() != wanted.size() || kms.uri.size() > kMaxKmsName || tags_.roster().size() == 0) return {};
    std::memcpy(wanted.data(), uid.data(), wanted.size());
    std::string_view found;
    any_period(kms, now, [&](std::uint64_t number) {
        return table(kms.of_policy ? own_ : foreign_, kms, number).uids.any(wanted, [&](std::uint32_t user) {
            const std::string_view uri = tags_.roster().uri(user);
            if (uri.empty() || uid_of(uri, kms.uri, kms.period, kms.offset, number) != wanted) return false;
            found = uri;
            return true;
        });
    });
    return found;
}

}  // namespace kmsgate::memory

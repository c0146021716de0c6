// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid.hpp"

#include <algorithm>
#include <cstring>

namespace kmsgate::memory {

namespace {

/// Calls f(number) for the current, the next and the last period.
template <class F>
bool any_period(const UidKms& kms, core::Time now, F&& f) {
    if (kms.period == 0) return false;
    const std::uint64_t number = period_number(now, kms.period, kms.offset);
    return f(number) || f(number + 1) || (number != 0 && f(number - 1));
}

}  // namespace

bool is_uid_of(std::string_view uid, std::string_view user, const UidKms& kms, core::Time now) noexcept {
    if (uid.size() != 32) return false;
    return any_period(kms, now, [&](std::uint64_t number) {
        const Uid made = uid_of(user, kms.uri, kms.period, kms.offset, number);
        return std::memcmp(made.data(), uid.data(), made.size()) == 0;
    });
}

const UidRoster::Table& UidRoster::table(Cache& cache, const UidKms& kms, std::uint64_t number,
                                         const UserTags& users) {
    const auto same = [&](const Table& t) {
        return t.number == number && t.period == kms.period && t.offset == kms.offset && t.kms == kms.uri;
    };
    const auto it = std::ranges::find_if(cache.tables, same);
    if (it == cache.tables.end())
        cache.tables.push_front({std::string(kms.uri), kms.period, kms.offset, number, 0, {}});
    else
        cache.tables.splice(cache.tables.begin(), cache.tables, it);
    Table& t = cache.tables.front();
    const std::size_t end = std::min(users.roster().size(), cache.max_users);
    cache.entries += end - std::min(end, t.users);
    while (cache.entries > cache.max_entries &&
           cache.tables.size() > 3) {  // three periods are asked for at once
        cache.entries -= cache.tables.back().users;
        cache.tables.pop_back();
    }
    for (; t.users < end; ++t.users)
        t.uids.emplace(uid_of(users.roster()[t.users].uri, kms.uri, kms.period, kms.offset, number), t.users);
    return t;
}

const UserTags::Rostered* UidRoster::find(std::string_view uid, const UidKms& kms, const UserTags& users,
                                          core::Time now) {
    Uid wanted{};
    if (uid.size() != wanted.size() || users.roster().empty()) return nullptr;
    std::memcpy(wanted.data(), uid.data(), wanted.size());
    const UserTags::Rostered* found = nullptr;
    any_period(kms, now, [&](std::uint64_t number) {
        const Table& t = table(kms.of_policy ? own_ : foreign_, kms, number, users);
        if (const auto it = t.uids.find(wanted); it != t.uids.end()) found = &users.roster()[it->second];
        return found != nullptr;
    });
    return found;
}

}  // namespace kmsgate::memory

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid.hpp"

#include <algorithm>
#include <cstring>

namespace kmsgate::memory {

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
    const std::size_t room = cache.max_users - std::min(cache.max_users, t.uids.size());
    cache.entries += hash_roster(roster, t.seen, room, kms, number, [&](const Uid& uid, std::uint32_t user) {
        if (t.uids.full()) t.uids = UidTable(t.uids, 2 * t.uids.size());
        t.uids.add(uid, user);
    });
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

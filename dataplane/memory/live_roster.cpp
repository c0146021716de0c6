// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/live_roster.hpp"

#include <rte_rcu_qsbr.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace kmsgate::memory {

namespace {

/// A table costs at least so many entries: with few users there could be too many tables.
constexpr std::size_t kLeastCost = 64;
/// A table in which somebody was found so long ago, and which was made so long ago, may go for another.
constexpr core::Time kKeepUsed = 60 * core::kSecond;
constexpr core::Time kKeepMade = core::kSecond;
/// Three periods are asked for at once: so many tables may always be.
constexpr std::size_t kAlways = 3;

/// The numbers that are looked for at a time, the current one first.
template <class F>
void each_period(const UidKms& kms, core::Time now, F&& f) {
    any_period(kms, now, [&f](std::uint64_t number) {
        f(number);
        return false;
    });
}

void count(std::atomic<std::uint64_t>& n) noexcept {
    n.fetch_add(1, std::memory_order_relaxed);
}

/// Fewer users who are gone are not worth another table.
constexpr std::size_t kDeserted = 1024;

}  // namespace

struct LiveRoster::Snapshot {
    std::vector<Ready> tables;
    std::vector<std::uint32_t>
        index;  ///< open addressing by the name's hash: number in `tables` and one, 0: free

    [[nodiscard]] const Ready* find(std::uint64_t hash, const UidKms& kms,
                                    std::uint64_t number) const noexcept {
        const std::size_t mask = index.size() - 1;
        for (std::size_t at = place_of(hash, number) & mask; index[at] != 0; at = (at + 1) & mask)
            if (const Ready& t = tables[index[at] - 1]; t.name->is(kms, number)) return &t;
        return nullptr;
    }
};

LiveRoster::LiveRoster(const UserTags& tags, rte_rcu_qsbr* rcu, const Key& key, const RosterBudget& budget)
    : tags_(tags),
      rcu_(rcu),
      key_(key),
      slice_(budget.slice),
      own_{budget.users, budget.entries, {}, {}},
      foreign_{budget.foreign_users, budget.foreign_entries, {}, {}} {}

LiveRoster::~LiveRoster() = default;

std::uint64_t LiveRoster::hash(const UidKms& kms) const noexcept {
    SipHash h(key_);
    h.field(kms.uri);
    h.word(kms.period);
    h.word(kms.offset);
    h.word(kms.of_policy ? 1 : 0);
    return h.finish().low;
}

std::string_view LiveRoster::find(std::string_view uid, const UidKms& kms, core::Time now) noexcept {
    Uid wanted{};
    if (uid.size() != wanted.size() || kms.period == 0 || kms.uri.size() > kMaxKmsName || tags_.size() == 0)
        return {};
    std::memcpy(wanted.data(), uid.data(), wanted.size());
    const std::uint64_t of = hash(kms);
    const Snapshot* snapshot = current_.load(std::memory_order_acquire);
    std::string_view found;
    bool missing = false;
    any_period(kms, now, [&](std::uint64_t number) {
        const Ready* t = snapshot == nullptr ? nullptr : snapshot->find(of, kms, number);
        if (t == nullptr) {
            missing = true;
            return false;
        }
        const bool hit = t->uids->any(wanted, [&](std::uint32_t user) {
            found = t->users->uri(user);
            return !found.empty() && uid_of(found, kms.uri, kms.period, kms.offset, number) == wanted;
        });
        if (!hit) {
            found = {};
            return false;
        }
        // Written once a second: the line is read by every worker.
        if (now > t->name->used.load(std::memory_order_relaxed) + core::kSecond)
            t->name->used.store(now, std::memory_order_relaxed);
        return true;
    });
    if (!found.empty() || !missing) return found;
    count(pending_);
    ask(kms, of);
    return {};
}

void LiveRoster::ask(const UidKms& kms, std::uint64_t hash) noexcept {
    for (std::size_t i = 0; i < kTries; ++i) {
        Request& r = requests_[(hash + i) % kRequests];
        // Whoever asks for the same has asked already. Reading another's hash at the wrong moment costs a
        // request at most.
        if (r.state.load(std::memory_order_acquire) != Request::free &&
            r.hash.load(std::memory_order_relaxed) == hash)
            return;
    }
    for (std::size_t i = 0; i < kTries; ++i) {
        Request& r = requests_[(hash + i) % kRequests];
        std::uint8_t expected = Request::free;
        if (!r.state.compare_exchange_strong(expected, Request::writing, std::memory_order_acquire,
                                             std::memory_order_relaxed))
            continue;
        r.hash.store(hash, std::memory_order_relaxed);
        r.size = static_cast<std::uint16_t>(kms.uri.size());
        std::ranges::copy(kms.uri, r.kms.begin());
        r.period = kms.period;
        r.offset = kms.offset;
        r.own = kms.of_policy;
        r.state.store(Request::full, std::memory_order_release);
        return;
    }
    count(overflow_);
}

void LiveRoster::serve_requests(core::Time now) {
    for (Request& r : requests_) {
        if (r.state.load(std::memory_order_acquire) != Request::full) continue;
        asked_ = true;
        const UidKms kms{{r.kms.data(), r.size}, r.period, r.offset, r.own};
        each_period(kms, now, [&](std::uint64_t number) {
            if (!begin(kms, number, now, true)) count(refused_);
        });
        r.state.store(Request::free, std::memory_order_release);
    }
}

void LiveRoster::make_ready(std::span<const UidKms> policy, core::Time now) {
    bool room = true;
    for (std::size_t nth = 0; nth < 3; ++nth)  // what is needed now comes first, of all KMSs
        for (const UidKms& kms : policy) {
            if (!room) return;
            if (kms.uri.size() > kMaxKmsName) continue;
            std::size_t i = 0;
            each_period(kms, now, [&](std::uint64_t number) {
                if (i++ == nth) room = begin({kms.uri, kms.period, kms.offset, true}, number, now, false);
            });
        }
}

std::size_t LiveRoster::Pool::cost(const Roster& roster) const noexcept {
    std::size_t sum = 0;
    for (const auto& t : tables)
        sum += std::max({t->uids->size(), std::min(roster.size(), max_users), kLeastCost});
    return sum;
}

std::size_t LiveRoster::Pool::least(core::Time& from) const noexcept {
    std::size_t found = 0;
    from = ~core::Time{0};
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const core::Time used = tables[i]->name->used.load(std::memory_order_relaxed);
        const core::Time until = std::max(used == 0 ? 0 : used + kKeepUsed, tables[i]->made + kKeepMade);
        if (until > from) continue;  // the later one of two: those of the periods to come and gone
        from = until;
        found = i;
    }
    return found;
}

void LiveRoster::Pool::erase(std::size_t at) {
    ids.erase(tables[at]->id);
    tables.erase(tables.begin() + static_cast<std::ptrdiff_t>(at));
}

bool LiveRoster::make_room(Pool& pool, core::Time now, bool displace) {
    const Roster& roster = tags_.roster();
    const std::size_t more = std::max(std::min(roster.size(), pool.max_users), kLeastCost);
    while (pool.tables.size() >= kAlways && pool.cost(roster) + more > pool.max_entries) {
        core::Time from = 0;
        const std::size_t least = pool.least(from);
        if (!displace || from > now) return false;
        pool.erase(least);
        changed_ = true;
    }
    return true;
}

void LiveRoster::trim(Pool& pool) {
    while (pool.tables.size() > kAlways && pool.cost(tags_.roster()) > pool.max_entries) {
        core::Time from = 0;
        pool.erase(pool.least(from));
        changed_ = true;
    }
}

bool LiveRoster::begin(const UidKms& kms, std::uint64_t number, core::Time now, bool displace) {
    Pool& pool = kms.of_policy ? own_ : foreign_;
    const std::uint64_t id = place_of(hash(kms), number);
    if (pool.ids.contains(id)) return true;
    if (!make_room(pool, now, displace)) return false;
    auto name = std::make_shared<Name>();
    name->kms = kms.uri;
    name->period = kms.period;
    name->offset = kms.offset;
    name->number = number;
    name->own = kms.of_policy;
    auto table = std::make_unique<Table>();
    table->name = std::move(name);
    table->id = id;
    table->made = now;
    table->epoch = tags_.roster().epoch();
    table->uids = std::make_shared<UidTable>(std::min(tags_.roster().size(), pool.max_users));
    pool.tables.push_back(std::move(table));
    pool.ids.insert(id);
    return true;
}

void LiveRoster::drop_old(Pool& pool, core::Time now) {
    for (std::size_t i = pool.tables.size(); i-- > 0;) {
        const Name& name = *pool.tables[i]->name;
        const std::uint64_t current = period_number(now, name.period, name.offset);
        if (name.number + 1 >= current && name.number <= current + 1) continue;
        pool.erase(i);
        changed_ = true;
    }
}

bool LiveRoster::hash_users(Table& t, std::size_t max_users, std::size_t& budget) const {
    const Roster& roster = tags_.roster();
    // Users who are gone would keep those who came out of a table that has only so much room.
    const bool deserted = t.uids->size() > 2 * roster.size() + kDeserted;
    if (t.epoch != roster.epoch() || deserted) {  // workers keep what they have until this is whole again
        t.epoch = roster.epoch();
        t.seen = 0;
        t.uids = std::make_shared<UidTable>(std::min(roster.size(), max_users));
    }
    const std::size_t room = max_users - std::min(max_users, t.uids->size());
    const Name& name = *t.name;
    budget -= hash_roster(roster, t.seen, std::min(room, budget), {name.kms, name.period, name.offset},
                          name.number, [&](const Uid& uid, std::uint32_t user) {
                              if (t.uids->full())
                                  t.uids = std::make_shared<UidTable>(*t.uids, 2 * t.uids->size());
                              t.uids->add(uid, user);
                          });
    if (t.seen < roster.end() && t.uids->size() < max_users) return false;
    if (t.ready.uids == t.uids && t.ready.users->end() >= t.seen) return false;
    t.ready = {t.name, t.uids, roster.view()};
    return true;
}

std::size_t LiveRoster::hash_users(Pool& pool, std::size_t budget) {
    for (const auto& t : pool.tables)
        if (hash_users(*t, pool.max_users, budget)) changed_ = true;
    return budget;
}

bool LiveRoster::work(core::Time now, std::span<const UidKms> policy) {
    reclaim();
    const bool first = !asked_;
    serve_requests(now);
    trim(own_);
    trim(foreign_);
    // Not only when somebody asks: the first call of a hashed user is a call like any other.
    if (tags_.roster().size() != 0) asked_ = true;
    const bool other_policy = policy.data() != policy_.data() || policy.size() != policy_.size();
    if (asked_ && (first || other_policy || now < looked_ || now - looked_ >= core::kSecond)) {
        looked_ = now;
        policy_ = policy;
        drop_old(own_, now);
        drop_old(foreign_, now);
        if (tags_.roster().size() != 0) make_ready(policy, now);
    }
    const std::size_t own_left = hash_users(own_, slice_ - slice_ / 4);
    const std::size_t left = hash_users(foreign_, slice_ / 4);
    if (changed_) publish();
    std::uint64_t entries = 0;
    for (const Pool* pool : {&own_, &foreign_})
        for (const auto& t : pool->tables) entries += std::min(t->uids->size(), tags_.roster().size());
    entries_.store(entries, std::memory_order_relaxed);
    return own_left == 0 || left == 0;
}

void LiveRoster::publish() {
    auto snapshot = std::make_unique<Snapshot>();
    for (const Pool* pool : {&own_, &foreign_})
        for (const auto& t : pool->tables)
            if (t->ready.uids) snapshot->tables.push_back(t->ready);
    snapshot->index.resize(std::bit_ceil(2 * snapshot->tables.size() + 1));
    const std::size_t mask = snapshot->index.size() - 1;
    for (std::uint32_t i = 0; i < snapshot->tables.size(); ++i) {
        const Name& name = *snapshot->tables[i].name;
        const std::uint64_t of = hash({name.kms, name.period, name.offset, name.own});
        std::size_t at = place_of(of, name.number) & mask;
        while (snapshot->index[at] != 0) at = (at + 1) & mask;
        snapshot->index[at] = i + 1;
    }
    tables_.store(snapshot->tables.size(), std::memory_order_relaxed);
    current_.store(snapshot.get(), std::memory_order_release);
    if (published_ && rcu_ != nullptr) retired_.push_back({std::move(published_), rte_rcu_qsbr_start(rcu_)});
    published_ = std::move(snapshot);
    changed_ = false;
}

void LiveRoster::reclaim() noexcept {
    while (!retired_.empty() && rte_rcu_qsbr_check(rcu_, retired_.front().token, false) == 1)
        retired_.pop_front();
}

LiveRoster::Stats LiveRoster::stats() const noexcept {
    const auto of = [](const std::atomic<std::uint64_t>& n) { return n.load(std::memory_order_relaxed); };
    return {of(pending_), of(overflow_), of(refused_), of(tables_), of(entries_)};
}

}  // namespace kmsgate::memory

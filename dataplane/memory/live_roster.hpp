// SPDX-License-Identifier: BSD-3-Clause
// Hashed user identities of a live dataplane: workers look, one other thread hashes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "dataplane/memory/uid.hpp"

namespace kmsgate::memory {

/// What a LiveRoster may take.
struct RosterBudget {
    std::size_t users = kOwnRoster;              ///< hashed with each KMS of the policy, ...
    std::size_t entries = kOwnEntries;           ///< UIDs kept of all these KMSs
    std::size_t foreign_users = kForeignRoster;  ///< the same for KMSs that the policy does not name
    std::size_t foreign_entries = kForeignEntries;
    std::size_t slice = 16'384;  ///< hashes of one work(); foreign KMSs get a quarter of it
};

/// Workers find users in tables that are ready, one for each (KMS, period). Where one is not they leave a
/// request and find nobody this time, so that the message is judged as one of unknown user. The thread that
/// writes `tags` calls work(), which makes the tables in slices and publishes them. No lock, no allocation
/// and no roster is ever hashed on the packet path.
class LiveRoster final : public UidFinder {
  public:
    /// `tags` and `rcu` outlive this. Who calls find() reports quiescent states to `rcu` (without one nobody
    /// may call it during work()). `key`: secret, keeps made-up names of KMSs from meeting in one place.
    LiveRoster(const UserTags& tags, rte_rcu_qsbr* rcu, const Key& key, const RosterBudget& budget = {});
    ~LiveRoster() override;

    /// For any thread.
    [[nodiscard]] std::string_view find(std::string_view uid, const UidKms& kms,
                                        core::Time now) noexcept override;

    /// A slice of work: serves requests, hashes users who came, makes the tables of the policy's KMSs ready
    /// (current and adjacent periods, once there are users), drops what is out of date.
    /// True when there is more to do at once.
    bool work(core::Time now, std::span<const UidKms> policy);

    /// For any thread; each number for itself.
    struct Stats {
        std::uint64_t pending = 0;   ///< searches that found nobody because a table was not ready
        std::uint64_t overflow = 0;  ///< requests for which there was no room
        std::uint64_t refused = 0;   ///< tables for which there was none
        std::uint64_t tables = 0;    ///< ready
        std::uint64_t entries = 0;  ///< UIDs in tables, also those that are not ready; of users who are there
    };
    [[nodiscard]] Stats stats() const noexcept;

  private:
    /// What a table is of.
    struct Name {
        std::string kms;
        std::uint64_t period = 0, offset = 0, number = 0;
        bool own = false;
        mutable std::atomic<core::Time> used = 0;  ///< when somebody was found last

        [[nodiscard]] bool is(const UidKms& wanted, std::uint64_t of) const noexcept {
            return number == of && period == wanted.period && offset == wanted.offset &&
                   own == wanted.of_policy && kms == wanted.uri;
        }
    };
    /// What workers see of a table.
    struct Ready {
        std::shared_ptr<const Name> name;
        std::shared_ptr<const UidTable> uids;
        std::shared_ptr<const Roster::View> users;
    };
    /// All that workers see, never changed once it is published (but that tables take in users whom the View
    /// beside them does not have yet).
    struct Snapshot;
    struct Retired {
        std::unique_ptr<const Snapshot> snapshot;
        std::uint64_t token = 0;
    };
    /// A table and how far it is.
    struct Table {
        std::shared_ptr<const Name> name;
        std::uint64_t id = 0;  ///< place_of() its name
        core::Time made = 0;
        std::uint64_t epoch = 0;  ///< of the roster
        std::size_t seen = 0;     ///< numbers of the roster looked at
        std::shared_ptr<UidTable> uids;
        Ready ready;  ///< empty until the whole roster was looked at
    };
    /// The policy's KMSs, or the others.
    struct Pool {
        std::size_t max_users;
        std::size_t max_entries;
        std::vector<std::unique_ptr<Table>> tables;  ///< the oldest first
        std::unordered_set<std::uint64_t> ids;       ///< Table::id of each

        [[nodiscard]] std::size_t cost(const Roster& roster) const noexcept;
        /// The table that is missed least, and from when on it may go for another.
        [[nodiscard]] std::size_t least(core::Time& from) const noexcept;
        void erase(std::size_t at);
    };
    /// A worker's wish. Free, or being written by one worker, or full.
    struct Request {
        enum State : std::uint8_t { free, writing, full };
        std::atomic<std::uint8_t> state = free;
        std::atomic<std::uint64_t> hash = 0;
        std::uint16_t size = 0;
        bool own = false;
        std::uint64_t period = 0, offset = 0;
        std::array<char, kMaxKmsName> kms{};
    };
    static constexpr std::size_t kRequests = 64;
    /// Places tried for one request.
    static constexpr std::size_t kTries = 4;

    [[nodiscard]] std::uint64_t hash(const UidKms& kms) const noexcept;
    /// Keyed hash of a whole name.
    [[nodiscard]] static std::uint64_t place_of(std::uint64_t hash, std::uint64_t number) noexcept {
        return hash + number * 0x9E3779B97F4A7C15;
    }
    void ask(const UidKms& kms, std::uint64_t hash) noexcept;
    void serve_requests(core::Time now);
    void make_ready(std::span<const UidKms> policy, core::Time now);
    /// Begins a table if there is room; `displace`: tables that nobody needs may go for it.
    bool begin(const UidKms& kms, std::uint64_t number, core::Time now, bool displace);
    bool make_room(Pool& pool, core::Time now, bool displace);
    /// Back into the budget, when the roster has grown.
    void trim(Pool& pool);
    void drop_old(Pool& pool, core::Time now);
    /// Hashes at most `budget` users; how many are left of it.
    std::size_t hash_users(Pool& pool, std::size_t budget);
    /// True when there is something new for workers.
    bool hash_users(Table& table, std::size_t max_users, std::size_t& budget) const;
    void publish();
    void reclaim() noexcept;

    const UserTags& tags_;
    rte_rcu_qsbr* rcu_;
    Key key_;
    std::size_t slice_;
    Pool own_;
    Pool foreign_;
    std::array<Request, kRequests> requests_;
    std::atomic<const Snapshot*> current_ = nullptr;
    std::unique_ptr<const Snapshot> published_;
    std::deque<Retired> retired_;     ///< oldest first
    core::Time looked_ = 0;           ///< when the periods were looked at last
    bool asked_ = false;              ///< somebody asked for a hashed UID, or there are users
    std::span<const UidKms> policy_;  ///< as it was looked at last; only compared
    bool changed_ = false;            ///< since the last snapshot
    std::atomic<std::uint64_t> pending_ = 0;
    std::atomic<std::uint64_t> overflow_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<std::uint64_t> tables_ = 0;
    std::atomic<std::uint64_t> entries_ = 0;
};

}  // namespace kmsgate::memory

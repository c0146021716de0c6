// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid_owner.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include "dataplane/memory/uid_batch.hpp"

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
        if (uid.size() != Uid{}.size() || kms.period == 0) return {};
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

/// Whom this thread has proven to be behind a UID is looked for by comparing alone. Whether it is settled.
bool settle(SoughtUid& s, core::Time now, const Proven& known) noexcept {
    s.owner = {};
    if (s.uid.size() != Uid{}.size() || s.kms.period == 0) return true;
    const std::string_view owner = known.find(s.uid, s.kms, now);
    if (owner.empty()) return false;
    const auto it = std::ranges::find(s.candidates, owner);
    if (it != s.candidates.end()) s.owner = *it;
    return true;
}

/// One search: every text that has to be hashed goes through the thread's batch.
class Search {
  public:
    /// `open`: whose owners are looked for, a bit for each.
    Search(std::span<SoughtUid> all, std::uint64_t open, core::Time now, Proven& known) noexcept
        : all_(all), now_(now), known_(known), batch_(UidBatch::of_thread()), open_(open) {}

    void run() noexcept {
        for (const bool adjacent : {false, true}) {
            for (std::size_t i = 0; i < all_.size(); ++i) ask_all(i, adjacent);
            answer();
        }
    }
    static constexpr std::uint64_t bit(std::size_t which) noexcept { return std::uint64_t{1} << which; }

  private:
    struct Asked {
        std::string_view text;
        std::uint64_t number;  ///< of the period
        std::size_t which;
    };

    [[nodiscard]] bool is_open(std::size_t which) const noexcept { return (open_ & bit(which)) != 0; }

    void ask_all(std::size_t which, bool adjacent) noexcept {
        if (!is_open(which)) return;
        const SoughtUid& s = all_[which];
        const std::uint64_t current = period_number(now_, s.kms.period, s.kms.offset);
        if (!adjacent) return ask_all(which, current);
        ask_all(which, current + 1);
        if (current != 0) ask_all(which, current - 1);
    }
    void ask_all(std::size_t which, std::uint64_t number) noexcept {
        const SoughtUid& s = all_[which];
        const mikey::UidSuffix suffix = suffix_of(s.kms, number);
        for (const std::string_view text : s.candidates) {
            if (text.empty()) continue;
            if (batch_.full()) answer();
            if (!is_open(which)) return;
            asked_[batch_.size()] = {text, number, which};
            batch_.add(text, suffix);
        }
    }
    void answer() noexcept {
        const std::span<const Uid> uids = batch_.run();
        for (std::size_t i = 0; i < uids.size(); ++i) {
            const Asked& asked = asked_[i];
            SoughtUid& s = all_[asked.which];
            if (!is_open(asked.which) || std::memcmp(uids[i].data(), s.uid.data(), uids[i].size()) != 0)
                continue;
            open_ &= ~bit(asked.which);
            s.owner = asked.text;
            known_.add(uids[i], asked.text, s.kms, asked.number);
        }
    }

    std::span<SoughtUid> all_;
    core::Time now_;
    Proven& known_;
    UidBatch& batch_;
    std::uint64_t open_;
    std::array<Asked, UidBatch::kMost> asked_;
};

}  // namespace

std::string_view proven_owner(std::string_view uid, const UidKms& kms, core::Time now) noexcept {
    return proven().find(uid, kms, now);
}

void find_owners(std::span<SoughtUid> sought, core::Time now) noexcept {
    if (sought.size() > kMaxSought) {
        for (SoughtUid& s : sought) s.owner = {};
        return;
    }
    Proven& known = proven();
    std::uint64_t open = 0;
    for (std::size_t i = 0; i < sought.size(); ++i)
        if (!settle(sought[i], now, known)) open |= Search::bit(i);
    if (open != 0) Search(sought, open, now, known).run();
}

void prepare_owners() {
    static_cast<void>(proven());
    static_cast<void>(UidBatch::of_thread());
}

}  // namespace kmsgate::memory

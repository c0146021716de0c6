// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

namespace kmsgate::memory {

namespace {

constexpr std::uint64_t kNtpToUnix = 2208988800;

class Input {
  public:
    Input() noexcept { bytes_[size_++] = 0; }
    void text(std::string_view value) noexcept {
        if (value.size() > kMaxField) value = value.substr(0, kMaxField);
        std::memcpy(bytes_.data() + size_, value.data(), value.size());
        size_ += value.size();
        length(value.size());
    }
    void number(std::uint64_t value) noexcept {
        std::size_t n = 1;
        while (n < 8 && value >> (8 * n) != 0) ++n;
        for (std::size_t i = n; i-- > 0;) bytes_[size_++] = static_cast<std::uint8_t>(value >> (8 * i));
        length(n);
    }
    [[nodiscard]] Uid hash() const noexcept {
        Uid out{};
        SHA256(bytes_.data(), size_, out.data());
        return out;
    }

  private:
    static constexpr std::size_t kMaxField = 512;
    void length(std::size_t n) noexcept {
        bytes_[size_++] = static_cast<std::uint8_t>(n >> 8);
        bytes_[size_++] = static_cast<std::uint8_t>(n);
    }
    std::array<std::uint8_t, 3 * kMaxField + 64> bytes_{};
    std::size_t size_ = 0;
};

/// Calls f(number) for the current, the next and the last period.
template <class F>
bool any_period(const UidKms& kms, core::Time now, F&& f) {
    if (kms.period == 0) return false;
    const std::uint64_t number = period_number(now, kms.period, kms.offset);
    return f(number) || f(number + 1) || (number != 0 && f(number - 1));
}

}  // namespace

Uid uid_of(std::string_view user, std::string_view kms, std::uint64_t period, std::uint64_t offset,
           std::uint64_t number) noexcept {
    Input in;
    in.text("MIKEY-SAKKE-UID");
    in.text(user);
    in.text(kms);
    in.number(period);
    in.number(offset);
    in.number(number);
    return in.hash();
}

std::uint64_t period_number(core::Time now, std::uint64_t period, std::uint64_t offset) noexcept {
    const std::uint64_t ntp = now / core::kSecond + kNtpToUnix;
    return ntp < offset ? 0 : (ntp - offset) / period;
}

bool is_uid_of(std::string_view uid, std::string_view user, const UidKms& kms, core::Time now) noexcept {
    if (uid.size() != 32) return false;
    return any_period(kms, now, [&](std::uint64_t number) {
        const Uid made = uid_of(user, kms.uri, kms.period, kms.offset, number);
        return std::memcmp(made.data(), uid.data(), made.size()) == 0;
    });
}

UidRoster::Table& UidRoster::table(const UidKms& kms, std::uint64_t number, const UserTags& users) {
    std::string key(kms.uri);
    key.push_back('\0');
    key += std::to_string(kms.period) + ' ' + std::to_string(kms.offset) + ' ' + std::to_string(number);
    auto it = std::find_if(tables_.begin(), tables_.end(), [&](const Table& t) { return t.key == key; });
    if (it == tables_.end()) {
        if (tables_.size() >= max_tables_) tables_.pop_back();
        tables_.push_front({std::move(key), 0, {}});
    } else {
        tables_.splice(tables_.begin(), tables_, it);
    }
    Table& t = tables_.front();
    const std::size_t end = std::min(users.roster().size(), kms.of_policy ? max_users_ : kForeignRoster);
    for (; t.users < end; ++t.users) {
        const Uid uid = uid_of(users.roster()[t.users].uri, kms.uri, kms.period, kms.offset, number);
        t.uids.emplace(std::string(reinterpret_cast<const char*>(uid.data()), uid.size()), t.users);
    }
    return t;
}

const UserTags::Rostered* UidRoster::find(std::string_view uid, const UidKms& kms, const UserTags& users,
                                          core::Time now) {
    if (uid.size() != 32 || users.roster().empty()) return nullptr;
    const UserTags::Rostered* found = nullptr;
    any_period(kms, now, [&](std::uint64_t number) {
        const Table& t = table(kms, number, users);
        const auto it = t.uids.find(std::string(uid));
        if (it != t.uids.end()) found = &users.roster()[it->second];
        return found != nullptr;
    });
    return found;
}

}  // namespace kmsgate::memory

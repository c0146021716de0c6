// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/uid.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace kmsgate::memory {

namespace {

constexpr std::uint64_t kNtpToUnix = 2208988800;

struct FreeContext {
    void operator()(EVP_MD_CTX* c) const noexcept { EVP_MD_CTX_free(c); }
};

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
        // Fetched once: looking the algorithm up costs more than hashing so little.
        static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
        Uid out{};
        EVP_DigestInit_ex2(context.get(), sha256, nullptr);
        EVP_DigestUpdate(context.get(), bytes_.data(), size_);
        EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
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

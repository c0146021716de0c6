// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/uid.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace kmsgate::mikey {

namespace {

constexpr std::uint64_t kNtpToUnix = 2208988800;

struct FreeContext {
    void operator()(EVP_MD_CTX* c) const noexcept { EVP_MD_CTX_free(c); }
};

}  // namespace

void UidInput::set(std::string_view user, std::string_view kms, std::uint64_t period, std::uint64_t offset,
                   std::uint64_t number) noexcept {
    size_ = 0;
    bytes_[size_++] = 0;
    text("MIKEY-SAKKE-UID");
    text(user);
    text(kms);
    integer(period);
    integer(offset);
    integer(number);
}

void UidInput::text(std::string_view value) noexcept {
    if (value.size() > kMaxUidField) value = value.substr(0, kMaxUidField);
    if (!value.empty()) std::memcpy(bytes_.data() + size_, value.data(), value.size());
    size_ += value.size();
    length(value.size());
}

void UidInput::integer(std::uint64_t value) noexcept {
    std::size_t n = 1;
    while (n < 8 && value >> (8 * n) != 0) ++n;
    for (std::size_t i = n; i-- > 0;) bytes_[size_++] = static_cast<std::uint8_t>(value >> (8 * i));
    length(n);
}

void UidInput::length(std::size_t n) noexcept {
    bytes_[size_++] = static_cast<std::uint8_t>(n >> 8);
    bytes_[size_++] = static_cast<std::uint8_t>(n);
}

Uid UidInput::hash() const noexcept {
    // Fetched once: looking the algorithm up costs more than hashing so little.
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    Uid out{};
    EVP_DigestInit_ex2(context.get(), sha256, nullptr);
    EVP_DigestUpdate(context.get(), bytes_.data(), size_);
    EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
    return out;
}

Uid uid_of(std::string_view user, std::string_view kms, std::uint64_t period, std::uint64_t offset,
           std::uint64_t number) noexcept {
    UidInput in;
    in.set(user, kms, period, offset, number);
    return in.hash();
}

std::uint64_t period_number(std::uint64_t nanoseconds, std::uint64_t period, std::uint64_t offset) noexcept {
    const std::uint64_t ntp = nanoseconds / 1'000'000'000 + kNtpToUnix;
    return ntp < offset ? 0 : (ntp - offset) / period;
}

}  // namespace kmsgate::mikey

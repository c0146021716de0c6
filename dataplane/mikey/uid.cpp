// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/uid.hpp"

// The hash itself: by way of EVP, OpenSSL 3.0 asks for memory at every hash, also in a context that is there.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

namespace kmsgate::mikey {

namespace {

constexpr std::uint64_t kNtpToUnix = 2208988800;

/// 0x00, "MIKEY-SAKKE-UID" and its length.
constexpr std::string_view kPrefix("\0MIKEY-SAKKE-UID\0\x0F", 18);

}  // namespace

UidSuffix::UidSuffix(std::string_view kms, std::uint64_t period, std::uint64_t offset,
                     std::uint64_t number) noexcept {
    kms = kms.substr(0, kMaxUidField);
    if (!kms.empty()) std::memcpy(bytes_.data(), kms.data(), kms.size());
    size_ = kms.size();
    length(kms.size());
    integer(period);
    integer(offset);
    integer(number);
}

void UidSuffix::integer(std::uint64_t value) noexcept {
    std::size_t n = 1;
    while (n < 8 && value >> (8 * n) != 0) ++n;
    for (std::size_t i = n; i-- > 0;) bytes_[size_++] = static_cast<std::uint8_t>(value >> (8 * i));
    length(n);
}

void UidSuffix::length(std::size_t n) noexcept {
    bytes_[size_++] = static_cast<std::uint8_t>(n >> 8);
    bytes_[size_++] = static_cast<std::uint8_t>(n);
}

UidInput::UidInput() noexcept {
    std::memcpy(bytes_.data(), kPrefix.data(), kPrefix.size());
}

void UidInput::set(std::string_view user, const UidSuffix& suffix) noexcept {
    user = user.substr(0, kMaxUidField);
    std::uint8_t* at = bytes_.data() + kPrefix.size();
    if (!user.empty()) std::memcpy(at, user.data(), user.size());
    at += user.size();
    *at++ = static_cast<std::uint8_t>(user.size() >> 8);
    *at++ = static_cast<std::uint8_t>(user.size());
    const std::span<const std::uint8_t> rest = suffix.bytes();
    std::memcpy(at, rest.data(), rest.size());
    size_ = kPrefix.size() + user.size() + 2 + rest.size();
}

Uid UidInput::hash() const noexcept {
    SHA256_CTX context;
    Uid out{};
    SHA256_Init(&context);
    SHA256_Update(&context, bytes_.data(), size_);
    SHA256_Final(out.data(), &context);
    return out;
}

Uid uid_of(std::string_view user, std::string_view kms, std::uint64_t period, std::uint64_t offset,
           std::uint64_t number) noexcept {
    UidInput in;
    in.set(user, UidSuffix(kms, period, offset, number));
    return in.hash();
}

std::uint64_t period_number(std::uint64_t nanoseconds, std::uint64_t period, std::uint64_t offset) noexcept {
    const std::uint64_t ntp = nanoseconds / 1'000'000'000 + kNtpToUnix;
    return ntp < offset ? 0 : (ntp - offset) / period;
}

}  // namespace kmsgate::mikey

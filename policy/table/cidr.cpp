// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/cidr.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "policy/table/table.hpp"

namespace kmsgate::policy::table {
namespace {

constexpr std::uint32_t kMappedBits = 96;  // ::ffff:0:0/96

[[nodiscard]] bool is_mapped(const Address& a) noexcept {
    return std::all_of(a.begin(), a.begin() + 10, [](std::uint8_t b) { return b == 0; }) && a[10] == 0xFF &&
           a[11] == 0xFF;
}

/// Decimal digits only, no sign, no leading zero, at most `most`.
[[nodiscard]] std::optional<std::uint32_t> prefix_length(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    if (text.empty() || text.size() > 3 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

/// Bits of byte `i` that lie in the first `prefix` bits.
[[nodiscard]] std::uint8_t mask_of(std::size_t i, std::uint32_t prefix) noexcept {
    const std::size_t before = i * 8;
    if (prefix >= before + 8) return 0xFF;
    return prefix <= before ? std::uint8_t{0} : static_cast<std::uint8_t>(0xFF00U >> (prefix - before));
}

}  // namespace

std::optional<Cidr> parse_cidr(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    if (host.find('\0') != std::string::npos) return std::nullopt;
    Cidr out;
    auto& bytes = out.record.address;
    const bool is_v4 = inet_pton(AF_INET, host.c_str(), bytes.data() + 12) == 1;
    if (is_v4) bytes[10] = bytes[11] = 0xFF;
    if (!is_v4 && inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return std::nullopt;
    const std::uint32_t width = is_v4 ? 32 : 128;
    std::uint32_t prefix = width;
    if (slash != std::string_view::npos) {
        const auto given = prefix_length(text.substr(slash + 1), width);
        if (!given) return std::nullopt;
        prefix = *given;
    }
    out.record.prefix = is_v4 ? kMappedBits + prefix : prefix;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint8_t kept = bytes[i] & mask_of(i, out.record.prefix);
        out.host_bits = out.host_bits || kept != bytes[i];
        bytes[i] = kept;
    }
    return out;
}

bool contains(const CidrRecord& network, const Address& address) noexcept {
    // ::/0 means every IPv6 neighbour; that IPv4 addresses are kept as mapped ones must not make it mean
    // more.
    if (network.prefix < kMappedBits && is_mapped(address)) return false;
    const auto word = [](const Address& from, std::size_t at) {
        std::uint64_t big = 0;
        std::memcpy(&big, from.data() + at, sizeof big);
        return __builtin_bswap64(big);
    };
    const auto mask = [](std::uint32_t bits) {
        return bits == 0 ? std::uint64_t{0} : ~std::uint64_t{0} << (64 - bits);
    };
    const std::uint64_t high =
        (word(network.address, 0) ^ word(address, 0)) & mask(std::min(network.prefix, 64U));
    if (network.prefix <= 64) return high == 0;
    return (high | ((word(network.address, 8) ^ word(address, 8)) & mask(network.prefix - 64))) == 0;
}

}  // namespace kmsgate::policy::table

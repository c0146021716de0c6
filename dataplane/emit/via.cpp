// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/via.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace kmsgate::emit {

namespace {

/// "0." to "255.".
constexpr auto kOctets = [] {
    std::array<std::array<char, 4>, 256> out{};
    for (unsigned value = 0; value < out.size(); ++value) {
        auto at = out[value].begin();
        if (value >= 100) *at++ = static_cast<char>('0' + value / 100);
        if (value >= 10) *at++ = static_cast<char>('0' + value / 10 % 10);
        *at++ = static_cast<char>('0' + value % 10);
        *at = '.';
    }
    return out;
}();

}  // namespace

std::optional<policy::table::Address> literal_address(std::string_view host) noexcept {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (host.size() >= text.size()) return std::nullopt;
    std::copy(host.begin(), host.end(), text.begin());
    policy::table::Address out{};
    if (host.find(':') != std::string_view::npos) {
        if (inet_pton(AF_INET6, text.data(), out.data()) == 1) return out;
        return std::nullopt;
    }
    out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (inet_pton(AF_INET, text.data(), out.data() + 12) == 1) return out;
    return std::nullopt;
}

std::string_view address_text(const core::Endpoint& e, std::span<char, kMaxAddressText> out) noexcept {
    if (e.v6) {
        const char* text =
            inet_ntop(AF_INET6, e.address.data(), out.data(), static_cast<socklen_t>(out.size()));
        return text == nullptr ? std::string_view() : std::string_view(text);
    }
    char* at = out.data();
    for (std::size_t i = 12; i < 16; ++i) {
        const std::uint8_t octet = e.address[i];
        std::memcpy(at, kOctets[octet].data(), 4);
        at += octet < 10 ? 2 : octet < 100 ? 3 : 4;
    }
    --at;  // the last dot
    return {out.data(), static_cast<std::size_t>(at - out.data())};
}

bool names_source(std::string_view host, const core::Endpoint& source) noexcept {
    const auto literal = literal_address(host);
    return literal && *literal == source.address;
}

}  // namespace kmsgate::emit

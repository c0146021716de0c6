// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace kmsgate::client::program {
namespace {

constexpr std::string_view kForm = "write HOST:PORT, as 192.0.2.1:5060 or [2001:db8::1]:5060";

[[nodiscard]] const sockaddr_in& v4(const Address& a) {
    return reinterpret_cast<const sockaddr_in&>(a.storage);
}
[[nodiscard]] const sockaddr_in6& v6(const Address& a) {
    return reinterpret_cast<const sockaddr_in6&>(a.storage);
}

struct HostPort {
    std::string host;
    std::string port;
};

[[nodiscard]] std::optional<HostPort> split(std::string_view text) {
    HostPort out{{}, std::to_string(kSipPort)};
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        out.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!text.empty() && !text.starts_with(':')) return std::nullopt;
    } else {
        const std::size_t colon = text.find(':');
        if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos)
            return std::nullopt;  // an IPv6 address without its brackets
        out.host = text.substr(0, colon);
        text.remove_prefix(colon == std::string_view::npos ? text.size() : colon);
    }
    if (!text.empty()) out.port = text.substr(1);
    unsigned port = 0;
    const char* const end = out.port.data() + out.port.size();
    const auto [stop, error] = std::from_chars(out.port.data(), end, port);
    if (out.host.empty() || error != std::errc{} || stop != end || port > 65535) return std::nullopt;
    return out;
}

struct FreeInfo {
    void operator()(addrinfo* info) const noexcept { ::freeaddrinfo(info); }
};

}  // namespace

std::uint16_t Address::port() const noexcept {
    return ntohs(storage.ss_family == AF_INET6 ? v6(*this).sin6_port : v4(*this).sin_port);
}

bool Address::wildcard() const noexcept {
    if (storage.ss_family == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&v6(*this).sin6_addr);
    return v4(*this).sin_addr.s_addr == INADDR_ANY;
}

std::string Address::host() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (storage.ss_family != AF_INET6) {
        ::inet_ntop(AF_INET, &v4(*this).sin_addr, out.data(), out.size());
        return out.data();
    }
    ::inet_ntop(AF_INET6, &v6(*this).sin6_addr, out.data(), out.size());
    return fmt::format("[{}]", out.data());
}

std::string Address::text() const {
    return fmt::format("{}:{}", host(), port());
}

std::expected<Address, std::string> resolve(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return std::unexpected(fmt::format("`{}` is no address; {}", text, kForm));
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, FreeInfo> owner(found);
    if (failed != 0) return std::unexpected(fmt::format("`{}`: {}; {}", text, ::gai_strerror(failed), kForm));
    Address out;
    std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
    out.size = found->ai_addrlen;
    return out;
}

Address local_address(int socket) noexcept {
    Address out;
    out.size = sizeof out.storage;
    if (::getsockname(socket, out.get(), &out.size) != 0) return {};
    return out;
}

}  // namespace kmsgate::client::program

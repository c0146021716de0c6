// SPDX-License-Identifier: BSD-3-Clause
// HOST:PORT as people write it, and as sockets want it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace kmsgate::client::program {

inline constexpr std::uint16_t kSipPort = 5060;

/// An IPv4 or IPv6 address with its port.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// 0.0.0.0 or [::]: good to listen at, not to be named to others.
    [[nodiscard]] bool wildcard() const noexcept;
    /// "192.0.2.1" or "[2001:db8::1]", as in Via and Contact.
    [[nodiscard]] std::string host() const;
    /// "192.0.2.1:5060".
    [[nodiscard]] std::string text() const;
};

/// Resolves "host", "host:port", "[v6]" or "[v6]:port"; the port is kSipPort when it is absent. The error
/// says what would be right.
[[nodiscard]] std::expected<Address, std::string> resolve(std::string_view text);

/// Where a socket stands (getsockname); a wildcard of size 0 when it cannot be told.
[[nodiscard]] Address local_address(int socket) noexcept;

}  // namespace kmsgate::client::program

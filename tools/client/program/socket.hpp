// SPDX-License-Identifier: BSD-3-Clause
// Sockets that never block, closed when they go.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "tools/client/program/address.hpp"

namespace kmsgate::client::program {

class Socket {
  public:
    Socket() noexcept = default;
    explicit Socket(int fd) noexcept : fd_(fd) {}
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept;

    void close() noexcept;
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// Text of an errno value.
[[nodiscard]] std::string reason(int error);

/// Bound, and connected when `to` is given: only that peer's datagrams then come in, and its ICMP errors.
[[nodiscard]] std::expected<Socket, std::string> open_udp(const std::optional<Address>& at,
                                                          const std::optional<Address>& to);
/// Bound and listening.
[[nodiscard]] std::expected<Socket, std::string> listen_tcp(const Address& at);
/// Begins to connect, from `at` when it can be had; poll for writing says when it is done.
[[nodiscard]] std::expected<Socket, std::string> connect_tcp(const std::optional<Address>& at,
                                                             const Address& to);
/// The next connection that waits, or nothing.
[[nodiscard]] std::optional<Socket> accept_tcp(const Socket& listener);
/// The error that a socket has come to, 0 for none.
[[nodiscard]] int pending_error(const Socket& socket) noexcept;

}  // namespace kmsgate::client::program

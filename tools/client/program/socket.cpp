// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/socket.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kmsgate::client::program {
namespace {

constexpr int kBacklog = 64;
/// Room for several of the largest datagrams.
constexpr int kReceiveBuffer = 1 << 20;

[[nodiscard]] std::unexpected<std::string> failed(std::string_view what, const Address& where) {
    return std::unexpected(fmt::format("{} {}: {}", what, where.text(), reason(errno)));
}

void set(const Socket& socket, int level, int option, int value) noexcept {
    (void)::setsockopt(socket.get(), level, option, &value, sizeof value);
}

[[nodiscard]] Socket fresh(int family, int type) noexcept {
    return Socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Socket::close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::string reason(int error) {
    return std::error_code(error, std::generic_category()).message();
}

std::expected<Socket, std::string> open_udp(const std::optional<Address>& at,
                                            const std::optional<Address>& to) {
    const Address& any = at ? *at : *to;
    Socket socket = fresh(any.storage.ss_family, SOCK_DGRAM);
    if (!socket.open()) return failed("no UDP socket for", any);
    set(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    if (at && ::bind(socket.get(), at->get(), at->size) != 0) return failed("cannot listen at UDP", *at);
    if (to && ::connect(socket.get(), to->get(), to->size) != 0) return failed("cannot send to UDP", *to);
    return socket;
}

std::expected<Socket, std::string> listen_tcp(const Address& at) {
    Socket socket = fresh(at.storage.ss_family, SOCK_STREAM);
    if (!socket.open()) return failed("no TCP socket for", at);
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (::bind(socket.get(), at.get(), at.size) != 0 || ::listen(socket.get(), kBacklog) != 0)
        return failed("cannot listen at TCP", at);
    return socket;
}

std::expected<Socket, std::string> connect_tcp(const std::optional<Address>& at, const Address& to) {
    Socket socket = fresh(to.storage.ss_family, SOCK_STREAM);
    if (!socket.open()) return failed("no TCP socket for", to);
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    if (at && ::bind(socket.get(), at->get(), at->size) != 0) return failed("cannot send from TCP", *at);
    if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS)
        return failed("cannot connect to TCP", to);
    return socket;
}

std::optional<Socket> accept_tcp(const Socket& listener) {
    Socket socket(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.open()) return std::nullopt;
    set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    return socket;
}

int pending_error(const Socket& socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

}  // namespace kmsgate::client::program

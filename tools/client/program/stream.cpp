// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/stream.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>

namespace kmsgate::client::program {

short Stream::events() const noexcept {
    return static_cast<short>(POLLIN | (connecting_ || !waiting_.empty() ? POLLOUT : 0));
}

void Stream::close(std::string why) {
    why_ = std::move(why);
    waiting_.clear();
    socket_.close();
    connecting_ = false;
}

void Stream::send(std::string_view bytes) {
    if (!open()) return;
    if (waiting_.size() + bytes.size() > kMostWaiting) return close("the peer does not read");
    waiting_.append(bytes);
    if (!connecting_) write();
}

void Stream::write() {
    while (!waiting_.empty()) {
        const ssize_t sent = ::send(fd(), waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            // What the peer said before it went still waits to be read: poll() tells of both.
            if (errno != EAGAIN && errno != EINTR) waiting_.clear();
            return;
        }
        waiting_.erase(0, static_cast<std::size_t>(sent));
    }
}

void Stream::read(std::vector<std::string>& out) {
    std::array<char, 16384> bytes;
    for (;;) {
        const ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return close(got < 0 ? reason(errno) : std::string());
        framing_.feed({bytes.data(), static_cast<std::size_t>(got)});
        while (auto message = framing_.next()) out.push_back(*std::move(message));
        if (const auto fault = framing_.fault())
            return close(fmt::format("the stream cannot be followed: {}", to_string(*fault)));
    }
}

void Stream::serve(short revents, std::vector<std::string>& out) {
    if (!open() || revents == 0) return;
    if (connecting_) {
        if ((revents & (POLLOUT | POLLERR | POLLHUP)) == 0) return;
        if (const int error = pending_error(socket_); error != 0) return close(reason(error));
        connecting_ = false;
    }
    if ((revents & POLLOUT) != 0) write();
    if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0) read(out);
}

}  // namespace kmsgate::client::program

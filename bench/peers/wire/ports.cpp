// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/wire/ports.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kmsgate::peers {

namespace {

constexpr int kBuffer =
    64 << 20;  // a sender that looks away for a moment must not lose what arrives meanwhile

std::unexpected<std::string> fault(const std::string& what) {
    return std::unexpected(what + ": " + std::strerror(errno));
}

/// Enters a namespace for as long as it lives.
class Inside {
  public:
    explicit Inside(const std::string& space) {
        if (space.empty()) return;
        back_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        const int there = ::open(space.c_str(), O_RDONLY | O_CLOEXEC);
        good_ = back_ >= 0 && there >= 0 && ::setns(there, CLONE_NEWNET) == 0;
        if (there >= 0) ::close(there);
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() {
        if (back_ < 0) return;
        ::setns(back_, CLONE_NEWNET);
        ::close(back_);
    }
    [[nodiscard]] bool good() const noexcept { return good_; }

  private:
    int back_ = -1;
    bool good_ = true;
};

}  // namespace

std::expected<Port, std::string> Port::open(const std::string& space, const sockaddr_in& own) {
    const Inside inside(space);
    if (!inside.good()) return fault(space);
    const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return fault("socket");
    Port port(descriptor);
    if (::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &kBuffer, sizeof kBuffer) != 0 ||
        ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &kBuffer, sizeof kBuffer) != 0)
        return fault("socket buffers");
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) return fault("bind");
    return port;
}

Port::Port(int descriptor)
    : descriptor_(descriptor), memory_(kBatch * kTaken), from_(kBatch), parts_(kBatch), headers_(kBatch) {}

Port::Port(Port&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      memory_(std::move(other.memory_)),
      from_(std::move(other.from_)),
      parts_(std::move(other.parts_)),
      headers_(std::move(other.headers_)) {}

Port& Port::operator=(Port&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    memory_.swap(other.memory_);
    from_.swap(other.from_);
    parts_.swap(other.parts_);
    headers_.swap(other.headers_);
    return *this;
}

Port::~Port() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t Port::send(std::span<const std::string* const> datagrams, const sockaddr_in& to) noexcept {
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> headers;
    const std::size_t count = std::min(datagrams.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
        parts[i] = {const_cast<char*>(datagrams[i]->data()), datagrams[i]->size()};
        headers[i] = {};
        headers[i].msg_hdr.msg_name = const_cast<sockaddr_in*>(&to);
        headers[i].msg_hdr.msg_namelen = sizeof to;
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(descriptor_, headers.data(), static_cast<unsigned>(count), 0);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void Port::answer(std::size_t i, std::string_view datagram) noexcept {
    ::sendto(descriptor_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&from_[i]),
             sizeof from_[i]);
}

std::span<const std::string_view> Port::receive() noexcept {
    for (std::size_t i = 0; i < kBatch; ++i) {
        parts_[i] = {memory_.data() + i * kTaken, kTaken};
        headers_[i] = {};
        headers_[i].msg_hdr.msg_name = &from_[i];
        headers_[i].msg_hdr.msg_namelen = sizeof from_[i];
        headers_[i].msg_hdr.msg_iov = &parts_[i];
        headers_[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = ::recvmmsg(descriptor_, headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    const std::size_t count = got > 0 ? static_cast<std::size_t>(got) : 0;
    for (std::size_t i = 0; i < count; ++i)
        arrived_[i] = {memory_.data() + i * kTaken, std::min<std::size_t>(headers_[i].msg_len, kTaken)};
    return std::span(arrived_).first(count);
}

}  // namespace kmsgate::peers

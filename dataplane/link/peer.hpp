// SPDX-License-Identifier: BSD-3-Clause
// One connection to the table socket: frames in, frames out, never waiting for the other end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/link/frame.hpp"

namespace kmsgate::link {

/// Owns a file descriptor.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& o) noexcept {
        if (this != &o) reset(std::exchange(o.fd_, -1));
        return *this;
    }
    ~Descriptor() { reset(-1); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    void reset(int fd) noexcept;

  private:
    int fd_ = -1;
};

class Peer {
  public:
    /// `fd`: a connected socket that does not block.
    Peer(Descriptor fd, std::uint64_t number);

    /// Reads what is there, about `most` bytes of it, until a whole frame waits. The error says why the
    /// connection has to end; empty: the other end closed it.
    [[nodiscard]] std::expected<void, std::string> read(std::size_t most);
    /// A whole frame waits.
    [[nodiscard]] bool ready() const noexcept { return decoder_.ready(); }
    /// Takes the frame that waits.
    [[nodiscard]] Frame fetch();

    /// Queues a frame.
    void send(std::string_view json, std::string attachment = {});
    /// Sends what the socket takes; false when the connection is gone.
    [[nodiscard]] bool flush();
    /// Bytes that wait to be sent.
    [[nodiscard]] std::size_t queued() const noexcept { return queued_; }

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    bool greeted = false;                           ///< hello was answered: this is control
    bool closing = false;                           ///< to be closed once its queue is empty
    bool gone = false;                              ///< to be closed at once
    std::chrono::steady_clock::time_point since{};  ///< when it came

  private:
    [[nodiscard]] std::expected<void, std::string> decode();

    Descriptor fd_;
    std::uint64_t number_;
    Decoder decoder_;
    std::vector<std::byte> in_;  ///< bytes behind the frame that waits
    std::size_t in_at_ = 0;
    std::deque<std::string> out_;
    std::size_t out_at_ = 0;  ///< of out_.front(), sent already
    std::size_t queued_ = 0;
};

}  // namespace kmsgate::link

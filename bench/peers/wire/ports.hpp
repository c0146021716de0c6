// SPDX-License-Identifier: BSD-3-Clause
// UDP sockets in network namespaces, many datagrams a call.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::peers {

/// Datagrams given to the kernel, or taken from it, in one call.
inline constexpr std::size_t kBatch = 32;
/// Bytes taken of a datagram: its headers are enough.
inline constexpr std::size_t kTaken = 2048;

/// A UDP socket that never waits. Lives where it was opened; the calling thread is back in its own namespace
/// then.
class Port {
  public:
    [[nodiscard]] static std::expected<Port, std::string> open(const std::string& space,
                                                               const sockaddr_in& own);
    Port(Port&& other) noexcept;
    Port& operator=(Port&& other) noexcept;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    ~Port();

    /// Sends as many as the kernel takes now, kBatch at most; how many.
    std::size_t send(std::span<const std::string* const> datagrams, const sockaddr_in& to) noexcept;
    /// Answers whoever sent datagram `i` of the last receive().
    void answer(std::size_t i, std::string_view datagram) noexcept;
    /// What has arrived, kBatch at most; views into memory that the next call overwrites.
    [[nodiscard]] std::span<const std::string_view> receive() noexcept;

  private:
    explicit Port(int descriptor);

    int descriptor_;
    std::vector<char> memory_;
    std::vector<sockaddr_in> from_;
    std::vector<iovec> parts_;
    std::vector<mmsghdr> headers_;
    std::array<std::string_view, kBatch> arrived_{};
};

}  // namespace kmsgate::peers

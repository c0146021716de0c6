// SPDX-License-Identifier: BSD-3-Clause
// A network interface, frame by frame: an AF_PACKET socket with a ring that the kernel fills.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tools/traffic/conversation.hpp"
#include "tools/traffic/encode/wire.hpp"

namespace kmsgate::traffic {

class Interface {
  public:
    /// "eth1", or "eth1@ns" for one in a named network namespace. The error says what is missing: the
    /// interface, its link, rights.
    [[nodiscard]] static std::expected<Interface, std::string> open(const std::string& name);
    Interface(Interface&& other) noexcept;
    Interface& operator=(Interface&&) = delete;
    Interface(const Interface&) = delete;
    Interface& operator=(const Interface&) = delete;
    ~Interface();

    /// Largest IP packet.
    [[nodiscard]] std::size_t mtu() const noexcept { return mtu_; }
    [[nodiscard]] int descriptor() const noexcept { return socket_; }
    /// False when the kernel did not take it.
    bool send(std::span<const std::uint8_t> frame) noexcept;
    /// Hands over at most `most` frames that have arrived, each with the kernel's time of its arrival and its
    /// VLAN tags in place; how many there were.
    std::size_t receive(std::size_t most, const std::function<void(Time, std::span<const std::uint8_t>)>& f);
    /// Frames that found no room in the ring since the last call.
    [[nodiscard]] std::uint64_t overrun() noexcept;

  private:
    Interface() = default;
    std::string prepare(const std::string& name);
    std::string map_ring();

    int socket_ = -1;
    std::size_t mtu_ = 0;
    std::uint8_t* ring_ = nullptr;
    std::size_t frame_size_ = 0, frames_ = 0, next_ = 0;
    std::vector<std::uint8_t> scratch_;
};

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
// TCP connections of an attacker who holds both ends: segments as it likes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/hostile/gate.hpp"
#include "dataplane/stream/make.hpp"

namespace kmsgate::bench {

/// Segments of many connections in the order in which they come. Each side of a connection counts its bytes
/// from 0, the first behind its SYN. What is written goes to the gate at once, until record() is called.
class Segments {
  public:
    /// `run` tells the runs of a process apart: none of them meets connections of another one.
    Segments(HostileGate& gate, std::size_t run) noexcept : gate_(gate), run_(run) {}

    /// What the segments that follow belong to; `server_port`: 5060, or another one that is watched only.
    void connection(std::size_t number, std::uint16_t server_port = 5060) noexcept;
    /// SYN, SYN and ACK, ACK; the server takes `window` bytes.
    void open(std::uint16_t window = 0xFFFF);
    void syn();
    /// The client says `bytes`, which stand at `at` of its stream.
    void say(std::size_t at, std::string_view bytes, std::uint8_t more_flags = 0);
    /// The server has everything before `at`, and takes `window` bytes more.
    void acknowledge(std::size_t at, std::uint16_t window = 0xFFFF);

    /// From here on frames are kept for feed().
    void record();
    /// How many there are; bytes of streams in them that none before them had; those that one had.
    [[nodiscard]] std::size_t recorded() const noexcept { return frames_.size(); }
    [[nodiscard]] std::size_t fresh() const noexcept { return fresh_; }
    [[nodiscard]] std::size_t again() const noexcept { return again_; }
    /// Puts what is written through the gate, in bursts.
    void feed();

    /// A number that no other call in this process has returned: for messages that must be new.
    [[nodiscard]] static std::size_t unique() noexcept;

  private:
    void add(bool back, const stream::Made& what);

    HostileGate& gate_;
    std::size_t run_;
    std::size_t number_ = 0;
    std::uint16_t port_ = 5060;
    std::vector<bool> said_;  ///< of the connection at hand
    std::vector<core::Mbuf> frames_;
    std::size_t fresh_ = 0;
    std::size_t again_ = 0;
    bool recording_ = false;
};

}  // namespace kmsgate::bench

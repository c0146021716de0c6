// SPDX-License-Identifier: BSD-3-Clause
// Real wires: network namespaces for the clients, one for the edges, and between neighbours a bridge of two
// veth pairs, so that a tap sees each frame once and knows whence it came.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "tools/lab/edge.hpp"
#include "tools/lab/wire.hpp"

namespace kmsgate::lab {

/// A file descriptor that is closed.
class Descriptor {
  public:
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

  private:
    int number_;
};

class LiveWires {
  public:
    /// Namespaces and wires for so many edges; the error says which command failed and what it said.
    [[nodiscard]] static std::expected<LiveWires, std::string> make(std::size_t edges,
                                                                    const Station& initiator,
                                                                    const Station& receiver);
    /// Deletes the namespaces, and with them everything that was made.
    ~LiveWires();
    LiveWires(LiveWires&& other) noexcept = default;
    LiveWires& operator=(LiveWires&&) = delete;

    /// Namespace that the edges' ports are in.
    [[nodiscard]] const std::string& edge_space() const noexcept { return spaces_.back(); }
    /// DPDK device of an edge (1..n) toward a neighbour: "net_af_xdp0,iface=e1l".
    [[nodiscard]] static std::string device(std::size_t edge, Toward toward);
    /// UDP socket of a client, bound and connected to the other.
    [[nodiscard]] int client(bool initiator) const noexcept { return clients_[initiator ? 0 : 1].get(); }

    /// A tap sees what one actor puts on one wire.
    struct Tap {
        Descriptor socket;
        std::size_t actor = 0;
        Toward toward = Toward::receiver;
    };
    [[nodiscard]] const std::vector<Tap>& taps() const noexcept { return taps_; }
    /// The next frame of a tap and when it passed; false when there is none (yet).
    [[nodiscard]] static bool read(const Tap& tap, Frame& frame, core::Time& when);

  private:
    LiveWires() = default;
    [[nodiscard]] std::expected<void, std::string> build(std::size_t edges);
    [[nodiscard]] std::expected<void, std::string> join_client(bool initiator, const Station& own,
                                                               const Station& peer);
    [[nodiscard]] std::expected<void, std::string> open_taps(std::size_t edges);

    std::vector<std::string> spaces_;  ///< initiator, receiver, edges
    std::array<Descriptor, 2> clients_;
    std::vector<Tap> taps_;
};

}  // namespace kmsgate::lab

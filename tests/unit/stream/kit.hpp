// SPDX-License-Identifier: BSD-3-Clause
// Segments written by hand (RFC 9293 3.1), and a host that notes what becomes of them.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/stream/streams.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::stream::test {

using core::Arrival;

/// What a segment says; everything else is right.
struct Wire {
    Arrival from = Arrival::inside;
    Sequence seq = 0;
    Sequence ack = 0;
    std::string flags = "A";  ///< of S, A, F, R, P, U
    std::uint16_t window = 65'535;
    std::string payload;
    std::string options;  ///< of the TCP header; a multiple of 4 bytes
    std::uint8_t ttl = 64;
    bool bad_checksum = false;
    std::uint16_t client_port = 40'000;
    std::uint16_t server_port = 5060;
};

/// Ethernet, IPv4 10.0.0.1 (inside, client_port) and 10.0.0.2 (outside, 5060), TCP.
[[nodiscard]] std::string frame_of(const Wire& w);
/// The same, read back by hand: flags, numbers, payload.
[[nodiscard]] Wire read_back(std::string_view frame);

struct Left {
    core::Outcome outcome = core::Outcome::passed;
    std::string frame;
};

class TestHost final : public Host {
  public:
    explicit TestHost(rte_mempool* pool);

    Judged judge(const StreamMessage& message) override;
    Outcome conclude(bool answered) override;
    void leave(Mbuf frame, Outcome outcome) override;
    void made(Mbuf frame, Arrival port, Arrival arrival, Time now, std::uint16_t pair) override;
    void line(Time now, Arrival arrival, std::span<const std::uint64_t> frames, Outcome why) override;
    policy::Action cause(policy::Cause cause) override;
    void count(core::Counter counter) override { ++counters[static_cast<std::size_t>(counter)]; }
    [[nodiscard]] bool watching() const override { return watches; }
    [[nodiscard]] rte_mempool* pool() const override { return pool_; }
    [[nodiscard]] sip::Arena& arena() override { return arena_; }
    [[nodiscard]] unsigned counted(core::Counter c) const { return counters[static_cast<std::size_t>(c)]; }

    std::function<Judged(std::string_view)> verdict = [](std::string_view) { return Judged{}; };
    std::array<unsigned, core::kCounters> counters{};
    std::vector<policy::Cause> causes;
    policy::Action action = policy::Action::reset;
    bool watches = false;
    std::vector<std::pair<std::string, std::vector<std::uint64_t>>> messages;
    std::vector<bool> answered;
    std::vector<Left> ended;                            ///< in order
    std::vector<std::pair<Arrival, std::string>> sent;  ///< ours, by the port that they left by
    std::vector<std::pair<Outcome, std::vector<std::uint64_t>>> lines;

  private:
    rte_mempool* pool_;
    std::vector<std::byte> storage_;
    sip::Arena arena_;
    Outcome refused_ = Outcome::forward;
};

/// A gate with one connection in its hands.
class Gate : public testing::Test {
  public:
    Gate();
    ~Gate() override;

  protected:
    void build(const Limits& limits);
    /// Sends one segment through; what ended since stands in host.
    void send(const Wire& w);
    /// The same in a row, for tests with many connections.
    void wire(Arrival from, Sequence seq, Sequence ack, std::string flags, std::string payload = {},
              std::uint16_t client = 40'000, std::uint16_t server = 5060);
    /// SYN, SYN and ACK, ACK; afterwards both sides stand behind their SYNs.
    void shake_hands(const std::string& options = {}, std::uint16_t window = 65'535);
    /// Data of one side at its place; moves that place.
    void say(Arrival from, std::string payload, std::string flags = "PA");
    /// Bytes [from, to) of what the client says behind its SYN, at their place; moves nothing.
    void part(std::string_view of, std::size_t from, std::size_t to = std::string_view::npos,
              std::string options = {});
    void tick(Time later);
    /// Bytes that left towards the outside (or inside) in forwarded segments, in order of leaving.
    [[nodiscard]] std::string passed_to(Arrival port) const;
    [[nodiscard]] std::vector<Wire> ours(Arrival port) const;
    [[nodiscard]] unsigned ends(Outcome outcome) const;

    static constexpr Sequence kClient = 1'000, kServer = 0xFFFF'FF00;  ///< the server's numbers wrap
    Sequence at[2] = {kClient + 1, kServer + 1};                       ///< next byte of each side
    Time now = core::kSecond;
    rte_mempool* pool = nullptr;
    std::unique_ptr<memory::BulkHash> hash;
    std::unique_ptr<Room> room;
    std::unique_ptr<Streams> streams;
    std::unique_ptr<TestHost> host;
    std::uint64_t number = 0;
};

[[nodiscard]] std::string message(std::string_view body = {}, std::string_view more = {});

}  // namespace kmsgate::stream::test

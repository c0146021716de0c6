// SPDX-License-Identifier: BSD-3-Clause
// Workers on ports that do what a test says, under a real policy of two edges. At its end every frame must be
// accounted for and every packet buffer be back.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dataplane/memory/live_roster.hpp"
#include "dataplane/publish/publisher.hpp"
#include "dataplane/worker/accounts.hpp"
#include "dataplane/worker/worker.hpp"
#include "tests/unit/dataplane/frames.hpp"
#include "tests/unit/dataplane/messages.hpp"
#include "tests/unit/nic/fake.hpp"
#include "tests/unit/nic/kit.hpp"

namespace kmsgate::worker::test {

using namespace kmsgate::test;
using core::Arrival;
using core::Outcome;

/// Edge `e` lets requests with KMS A pass, edge `f` those with KMS B; `e_allows` changes the first.
[[nodiscard]] std::vector<std::byte> two_edges(std::string_view e_allows = "A");

rte_mempool* rig_pool();

class HandClock final : public Clock {
  public:
    core::Time now() noexcept override { return time.load(); }
    std::atomic<core::Time> time = 1'700'000'000 * core::kSecond;
};

class Lines final : public core::EventSink {
  public:
    void message(const core::MessageRecord& r) override;
    void drop(const core::DropRecord& r) override;
    std::vector<std::string> all;  ///< "EDGE VERDICT REASON", "EDGE drop REASON"
};

struct Wiring {
    std::vector<std::string> ports = {"a", "b"};
    std::vector<Pair> pairs = {{.slot = 0, .port = {0, 1}, .vlan = {}}};
    unsigned workers = 1;
    std::uint16_t queues = 1;
    bool published = true;
    std::function<void(Settings&)> tune = {};
};

class Rig {
  public:
    explicit Rig(const Wiring& wiring = {});
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    void publish(std::vector<std::byte> blob, std::uint64_t generation);
    void arrive(std::size_t port, const Bytes& frame, std::uint16_t queue = 0);
    /// One round of worker 0, or of another.
    std::size_t poll(unsigned worker = 0) { return workers[worker]->poll_once(); }
    /// What left by a port since the last call, any queue.
    std::vector<Bytes> sent(std::size_t port);
    [[nodiscard]] std::uint64_t get(Counter c, unsigned worker = 0) const { return workers[worker]->get(c); }
    [[nodiscard]] std::uint64_t outcome(std::size_t slot, Outcome o, unsigned worker = 0) const {
        return workers[worker]->counters(slot).outcome[static_cast<std::size_t>(o)];
    }

    HandClock clock;
    std::vector<nic::FakePort*> ports;

  private:
    std::unique_ptr<memory::UserTags> tags_;
    std::vector<std::unique_ptr<nic::FakePort>> owned_;
    unsigned in_use_;

  public:
    Plan plan;
    publish::Current current;
    std::unique_ptr<memory::LiveRoster> roster;
    std::unique_ptr<memory::Shared> shared;
    std::unique_ptr<publish::Publisher> publisher;
    std::vector<std::unique_ptr<Lines>> lines;  ///< by worker
    std::vector<std::unique_ptr<Worker>> workers;
};

/// SIP over UDP in a frame with VLAN tags.
inline Bytes tagged_sip(std::initializer_list<std::pair<std::size_t, std::size_t>> tags, const Sip& sip) {
    return tagged(tags, 0x0800, ipv4({}, udp(5060, 5060, bytes(sip.text()))));
}
inline Bytes sip_frame(const Sip& sip) {
    return frame4(bytes(sip.text()));
}
/// A request of its own transaction and call.
inline Sip numbered(unsigned n, const Offer& offer = {}) {
    Sip s = invite(offer);
    s.via = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKn" + std::to_string(n);
    s.call_id = "call" + std::to_string(n);
    return s;
}
inline const Offer kToB = {.kmsi = kB};

}  // namespace kmsgate::worker::test

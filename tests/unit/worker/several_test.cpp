// SPDX-License-Identifier: BSD-3-Clause
// Several workers on one memory.
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "dataplane/nic/locked_port.hpp"
#include "tests/unit/worker/rig.hpp"

namespace kmsgate::worker {
namespace {

using namespace test;
using Frames = std::vector<Bytes>;

TEST(Workers, EachPollsTheQueueOfItsNumber) {
    Rig rig({.workers = 2, .queues = 2});
    const Bytes zero = frame4(bytes("0"), 1, 2), one = frame4(bytes("1"), 1, 2);
    rig.arrive(0, zero, 0);
    rig.arrive(0, one, 1);
    EXPECT_EQ(rig.poll(1), 1U);
    EXPECT_EQ(rig.sent(1), Frames{one});
    EXPECT_EQ(rig.poll(1), 0U);
    EXPECT_EQ(rig.poll(0), 1U);
    EXPECT_EQ(rig.ports[1]->sent[0].size(), 1U) << "by the queue of its number";
    EXPECT_EQ(rig.sent(1), Frames{zero});
}

TEST(Workers, APortWithFewerQueuesIsPolledByTheFirstOnes) {
    Rig rig({.workers = 2, .queues = 1});
    rig.arrive(0, frame4(bytes("0"), 1, 2));
    EXPECT_EQ(rig.poll(1), 0U);
    EXPECT_EQ(rig.poll(0), 1U);
    EXPECT_EQ(rig.get(Counter::frames_in, 1), 0U);
}

TEST(Workers, ACopyByAnotherWorkerGetsTheVerdictOfTheFirstAlsoAfterACommit) {
    Rig rig({.workers = 2, .queues = 2});
    const Bytes refused = sip_frame(numbered(1, kToB)), passed = sip_frame(numbered(2));
    rig.arrive(0, refused, 0);
    rig.arrive(0, passed, 1);
    rig.poll(0);
    rig.poll(1);
    const Frames answer = rig.sent(0);
    ASSERT_EQ(answer.size(), 1U);
    // now the other way round: KMS B passes, A does not
    rig.publish(two_edges("B"), 2);
    rig.clock.time += 3 * core::kSecond;
    rig.arrive(0, refused, 1);
    rig.arrive(0, passed, 0);
    rig.poll(1);
    rig.poll(0);
    EXPECT_EQ(rig.lines[1]->all.back(), "e redirect initiator-kms-not-allowed");
    EXPECT_EQ(rig.lines[0]->all.back(), "e forward allowed");
    const Frames again = rig.sent(0);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(receive(again).payload, receive(answer).payload) << "byte for byte";
    EXPECT_EQ(rig.sent(1), (Frames{passed, passed}));
    EXPECT_EQ(rig.workers[0]->counters(0).get(core::Counter::retransmissions), 1U);
    EXPECT_EQ(rig.workers[1]->counters(0).get(core::Counter::retransmissions), 1U);
    // what is new goes by the new table
    rig.arrive(0, sip_frame(numbered(3, kToB)), 1);
    rig.poll(1);
    EXPECT_EQ(rig.lines[1]->all.back(), "e forward allowed");
}

/// Frames for two queues; each queue is one worker's, and sends are counted by it.
class TwoQueues final : public nic::Port {
  public:
    TwoQueues() { offers_.max_queues = 2; }
    [[nodiscard]] std::string_view name() const noexcept override { return "q"; }
    [[nodiscard]] const nic::Capabilities& capabilities() const noexcept override { return offers_; }
    [[nodiscard]] std::uint16_t queues() const noexcept override { return 2; }
    [[nodiscard]] std::size_t receive(std::uint16_t q, std::span<rte_mbuf*> frames) noexcept override {
        std::size_t n = 0;
        for (; n < frames.size() && at[q] < waiting[q].size(); ++n) frames[n] = waiting[q][at[q]++].release();
        return n;
    }
    [[nodiscard]] std::size_t send(std::uint16_t q, std::span<rte_mbuf*> frames) noexcept override {
        for (rte_mbuf* m : frames) sent[q].emplace_back(m);
        return frames.size();
    }
    [[nodiscard]] bool link_up() const noexcept override { return true; }
    bool set_link(bool) noexcept override { return false; }
    [[nodiscard]] nic::PortCounts counts() const noexcept override { return {}; }
    std::array<std::vector<core::Mbuf>, 2> waiting, sent;
    std::array<std::size_t, 2> at{};

  private:
    nic::Capabilities offers_;
};

TEST(Workers, OnTwoThreadsEveryTransactionHasOneVerdict) {
    constexpr unsigned kCalls = 300;
    TwoQueues a, b;
    Rig rig({.workers = 2, .queues = 2});
    std::vector<nic::Port*> const original = rig.plan.ports;
    Plan plan = rig.plan;
    plan.ports = {&a, &b};
    // every request comes to both workers, with commits in between: whoever is first decides for both
    for (unsigned i = 0; i < kCalls; ++i)
        for (const unsigned q : {0U, 1U})
            a.waiting[q].push_back(
                core::make_frame(rig_pool(), sip_frame(numbered(i, i % 2 == 0 ? Offer{} : kToB))));
    Settings settings;
    settings.pipeline.pool = rig_pool();
    settings.pipeline.fragments = 64;
    settings.pipeline.tag_key = {5, 6};
    settings.pipeline.table_key = {7, 8};
    settings.pipeline.shared = rig.shared.get();
    settings.burst = 4;
    std::array<Lines, 2> lines;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::thread> threads;
    for (const unsigned q : {0U, 1U}) {
        settings.number = q;
        workers.push_back(
            std::make_unique<Worker>(settings, plan, rig.current, rig.clock, lines[q], nullptr));
        threads.emplace_back([&w = *workers.back()] { w.run(); });
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto done = [&] {
        return workers[0]->get(Counter::frames_out) + workers[1]->get(Counter::frames_out) == 2 * kCalls;
    };
    for (std::uint64_t g = 2; !done() && std::chrono::steady_clock::now() < deadline; ++g) {
        rig.publish(two_edges(g % 2 == 0 ? "B" : "A"), g);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(done());
    for (const auto& w : workers) w->stop();
    for (std::thread& t : threads) t.join();
    std::map<std::string, std::vector<std::string>> answers;
    std::map<Bytes, int> passed;
    for (const unsigned q : {0U, 1U}) {
        for (const core::Mbuf& m : b.sent[q]) ++passed[nic::bytes_of(m.get())];
        for (const core::Mbuf& m : a.sent[q]) {
            const std::string text = receive({nic::bytes_of(m.get())}).payload;
            const std::size_t at = text.find("Call-ID: ");
            answers[text.substr(at, text.find('\r', at) - at)].push_back(text);
        }
    }
    EXPECT_EQ(passed.size() + answers.size(), kCalls) << "both copies passed or both were refused";
    for (const auto& [frame, count] : passed) EXPECT_EQ(count, 2);
    for (const auto& [call, texts] : answers) {
        ASSERT_EQ(texts.size(), 2U) << call;
        EXPECT_EQ(texts[0], texts[1]);
    }
    for (const auto& w : workers) EXPECT_EQ(unaccounted(*w, 2), "");
    workers.clear();
    for (TwoQueues* port : {&a, &b})
        for (auto& sent : port->sent) sent.clear();
}

TEST(Workers, SleepsWhenIdleAndStopsWhenTold) {
    Rig rig({.tune = [](Settings& s) { s.idle_polls = 10; }});
    rig.arrive(0, fragments4(udp(5060, 5060, bytes(numbered(1).text())), 160)[0]);
    Worker& w = *rig.workers[0];
    std::thread thread([&w] { w.run(); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (w.get(Counter::sleeps) < 20 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto before = w.heartbeat();
    while (w.heartbeat() == before && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_GE(w.get(Counter::sleeps), 20U);
    EXPECT_GT(w.heartbeat(), before);
    EXPECT_GT(w.get(Counter::longest_gap), 0U);
    EXPECT_EQ(w.held(0), 1U);
    // a commit does not wait for one that sleeps
    rig.publish(two_edges("C"), 2);
    w.stop();
    thread.join();
    EXPECT_EQ(w.held(0), 0U);
    EXPECT_EQ(rig.outcome(0, Outcome::capture_end), 1U);
    EXPECT_EQ(rig.lines[0]->all, std::vector<std::string>{"e drop capture-end"});
}

/// Says whether two threads were inside send() of one queue at once.
class Watched final : public nic::Port {
  public:
    [[nodiscard]] std::string_view name() const noexcept override { return "w"; }
    [[nodiscard]] const nic::Capabilities& capabilities() const noexcept override { return offers_; }
    [[nodiscard]] std::uint16_t queues() const noexcept override { return 1; }
    [[nodiscard]] std::size_t receive(std::uint16_t, std::span<rte_mbuf*>) noexcept override { return 0; }
    [[nodiscard]] std::size_t send(std::uint16_t, std::span<rte_mbuf*> frames) noexcept override {
        if (inside++ != 0) met = true;
        if (calls % 50 == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
        calls += 1;  // not atomic: the lock must do
        --inside;
        return frames.size();
    }
    [[nodiscard]] bool link_up() const noexcept override { return true; }
    bool set_link(bool) noexcept override { return true; }
    [[nodiscard]] nic::PortCounts counts() const noexcept override { return {}; }
    std::atomic<int> inside = 0;
    std::atomic<bool> met = false;
    int calls = 0;

  private:
    nic::Capabilities offers_;
};

TEST(LockedPort, OneSenderAtATime) {
    auto owned = std::make_unique<Watched>();
    Watched& inner = *owned;
    nic::LockedPort port(std::move(owned));
    EXPECT_EQ(port.queues(), 1);
    EXPECT_EQ(port.name(), "w");
    std::array<rte_mbuf*, 1> one{};
    EXPECT_EQ(port.send(1, one), 0U) << "no such queue";
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&] {
            std::array<rte_mbuf*, 3> frames{};
            for (int i = 0; i < 1'000; ++i)
                if (port.send(0, frames) != 3) inner.met = true;
        });
    for (std::thread& t : threads) t.join();
    EXPECT_FALSE(inner.met);
    EXPECT_EQ(inner.calls, 2'000);
}

}  // namespace
}  // namespace kmsgate::worker

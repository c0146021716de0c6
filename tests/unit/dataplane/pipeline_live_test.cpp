// SPDX-License-Identifier: BSD-3-Clause
// What a live dataplane asks of its pipelines beyond replay: shared memory, a time budget, taps, rule
// counters.
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

const Offer kForbidden = {.kmsi = kB};
constexpr memory::Key kKey = {7, 8};

Sizes tuned(std::function<void(Config&)> tune) {
    Sizes sizes;
    sizes.tune = std::move(tune);
    return sizes;
}
Bytes frame_of(const Sip& sip) {
    return frame4(bytes(sip.text()));
}
Sip numbered(unsigned n, const Offer& offer = {}) {
    Sip s = invite(offer);
    s.call_id = "call" + std::to_string(n);
    return s;
}

TEST(SharedMemory, ACopyByAnotherWorkerKeepsItsVerdictAcrossACommit) {
    memory::Shared shared({64, 64, 2}, kKey);
    const auto use = [&](Config& c) { c.shared = &shared; };
    Gate one(policy_text(), tuned(use));
    Gate other(policy_text("", "", "cs", "      - {name: open, side: initiator, allow: any}\n"), tuned(use));
    other.judge.generation = 2;
    const auto refused = one.message(invite(kForbidden));
    EXPECT_EQ(one.last(), "redirect initiator-kms-not-allowed");
    const auto again = other.message(invite(kForbidden));
    EXPECT_EQ(other.last(), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(receive(again.inside).payload, receive(refused.inside).payload);
    EXPECT_EQ(other.counters().get(Counter::retransmissions), 1U);
}

TEST(SharedMemory, EdgesWithDifferentSaltsDoNotMix) {
    memory::Shared shared({64, 64, 1}, kKey);
    Gate one(policy_text(), tuned([&](Config& c) { c.shared = &shared, c.salt = 1; }));
    Gate other(policy_text("", "", "cs", "      - {name: open, side: initiator, allow: any}\n"),
               tuned([&](Config& c) { c.shared = &shared, c.salt = 2; }));
    one.message(invite(kForbidden));
    other.message(invite(kForbidden));
    EXPECT_EQ(one.last(), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(other.last(), "forward allowed");
    EXPECT_EQ(shared.transactions(), 2U);
    Sip cancel = invite({});
    cancel.method = "CANCEL";
    other.message(cancel);
    EXPECT_EQ(other.last().substr(0, 7), "forward");
}

TEST(SharedMemory, AllShardsTogetherHoldWhatWasAskedFor) {
    memory::Shared shared({1000, 64, 4}, kKey);
    EXPECT_GE(shared.capacity(), 1000U);
    Gate g(policy_text(), tuned([&](Config& c) { c.shared = &shared; }));
    for (unsigned n = 0; n < 500; ++n) {
        Sip s = numbered(n);
        s.via = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK" + std::to_string(n);
        g.message(s);
        ASSERT_EQ(g.last(), "forward allowed") << n;
    }
    EXPECT_EQ(shared.transactions(), 500U);
}

TEST(Budget, WhatIsBeyondItWaitsInOrder) {
    Gate g(policy_text(), tuned([](Config& c) { c.budget = 1, c.waiting = 8; }));
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 4; ++n) frames.push_back(frame_of(numbered(n)));
    auto out = g.burst(frames);
    EXPECT_LT(out.outside.size(), 4U);
    EXPECT_EQ(out.outside.size() + g.pipeline().waiting(), 4U);
    std::vector<Bytes> left = out.outside;
    while (g.pipeline().waiting() != 0) {
        const std::size_t before = g.pipeline().waiting();
        out = g.resume();
        EXPECT_LT(g.pipeline().waiting(), before) << "each call works off at least one";
        left.insert(left.end(), out.outside.begin(), out.outside.end());
    }
    EXPECT_EQ(left, frames) << "in order, untouched";
}

TEST(Budget, OtherTrafficDoesNotWait) {
    Gate g(policy_text(), tuned([](Config& c) { c.budget = 1, c.waiting = 8; }));
    const Bytes arp = [] {
        Bytes b(60, 0);
        b[12] = 0x08, b[13] = 0x06;
        return b;
    }();
    const Bytes media = frame4(bytes("media, and no SIP"), 40000, 40002);
    const auto out =
        g.burst({frame_of(numbered(1)), frame_of(numbered(2)), frame_of(numbered(3)), arp, media});
    ASSERT_GE(out.outside.size(), 2U);
    EXPECT_EQ(out.outside[0], arp);
    EXPECT_EQ(out.outside[1], media) << "media never waits for messages";
    while (g.pipeline().waiting() != 0) g.resume();
}

TEST(Budget, NoMoreThanTheLimitWaits) {
    Gate g(policy_text(), tuned([](Config& c) { c.budget = 1, c.waiting = 2; }));
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 8; ++n) frames.push_back(frame_of(numbered(n)));
    g.burst(frames);
    EXPECT_EQ(g.pipeline().waiting(), 2U);
    EXPECT_GE(g.outcome(Outcome::inspect_budget), 5U);
    ASSERT_FALSE(g.drops.empty());
    EXPECT_EQ(g.drops.front().reason, "inspect-budget");
    EXPECT_EQ(g.pipeline().held(), 2U);
}

TEST(Budget, WatchingOnlyLetsTheRestPass) {
    Gate g(policy_text("    mode: shadow\n"), tuned([](Config& c) { c.budget = 1, c.waiting = 1; }));
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 6; ++n) frames.push_back(frame_of(numbered(n)));
    g.burst(frames);
    EXPECT_EQ(g.outcome(Outcome::inspect_budget), 0U);
    while (g.pipeline().waiting() != 0) g.resume();
    EXPECT_EQ(g.counters().get(Counter::frames_out), 6U);
}

TEST(Pairs, AnswersAndForwardedFramesKeepTheirPair) {
    Gate g;
    g.burst({frame_of(invite(kForbidden))}, Arrival::inside, 7);
    EXPECT_EQ(g.pairs, std::vector<std::uint16_t>{7}) << "the 488";
    g.burst({frame_of(numbered(2))}, Arrival::inside, 9);
    EXPECT_EQ(g.pairs, std::vector<std::uint16_t>{9});
}

class Tap final : public FrameTap {
  public:
    void ended(const rte_mbuf* frame, std::string_view edge, Outcome outcome) noexcept override {
        EXPECT_EQ(edge, "e");
        EXPECT_NE(frame, nullptr);
        ends.push_back(outcome);
        order += 'e';
    }
    void made(const rte_mbuf* frame, std::string_view) noexcept override {
        ++generated;
        order += 'm';
        EXPECT_EQ(meta(const_cast<rte_mbuf*>(frame)).arrival, Arrival::inside);
    }
    std::vector<Outcome> ends;
    int generated = 0;
    std::string order;
};

TEST(Taps, SeeEveryEndAndWhatIsMade) {
    Tap tap;
    Gate g(policy_text(), tuned([&](Config& c) { c.tap = &tap; }));
    g.message(invite(kForbidden));
    g.message(numbered(2));
    EXPECT_EQ(tap.ends, (std::vector{Outcome::redirect, Outcome::forward}));
    EXPECT_EQ(tap.generated, 1);
    EXPECT_EQ(tap.order, "eme") << "the cause first";
}

TEST(RuleHits, CountMatchesAndWhatWasOnlyNoted) {
    Gate g;
    std::vector<RuleHits> hits(g.judge.table->rules().size());
    g.judge.rule_hits = hits;
    g.message(invite(kForbidden));
    g.message(numbered(2));
    g.judge.mode = Mode::shadow;
    g.message(numbered(3, kForbidden));
    const auto& edge = g.judge.table->edges()[g.judge.edge];
    const std::size_t attached = edge.rules[0].first + 1;  // the second of the initiator's
    EXPECT_EQ(hits[attached].hit.get(), 3U);
    EXPECT_EQ(hits[attached].would.get(), 1U);
    EXPECT_EQ(hits[edge.rules[0].first].hit.get(), 0U);
}

TEST(TagBits, OwnBitsAreMappedToTheTables) {
    Gate g;
    ASSERT_TRUE(g.tags.set("mc1", "sip:alice@mc1.example", 1U << 9));
    const std::vector<std::uint8_t> bits = {9};  // the table's `roaming` has bit 9 here
    g.message(invite({.kmsi = kC}));
    EXPECT_EQ(g.last(), "redirect initiator-kms-not-allowed");
    g.judge.tag_bits = bits;
    g.message(numbered(2, {.kmsi = kC}));
    EXPECT_EQ(g.last(), "forward allowed");
}

}  // namespace
}  // namespace kmsgate::core

// SPDX-License-Identifier: BSD-3-Clause
// One worker by hand: which edge judges a frame, which port it leaves by, how it is counted.
#include "tests/unit/worker/rig.hpp"

namespace kmsgate::worker {
namespace {

using namespace test;
using Strings = std::vector<std::string>;
using Frames = std::vector<Bytes>;

const std::string kPassesE = "e forward allowed", kPassesF = "f forward allowed",
                  kRefusedE = "e redirect initiator-kms-not-allowed",
                  kRefusedF = "f redirect initiator-kms-not-allowed";

Wiring by_vlan() {
    // on VLAN 8 the clients are behind port b
    return {.pairs = {{0, {0, 1}, 7}, {1, {1, 0}, 8}, {0, {0, 1}, std::nullopt}}};
}

TEST(Worker, EdgeByVlanAndTheRestToThePairWithout) {
    Rig rig(by_vlan());
    const Frames frames = {tagged_sip({{0x8100, 7}}, numbered(1)),
                           tagged_sip({{0x88A8, 8}}, numbered(2, kToB)),
                           tagged_sip({{0x9100, 9}, {0x8100, 8}}, numbered(3)), sip_frame(numbered(4)),
                           tagged_sip({{0x8100, 0xE000}}, numbered(5))};
    rig.arrive(0, frames[0]);
    rig.arrive(1, frames[1]);
    rig.arrive(0, frames[2]);
    rig.arrive(0, frames[3]);
    rig.arrive(0, frames[4]);
    EXPECT_EQ(rig.poll(), 5U);
    EXPECT_EQ(rig.lines[0]->all, (Strings{kPassesE, kPassesE, kPassesE, kPassesE, kPassesF}));
    EXPECT_EQ(rig.sent(1), (Frames{frames[0], frames[2], frames[3], frames[4]}));
    EXPECT_EQ(rig.sent(0), Frames{frames[1]});
    EXPECT_EQ(rig.get(Counter::frames_in), 5U);
    EXPECT_EQ(rig.get(Counter::frames_out), 5U);
    EXPECT_EQ(rig.poll(), 0U);
    EXPECT_EQ(rig.get(Counter::polls), 2U);
    EXPECT_EQ(rig.get(Counter::busy_polls), 1U);
}

TEST(Worker, EachEdgeJudgesByItsOwnRules) {
    Rig rig(by_vlan());
    // KMS A: e lets it pass, f refuses it, and the answer goes back to port b
    rig.arrive(0, tagged_sip({{0x8100, 7}}, numbered(1)));
    rig.arrive(1, tagged_sip({{0x8100, 8}}, numbered(2)));
    rig.poll();
    EXPECT_EQ(rig.lines[0]->all, (Strings{kPassesE, kRefusedF}));
    EXPECT_TRUE(rig.sent(0).empty());
    const Frames at_b = rig.sent(1);
    ASSERT_EQ(at_b.size(), 2U);
    EXPECT_EQ(receive({at_b[1]}, 18).payload.rfind("SIP/2.0 488", 0), 0U);
    EXPECT_EQ(get16(at_b[1], 14), 8U) << "the answer carries the tag of its request";
}

TEST(Worker, TransactionsOfTwoEdgesDoNotMix) {
    Rig rig(by_vlan());
    const Sip same = numbered(1);
    for (int i = 0; i < 2; ++i) {
        rig.arrive(0, tagged_sip({{0x8100, 7}}, same));
        rig.poll();
        rig.arrive(1, tagged_sip({{0x8100, 8}}, same));
        rig.poll();
    }
    EXPECT_EQ(rig.lines[0]->all, (Strings{kPassesE, kRefusedF, kPassesE, kRefusedF}));
    for (const std::size_t slot : {0U, 1U})
        EXPECT_EQ(rig.workers[0]->counters(slot).get(core::Counter::retransmissions), 1U);
    EXPECT_EQ(rig.shared->transactions(), 2U);
}

TEST(Worker, AnswersLeaveByTheRightOfSeveralPairs) {
    Rig rig({.ports = {"a", "b", "c", "d"}, .pairs = {{0, {0, 1}, {}}, {0, {2, 3}, {}}}});
    const Bytes good = sip_frame(numbered(3)), other = frame4(bytes("data"), 1000, 2000);
    rig.arrive(2, sip_frame(numbered(1, kToB)));
    rig.arrive(0, sip_frame(numbered(2, kToB)));
    rig.arrive(2, good);
    rig.arrive(3, other);
    rig.poll();
    EXPECT_EQ(rig.lines[0]->all, (Strings{kRefusedE, kRefusedE, kPassesE}));
    const Frames a = rig.sent(0), c = rig.sent(2);
    ASSERT_EQ(a.size(), 1U);
    ASSERT_EQ(c.size(), 2U);
    EXPECT_NE(receive({a[0]}).payload.find("Call-ID: call2\r\n"), std::string::npos);
    const bool first_is_answer = c[1] == other;
    EXPECT_EQ(c[first_is_answer ? 1 : 0], other);
    EXPECT_NE(receive({c[first_is_answer ? 0 : 1]}).payload.find("Call-ID: call1\r\n"), std::string::npos);
    EXPECT_TRUE(rig.sent(1).empty());
    EXPECT_EQ(rig.sent(3), Frames{good});
}

TEST(Worker, FragmentsKeepTheirPairUntilTheyAreWhole) {
    Rig rig({.ports = {"a", "b", "c", "d"}, .pairs = {{0, {0, 1}, {}}, {0, {2, 3}, {}}}});
    const Frames bad = fragments4(udp(5060, 5060, bytes(numbered(1, kToB).text())), 160);
    const Frames good = fragments4(udp(5060, 5060, bytes(numbered(2).text())), 160, {.id = 9});
    ASSERT_GT(bad.size(), 2U);
    for (std::size_t i = 0; i < bad.size(); ++i) {
        EXPECT_EQ(rig.workers[0]->held(0), 2 * i);
        rig.arrive(2, bad[i]);
        rig.arrive(0, good[i]);
        rig.poll();
        EXPECT_EQ(unaccounted(*rig.workers[0], 2), "");
    }
    EXPECT_EQ(rig.workers[0]->held(0), 0U);
    EXPECT_TRUE(rig.sent(0).empty());
    EXPECT_EQ(rig.sent(1), good);
    EXPECT_EQ(receive(rig.sent(2)).payload.rfind("SIP/2.0 488", 0), 0U);
    EXPECT_TRUE(rig.sent(3).empty());
}

TEST(Worker, FragmentsTimeOutWithoutFurtherTraffic) {
    Rig rig;
    const Frames frames = fragments4(udp(5060, 5060, bytes(numbered(1).text())), 160);
    rig.arrive(0, frames[0]);
    rig.poll();
    EXPECT_EQ(rig.workers[0]->held(0), 1U);
    for (int i = 0; i < 6'000 && rig.workers[0]->held(0) != 0; ++i) {
        rig.clock.time += 10 * core::kMillisecond;
        rig.poll();
    }
    EXPECT_EQ(rig.workers[0]->held(0), 0U);
    EXPECT_EQ(rig.outcome(0, Outcome::fragment_timeout), 1U);
    EXPECT_EQ(rig.lines[0]->all, Strings{"e drop fragment-timeout"});
}

TEST(Worker, TimersGoOnAfterTheClockWasSetBack) {
    Rig rig;
    rig.poll();
    rig.clock.time -= 3600 * core::kSecond;
    const Frames frames = fragments4(udp(5060, 5060, bytes(numbered(1).text())), 160);
    rig.arrive(0, frames[0]);
    rig.poll();
    for (int i = 0; i < 600 && rig.workers[0]->held(0) != 0; ++i) {
        rig.clock.time += 100 * core::kMillisecond;
        rig.poll();
    }
    EXPECT_EQ(rig.outcome(0, Outcome::fragment_timeout), 1U);
}

TEST(Worker, WhatAPortDoesNotTakeIsDroppedAndCounted) {
    Rig rig;
    rig.ports[1]->takes = 3;
    for (unsigned i = 0; i < 10; ++i) rig.arrive(0, frame4(bytes("x"), 1000 + i, 2000));
    rig.arrive(1, frame4(bytes("back"), 1, 2));
    rig.poll();
    EXPECT_EQ(rig.sent(1).size(), 3U);
    EXPECT_EQ(rig.sent(0).size(), 1U);
    EXPECT_EQ(rig.get(Counter::tx_dropped), 7U);
    EXPECT_EQ(rig.get(Counter::frames_out), 4U);
    EXPECT_EQ(rig.outcome(0, Outcome::passed), 11U);
}

TEST(Worker, ABurstAtATime) {
    Rig rig({.tune = [](Settings& s) { s.burst = 4; }});
    for (unsigned i = 0; i < 10; ++i) rig.arrive(0, frame4(bytes("x"), 1000 + i, 2000));
    EXPECT_EQ(rig.poll(), 4U);
    EXPECT_EQ(rig.poll(), 4U);
    EXPECT_EQ(rig.poll(), 2U);
    EXPECT_EQ(rig.sent(1).size(), 10U);
}

Bytes lldp(unsigned n = 0) {
    return bytes(std::string("\x01\x80\xC2\0\0\x0E\x02\0\0\0\0\x01", 12)) + u16(0x88CC) + u32(n) +
           Bytes(46, 1);
}

TEST(Worker, LinkLocalPassesToTheOnePartner) {
    Rig rig({.pairs = {{0, {0, 1}, 7}, {1, {1, 0}, 8}}});
    rig.arrive(0, lldp(1));
    rig.arrive(1, lldp(2));
    rig.poll();
    EXPECT_EQ(rig.sent(1), Frames{lldp(1)});
    EXPECT_EQ(rig.sent(0), Frames{lldp(2)});
    EXPECT_EQ(rig.get(Counter::link_local), 2U);
    EXPECT_EQ(rig.get(Counter::frames_out), 2U);
    EXPECT_EQ(rig.get(Counter::no_edge), 0U);
}

TEST(Worker, LinkLocalGoesNowhereWithTwoPartners) {
    Rig rig({.ports = {"a", "b", "c"}, .pairs = {{0, {0, 1}, 7}, {1, {0, 2}, 8}}});
    rig.arrive(0, lldp(1));
    rig.arrive(1, lldp(2));
    rig.poll();
    EXPECT_TRUE(rig.sent(1).empty());
    EXPECT_TRUE(rig.sent(2).empty());
    EXPECT_EQ(rig.sent(0), Frames{lldp(2)}) << "all pairs of b lead to a";
    EXPECT_EQ(rig.get(Counter::no_edge), 1U);
    EXPECT_EQ(rig.get(Counter::link_local), 1U);
}

TEST(Worker, LinkLocalWithAPairForAllPassesThroughThePipeline) {
    Rig rig;
    rig.arrive(0, lldp());
    rig.poll();
    EXPECT_EQ(rig.sent(1), Frames{lldp()});
    EXPECT_EQ(rig.outcome(0, Outcome::passed), 1U);
    EXPECT_EQ(rig.get(Counter::link_local), 0U);
}

TEST(Worker, NothingOfNoEdgeIsForwarded) {
    Rig rig({.pairs = {{0, {0, 1}, 7}}});
    Bytes hidden = sip_frame(numbered(1));
    const Bytes group = {0x01, 0x80, 0xC2, 0, 0, 0};
    std::copy(group.begin(), group.end(), hidden.begin());
    for (const Bytes& f : {sip_frame(numbered(1)), tagged_sip({{0x8100, 8}}, numbered(2)), hidden,
                           frame4(bytes("x"), 1, 2), Bytes(14, 0), Bytes(1, 0), ether(0x0806, Bytes(28, 0))})
        rig.arrive(0, f);
    rig.poll();
    EXPECT_EQ(rig.get(Counter::no_edge), 7U);
    EXPECT_TRUE(rig.sent(1).empty());
    EXPECT_TRUE(rig.lines[0]->all.empty());
}

TEST(Worker, WithoutATableSignallingIsDroppedAndTheRestPasses) {
    Rig rig({.published = false});
    const Bytes other = frame4(bytes("data"), 1000, 2000);
    rig.arrive(0, sip_frame(numbered(1)));
    rig.arrive(0, other);
    rig.poll();
    EXPECT_EQ(rig.sent(1), Frames{other});
    EXPECT_EQ(rig.outcome(0, Outcome::no_table), 1U);
    rig.publish(two_edges(), 1);
    rig.arrive(0, sip_frame(numbered(1)));
    rig.poll();
    EXPECT_EQ(rig.sent(1).size(), 1U) << "from the next round on";
}

TEST(Worker, BeyondTheBudgetMessagesWaitInOrder) {
    Rig rig({.tune = [](Settings& s) { s.budget_nanoseconds = 1; }});
    Frames frames;
    for (unsigned i = 0; i < 20; ++i) frames.push_back(sip_frame(numbered(i)));
    for (const Bytes& f : frames) rig.arrive(0, f);
    const Bytes other = ether(0x0806, Bytes(28, 1));
    rig.arrive(0, other);
    EXPECT_EQ(rig.poll(), 21U);
    EXPECT_GT(rig.workers[0]->held(0), 0U);
    EXPECT_EQ(unaccounted(*rig.workers[0], 2), "");
    Frames left = rig.sent(1);
    EXPECT_EQ(std::ranges::count(left, other), 1) << "what can be none waits for nobody";
    std::erase(left, other);
    EXPECT_LT(left.size(), frames.size());
    const Bytes late = sip_frame(numbered(99));
    rig.arrive(0, late);
    frames.push_back(late);
    int rounds = 0;
    for (; rounds < 100 && (rounds == 0 || rig.workers[0]->held(0) != 0); ++rounds) rig.poll();
    const Frames rest = rig.sent(1);
    left.insert(left.end(), rest.begin(), rest.end());
    EXPECT_EQ(left, frames);
    EXPECT_EQ(rig.workers[0]->held(0), 0U);
    EXPECT_GT(rounds, 5);
    // rounds with waiting work count as busy, and it ends
    const auto busy = rig.get(Counter::busy_polls);
    rig.poll();
    EXPECT_EQ(rig.get(Counter::busy_polls), busy);
}

TEST(Worker, ACommitWhileMessagesWait) {
    Rig rig({.tune = [](Settings& s) { s.budget_nanoseconds = 1; }});
    for (unsigned i = 0; i < 6; ++i) rig.arrive(0, sip_frame(numbered(i)));
    rig.poll();
    const std::size_t before = rig.lines[0]->all.size();
    rig.publish(two_edges("C"), 2);
    for (int i = 0; i < 50 && rig.workers[0]->held(0) != 0; ++i) rig.poll();
    const Strings& lines = rig.lines[0]->all;
    ASSERT_EQ(lines.size(), 6U);
    ASSERT_LT(before, 6U);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(lines[i], i < before ? kPassesE : kRefusedE) << i;
}

}  // namespace
}  // namespace kmsgate::worker

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/nic/link_watch.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "tests/unit/nic/fake.hpp"
#include "tests/unit/nic/kit.hpp"

namespace kmsgate::nic {

static bool operator==(const LinkWatch::Change& a, const LinkWatch::Change& b) {
    return a.port == b.port && a.up == b.up && a.ours == b.ours && a.failed == b.failed;
}
static void PrintTo(const LinkWatch::Change& c, std::ostream* out) {
    *out << c.port << (c.up ? " up" : " down") << (c.ours ? " ours" : "") << (c.failed ? " failed" : "");
}

namespace {

using Changes = std::vector<LinkWatch::Change>;
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kWithin = 100 * kMs;
constexpr std::uint64_t kSecond = 1000 * kMs;

LinkWatch::Change down(const char* port) {
    return {.port = port};
}
LinkWatch::Change up(const char* port) {
    return {.port = port, .up = true};
}
LinkWatch::Change held(const char* port, bool failed = false) {
    return {.port = port, .ours = true, .failed = failed};
}
LinkWatch::Change released(const char* port, bool failed = false) {
    return {.port = port, .up = true, .ours = true, .failed = failed};
}

// Two ports whose links are up and known to be.
struct Pair {
    FakePort a{"a"}, b{"b"};
    LinkWatch watch{{{&a, &b}}, kWithin};
    std::uint64_t now = 0;
    Pair() { EXPECT_EQ(step(), Changes{}); }
    Changes step() {
        now = std::max(now, watch.next());
        return watch.poll(now);
    }
};

TEST(LinkWatch, DownTakesThePartnerDownAndBack) {
    Pair p;
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
    EXPECT_FALSE(p.b.link_up());
    EXPECT_EQ(p.step(), Changes{});  // b is no fault of its own, and nothing is asked twice
    EXPECT_EQ(p.b.asked, std::vector<bool>{false});
    p.a.link = true;
    EXPECT_EQ(p.step(), (Changes{up("a"), released("b")}));
    EXPECT_TRUE(p.b.link_up());
    EXPECT_EQ(p.step(), Changes{});
    EXPECT_EQ(p.b.asked, (std::vector<bool>{false, true}));
    EXPECT_TRUE(p.a.asked.empty());
    EXPECT_EQ(p.watch.refusals(), 0U);
}

TEST(LinkWatch, EitherEndMayFail) {
    Pair p;
    p.b.link = false;
    EXPECT_EQ(p.step(), (Changes{down("b"), held("a")}));
    p.b.link = true;
    EXPECT_EQ(p.step(), (Changes{up("b"), released("a")}));
    EXPECT_EQ(p.step(), Changes{});
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
}

TEST(LinkWatch, BothDownAtOnceThenOneBack) {
    Pair p;
    p.a.link = p.b.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), down("b")}));
    EXPECT_TRUE(p.a.asked.empty() && p.b.asked.empty());
    // a is back, but the wire is not: a neighbour must not see a link
    p.a.link = true;
    EXPECT_EQ(p.step(), (Changes{up("a"), held("a")}));
    p.b.link = true;
    EXPECT_EQ(p.step(), (Changes{up("b"), released("a")}));
    EXPECT_TRUE(p.a.link_up() && p.b.link_up());
}

TEST(LinkWatch, CablePulledWhileHeldIsFoundOutAfterwards) {
    Pair p;
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
    p.b.link = false;
    EXPECT_EQ(p.step(), Changes{});
    p.a.link = true;
    EXPECT_EQ(p.step(), (Changes{up("a"), released("b")}));
    // b might still be negotiating
    const std::uint64_t released_at = p.now;
    Changes c;
    while ((c = p.step()).empty()) ASSERT_LE(p.now, released_at + LinkWatch::kSettle + kWithin);
    EXPECT_EQ(c, (Changes{down("b"), held("a")}));
    EXPECT_GE(p.now, released_at + LinkWatch::kSettle);
    p.b.link = true;
    EXPECT_EQ(p.step(), (Changes{up("b"), released("a")}));
}

TEST(LinkWatch, SlowLinksComeUpWithoutTakingEachOtherDownAgain) {
    Pair p;
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
    p.a.link = true;
    p.b.link = false;  // negotiates for two seconds once it is switched on
    EXPECT_EQ(p.step(), (Changes{up("a"), released("b")}));
    for (const std::uint64_t end = p.now + 2 * kSecond; p.now < end;) EXPECT_EQ(p.step(), Changes{});
    p.b.link = true;
    EXPECT_EQ(p.step(), Changes{});
    // from now on a loss counts at once
    p.b.link = false;
    EXPECT_EQ(p.step(), (Changes{down("b"), held("a")}));
}

TEST(LinkWatch, StartsWithLinksThatStillNegotiate) {
    FakePort a{"a"}, b{"b"};
    a.link = b.link = false;
    LinkWatch watch({{&a, &b}}, kWithin);
    const std::uint64_t start = 1'700'000'000 * kSecond;
    EXPECT_EQ(watch.poll(start), Changes{});
    a.link = true;
    EXPECT_EQ(watch.poll(start + kSecond), Changes{});
    EXPECT_TRUE(a.asked.empty());
    EXPECT_EQ(watch.poll(start + LinkWatch::kSettle), (Changes{down("b"), held("a")}));
}

TEST(LinkWatch, PortOfSeveralPairsFallsWithTheLastPartner) {
    FakePort trunk{"trunk"}, red{"red"}, blue{"blue"};
    // red stands in two pairs with the trunk (two VLANs): still one partner
    LinkWatch watch({{&trunk, &red}, {&trunk, &blue}, {&red, &trunk}}, kWithin);
    std::uint64_t now = 0;
    const auto step = [&] { return watch.poll(now += kWithin); };
    EXPECT_EQ(step(), Changes{});
    red.link = false;
    EXPECT_EQ(step(), Changes{down("red")});
    EXPECT_TRUE(trunk.link_up() && blue.link_up());
    blue.link = false;
    EXPECT_EQ(step(), (Changes{down("blue"), held("trunk")}));
    EXPECT_EQ(step(), Changes{});
    red.link = true;
    EXPECT_EQ(step(), (Changes{up("red"), released("trunk")}));
    EXPECT_EQ(step(), Changes{});
    blue.link = true;
    EXPECT_EQ(step(), Changes{up("blue")});
    // the trunk takes both along
    trunk.link = false;
    EXPECT_EQ(step(), (Changes{down("trunk"), held("red"), held("blue")}));
    trunk.link = true;
    EXPECT_EQ(step(), (Changes{up("trunk"), released("red"), released("blue")}));
}

TEST(LinkWatch, HeldPortDoesNotTakeItsOtherPartnersDown) {
    // a - b and b - c: b is held only when both are gone, and then c is down by itself
    FakePort a{"a"}, b{"b"}, c{"c"};
    LinkWatch watch({{&a, &b}, {&b, &c}}, kWithin);
    std::uint64_t now = 0;
    const auto step = [&] { return watch.poll(now += kWithin); };
    EXPECT_EQ(step(), Changes{});
    a.link = false;
    EXPECT_EQ(step(), Changes{down("a")});
    c.link = false;
    EXPECT_EQ(step(), (Changes{down("c"), held("b")}));
    a.link = true;
    EXPECT_EQ(step(), (Changes{up("a"), released("b")}));
    EXPECT_EQ(step(), Changes{});
    EXPECT_TRUE(a.asked.empty() && c.asked.empty());
}

TEST(LinkWatch, RefusalToGoDownIsToldOnceForEachLoss) {
    Pair p;
    p.b.refuse_down = true;
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b", true)}));
    for (int i = 0; i < 200; ++i) EXPECT_EQ(p.step(), Changes{});
    EXPECT_EQ(p.b.asked.size(), 1U);
    EXPECT_EQ(p.watch.refusals(), 1U);
    p.a.link = true;
    EXPECT_EQ(p.step(), Changes{up("a")});  // nothing to take back
    EXPECT_EQ(p.b.asked.size(), 1U);
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b", true)}));
    EXPECT_EQ(p.watch.refusals(), 2U);
    // a port that cannot be held down still reports its own faults
    p.b.link = false;
    EXPECT_EQ(p.step(), Changes{down("b")});
}

TEST(LinkWatch, RefusalToComeUpIsToldOnceAndTriedNowAndThen) {
    Pair p;
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
    p.b.refuse_up = true;
    p.a.link = true;
    EXPECT_EQ(p.step(), (Changes{up("a"), released("b", true)}));
    const std::uint64_t refused_at = p.now;
    while (p.watch.next() < refused_at + 2 * LinkWatch::kSettle) EXPECT_EQ(p.step(), Changes{});
    EXPECT_EQ(p.b.asked, (std::vector<bool>{false, true, true}));
    EXPECT_EQ(p.watch.refusals(), 2U);
    p.b.refuse_up = false;
    EXPECT_EQ(p.step(), Changes{released("b")});
    EXPECT_TRUE(p.b.link_up());
    EXPECT_EQ(p.step(), Changes{});
}

TEST(LinkWatch, RefusalToComeUpIsAskedAnewWhenThePartnerComesBackAgain) {
    Pair p;
    p.a.link = false;
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
    p.b.refuse_up = true;
    p.a.link = true;
    EXPECT_EQ(p.step(), (Changes{up("a"), released("b", true)}));
    p.a.link = false;
    EXPECT_EQ(p.step(), Changes{down("a")});
    p.b.refuse_up = false;
    p.a.link = true;
    EXPECT_EQ(p.step(), (Changes{up("a"), released("b")}));
}

TEST(LinkWatch, FlappingWithinOneIntervalSettlesOnTheLastState) {
    Pair p;
    for (int i = 0; i < 9; ++i) {
        p.a.link = !p.a.link;
        EXPECT_EQ(p.watch.poll(p.now + static_cast<std::uint64_t>(i)), Changes{});
    }
    EXPECT_FALSE(p.a.link);
    EXPECT_EQ(p.step(), (Changes{down("a"), held("b")}));
    for (int i = 0; i < 8; ++i) p.a.link = !p.a.link;
    EXPECT_EQ(p.step(), Changes{});
    EXPECT_EQ(p.b.asked.size(), 1U);
}

TEST(LinkWatch, ReachesThePartnerWithinTheTime) {
    for (const std::uint64_t within : {std::uint64_t{2}, kMs, 7 * kMs, kWithin, kSecond}) {
        FakePort a{"a"}, b{"b"};
        LinkWatch watch({{&a, &b}}, within);
        static_cast<void>(watch.poll(0));
        const std::uint64_t fails_at = 1;  // right behind a poll: the worst moment
        a.link = false;
        std::uint64_t polls = 0;
        while (b.link_up()) {
            ASSERT_LE(++polls, 2U);
            ASSERT_LE(watch.next(), fails_at + within);
            static_cast<void>(watch.poll(watch.next()));
        }
        EXPECT_LE(2 * watch.next(), 4 * within);
    }
    // no time at all is the shortest there is, not a standstill
    FakePort a{"a"}, b{"b"};
    LinkWatch at_once({{&a, &b}}, 0);
    static_cast<void>(at_once.poll(5));
    EXPECT_EQ(at_once.next(), 6U);
}

TEST(LinkWatch, LatePollsLookOnceAndGoOnFromThere) {
    Pair p;
    const std::uint64_t late = p.watch.next() + 30 * kSecond;
    p.a.link = false;
    EXPECT_EQ(p.watch.poll(late), (Changes{down("a"), held("b")}));
    EXPECT_EQ(p.watch.next(), late + kWithin / 2);
}

TEST(LinkWatch, NothingToWatch) {
    FakePort a{"a"};
    LinkWatch watch({{&a, nullptr}, {&a, &a}}, kWithin);
    a.link = false;
    EXPECT_EQ(watch.poll(LinkWatch::kSettle * 2), Changes{});
    LinkWatch none({}, kWithin);
    EXPECT_EQ(none.poll(1), Changes{});
}

TEST(LinkWatch, OnRealRings) {
    RingCable left("lwl", 64);
    RingCable right("lwr", 64);
    const auto near = opened(left.a, {.name = "near", .pool = test_pool()});
    const auto far = opened(right.a, {.name = "far", .pool = test_pool()});
    ASSERT_TRUE(near && far);
    ASSERT_TRUE(near->capabilities().reports_link && near->capabilities().sets_link);
    LinkWatch watch({{near.get(), far.get()}}, kWithin);
    EXPECT_EQ(watch.poll(0), Changes{});
    ASSERT_EQ(rte_eth_dev_set_link_down(near->id()), 0);
    EXPECT_EQ(watch.poll(watch.next()), (Changes{down("near"), held("far")}));
    rte_eth_link link{};
    ASSERT_EQ(rte_eth_link_get_nowait(far->id(), &link), 0);
    EXPECT_EQ(link.link_status, RTE_ETH_LINK_DOWN);
    EXPECT_EQ(watch.poll(watch.next()), Changes{});
    ASSERT_EQ(rte_eth_dev_set_link_up(near->id()), 0);
    EXPECT_EQ(watch.poll(watch.next()), (Changes{up("near"), released("far")}));
    ASSERT_EQ(rte_eth_link_get_nowait(far->id(), &link), 0);
    EXPECT_EQ(link.link_status, RTE_ETH_LINK_UP);
}

TEST(LinkWatch, DeviceWithoutALinkOfItsOwn) {
    RingCable cable("lwn", 64);
    const auto ring = opened(cable.a);
    const auto null = opened("net_null7");
    ASSERT_TRUE(ring && null);
    EXPECT_FALSE(null->capabilities().reports_link);
    EXPECT_FALSE(null->capabilities().sets_link);
    EXPECT_TRUE(null->link_up());
    LinkWatch watch({{ring.get(), null.get()}}, kWithin);
    EXPECT_EQ(watch.poll(0), Changes{});
    ASSERT_TRUE(ring->set_link(false));
    EXPECT_EQ(watch.poll(watch.next()), (Changes{down("net_ring_lwna"), held("net_null7", true)}));
    EXPECT_EQ(watch.refusals(), 1U);
}

}  // namespace
}  // namespace kmsgate::nic

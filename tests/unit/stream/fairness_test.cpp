// SPDX-License-Identifier: BSD-3-Clause
// One sender, or one edge, does not take the room of all others.
#include <memory>

#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;

constexpr std::uint16_t kOther = 8080;  // no signalling port

class Fairness : public Gate {
  protected:
    void syn(std::uint16_t client, std::uint16_t server = 5060) {
        wire(Arrival::inside, kClient, 0, "S", {}, client, server);
    }
    void syns(std::uint16_t first, std::size_t many, std::uint16_t server = 5060) {
        for (std::size_t i = 0; i < many; ++i) syn(static_cast<std::uint16_t>(first + i), server);
    }
    /// The other side answers, whether the client has asked or not.
    void answer(std::uint16_t client, std::uint16_t server = 5060) {
        wire(Arrival::outside, kServer, kClient + 1, "SA", {}, client, server);
    }
    void confirm(std::uint16_t client, std::uint16_t server = 5060) {
        wire(Arrival::inside, kClient + 1, kServer + 1, "A", {}, client, server);
    }
    void open(std::uint16_t client, std::uint16_t server = 5060) {
        syn(client, server);
        answer(client, server);
        confirm(client, server);
    }
    void small(std::size_t flows, std::size_t frames = 16'384) {
        Limits limits;
        limits.flows = flows;
        limits.frames = frames;
        build(limits);
    }
    [[nodiscard]] Outcome last() const { return host->ended.back().outcome; }
    /// Is it followed? A connection that is not is nobody's, and a message on it passes only where it is.
    [[nodiscard]] bool follows(std::uint16_t client) {
        host->ended.clear();
        const std::string text = message("hello");
        wire(Arrival::inside, kClient + 1, kServer + 1, "PA", text, client);
        return passed_to(Arrival::outside) == text;
    }
    /// The segments of a start line on another port, cut where no half looks like SIP; how many of both
    /// leave.
    [[nodiscard]] std::size_t split_leaves(std::uint16_t client) {
        host->ended.clear();
        const std::string text = message("hello");
        const std::size_t cut = text.find("/2.0\r\n") + 2;
        const auto next = kClient + 1 + static_cast<Sequence>(cut);
        wire(Arrival::inside, kClient + 1, kServer + 1, "A", text.substr(0, cut), client, kOther);
        wire(Arrival::inside, next, kServer + 1, "A", text.substr(cut), client, kOther);
        return ends(Outcome::passed) + ends(Outcome::forward);
    }
    void forbid() {
        host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    }
    /// Another edge of the same worker: what `what` sends goes through it.
    template <class F>
    void through(std::unique_ptr<Streams>& other, F&& what) {
        streams.swap(other);
        what();
        streams.swap(other);
    }
    void hours(int n) {
        for (int i = 0; i < 360 * n; ++i) tick(10 * core::kSecond);
    }
};

// --- half open

TEST_F(Fairness, HalfOpenConnectionsMakeRoom) {
    small(16);
    for (std::uint16_t port = 1; port <= 16; ++port) {
        syn(port);
        answer(port);  // an honest server's, to somebody who never asked
    }
    syns(100, 16);
    EXPECT_EQ(ends(Outcome::tcp_budget), 0U);
    EXPECT_EQ(room->flows.size(), 16U);
}

TEST_F(Fairness, HalfOpenConnectionsAreForgottenAfterAMinute) {
    syn(1);
    answer(1);
    tick(59 * core::kSecond);
    EXPECT_EQ(room->flows.size(), 1U);
    tick(2 * core::kSecond);
    EXPECT_EQ(room->flows.size(), 0U);
}

TEST_F(Fairness, OnceTheClientHasAnsweredItLasts) {
    small(1);
    open(1);
    tick(61 * core::kSecond);
    syn(2);
    EXPECT_EQ(last(), Outcome::tcp_budget);
    EXPECT_TRUE(follows(1));
    hours(2);
    EXPECT_EQ(room->flows.size(), 1U);
    hours(1);
    EXPECT_EQ(room->flows.size(), 0U) << "2 hours and 4 minutes";
}

TEST_F(Fairness, WhoSpeaksIsNotForgotten) {
    open(1);
    open(2);
    for (int i = 0; i < 20; ++i) {
        tick(1'000 * core::kSecond);
        confirm(1);
        tick(core::kSecond / 2);
        confirm(1);  // not moved again so soon, and not forgotten for that
    }
    EXPECT_EQ(room->flows.size(), 1U);
    EXPECT_TRUE(follows(1));
}

TEST_F(Fairness, DataOfTheClientAnswersAsWell) {
    small(1);
    syn(1);
    answer(1);
    EXPECT_TRUE(follows(1)) << "its ACK was lost in front of the gate";
    tick(61 * core::kSecond);
    EXPECT_EQ(room->flows.size(), 1U);
}

TEST_F(Fairness, AGuessedAcknowledgementMakesNothingLast) {
    small(1);
    syn(1);
    answer(1);
    wire(Arrival::inside, kClient + 1, kServer + 1 - 1'000'000, "A", {}, 1);  // believed by nobody who knows
    wire(Arrival::inside, kClient + 1, kServer + 1 + 1'000'000, "A", {}, 1);
    wire(Arrival::outside, kServer + 1, kClient + 1, "A", {}, 1);  // nor is the server its client
    syn(2);
    EXPECT_EQ(last(), Outcome::passed);
    EXPECT_FALSE(follows(1));
}

TEST_F(Fairness, ARenewedConnectionLastsOnceItsClientAnswers) {
    small(1);
    open(1);
    wire(Arrival::inside, 9'000, 0, "S", {}, 1);
    wire(Arrival::outside, 5'000, 9'001, "SA", {}, 1);
    EXPECT_EQ(last(), Outcome::passed);
    wire(Arrival::inside, 9'001, 5'001, "A", {}, 1);
    syn(2);
    EXPECT_EQ(last(), Outcome::tcp_budget);
}

// --- other ports

TEST_F(Fairness, SynsToOtherPortsDoNotPushOutSip) {
    small(64);
    syn(1);
    syns(100, 1'000, 9);  // a port scan, within one round trip
    EXPECT_EQ(room->flows.size(), 64U);
    answer(1);
    EXPECT_TRUE(follows(1));
}

TEST_F(Fairness, SynsToOtherPortsFindNoPlaceAmongSip) {
    small(4);
    syns(1, 4);
    syns(100, 8, 9);
    EXPECT_EQ(ends(Outcome::passed), 12U) << "they pass, unwatched";
    for (std::uint16_t port = 1; port <= 4; ++port) {
        answer(port);
        EXPECT_TRUE(follows(port));
    }
}

TEST_F(Fairness, OtherPortsGiveWayToSip) {
    small(4);
    open(1, kOther);
    open(2, kOther);
    syn(3);
    syn(4, kOther);
    syns(10, 2);
    EXPECT_EQ(room->flows.size(), 4U);
    answer(3);
    EXPECT_TRUE(follows(3)) << "opening, but SIP";
    EXPECT_EQ(host->counted(Counter::tcp_unwatched), 0U) << "nobody had said anything";
}

TEST_F(Fairness, OffPortIdle) {
    forbid();
    open(1, kOther);
    tick(61 * core::kSecond);
    hours(2);
    EXPECT_EQ(split_leaves(1), 1U) << "the first half, which is no line yet";
    EXPECT_EQ(ends(Outcome::redirect), 1U);
}

TEST_F(Fairness, OffPortWithoutAnAnswerIsForgotten) {
    syn(1, kOther);
    answer(1, kOther);
    tick(61 * core::kSecond);
    EXPECT_EQ(room->flows.size(), 0U);
}

TEST_F(Fairness, SynsDoNotPushOutWhatIsWatched) {
    small(64);
    forbid();
    open(1, kOther);
    syns(100, 1'000, 9);
    EXPECT_EQ(split_leaves(1), 1U);
}

TEST_F(Fairness, WhoIsForgottenWithinItsFirstLineIsCounted) {
    small(2);
    open(1, kOther);
    open(2, kOther);
    wire(Arrival::inside, kClient + 1, kServer + 1, "A", "MESS", 1, kOther);
    tick(core::kSecond);
    confirm(2, kOther);  // the youngest now
    syn(3);
    EXPECT_EQ(host->counted(Counter::tcp_unwatched), 1U);
    syn(4);
    EXPECT_EQ(host->counted(Counter::tcp_unwatched), 1U) << "the other one had said nothing";
    EXPECT_EQ(room->kept(), 0U);
}

TEST_F(Fairness, WhoPausesForTwoHoursWithinItsFirstLineIsCounted) {
    open(1, kOther);
    wire(Arrival::inside, kClient + 1, kServer + 1, "A", "MESS", 1, kOther);
    hours(3);
    EXPECT_EQ(host->counted(Counter::tcp_unwatched), 1U);
}

TEST_F(Fairness, WhatProvesToBeNoSipIsNoLoss) {
    open(1, kOther);
    wire(Arrival::inside, kClient + 1, kServer + 1, "A", "GET ", 1, kOther);
    wire(Arrival::inside, kClient + 5, kServer + 1, "A", "/ HTTP/1.1\r\n", 1, kOther);
    EXPECT_EQ(room->flows.size(), 0U);
    EXPECT_EQ(host->counted(Counter::tcp_unwatched), 0U);
}

TEST_F(Fairness, TheFilterCountsManyOfOnePlace) {
    for (std::uint32_t i = 0; i < 300; ++i) {
        const auto client = static_cast<std::uint16_t>(10'000 + i);
        syn(client, static_cast<std::uint16_t>(client ^ 0x1111));
    }
    const std::string f =
        frame_of({.payload = "x", .options = {}, .client_port = 77, .server_port = 77 ^ 0x1111});
    const auto packet = classify::read({reinterpret_cast<const std::uint8_t*>(f.data()), f.size()});
    EXPECT_TRUE(streams->wants(packet)) << "the same place";
    hours(1);
    ASSERT_EQ(room->flows.size(), 0U);
    EXPECT_FALSE(streams->wants(packet)) << "nobody is watched, for ever after";
}

// --- edges that share a worker

TEST_F(Fairness, SynsOfOneEdgeLeaveRoomForAnother) {
    small(64);
    auto other = std::make_unique<Streams>(Limits{}, *room, *hash, 8);
    through(other, [&] { syns(100, 64); });
    EXPECT_EQ(room->flows.size(), 48U) << "but a quarter, half of one of two edges";
    syns(1, 16);
    EXPECT_EQ(room->flows.size(), 64U);
    for (std::uint16_t port = 1; port <= 16; ++port) {
        answer(port);
        EXPECT_TRUE(follows(port));
    }
}

TEST_F(Fairness, OpenConnectionsOfOneEdgeLeaveRoomForAnother) {
    small(64);
    auto other = std::make_unique<Streams>(Limits{}, *room, *hash, 8);
    through(other, [&] {
        for (std::uint16_t port = 100; port < 164; ++port) open(port);
    });
    EXPECT_EQ(room->flows.size(), 48U);
    EXPECT_EQ(ends(Outcome::tcp_budget), 16U);
    open(1);
    EXPECT_TRUE(follows(1));
}

TEST_F(Fairness, OneEdgeDoesNotTakeAllRoomOfAnother) {
    small(4'096, 1'024);
    auto other = std::make_unique<Streams>(Limits{}, *room, *hash, 8);
    through(other, [&] {
        const std::string text = message(std::string(1'000, 'x'));
        for (std::uint16_t port = 1; port <= 40; ++port) {
            open(port);
            for (Sequence i = 0; i < 300; ++i)
                wire(Arrival::inside, kClient + 1 + i, kServer + 1, "A", text.substr(i, 1), port);
        }
    });
    EXPECT_LE(room->kept(), 768U);
    open(1);
    EXPECT_TRUE(follows(1));
}

TEST_F(Fairness, AnEdgeAloneHasEverything) {
    small(16, 100);
    syns(1, 16);
    EXPECT_EQ(room->flows.size(), 16U);
    {
        const Streams other({}, *room, *hash, 8);
        syn(100);
        EXPECT_EQ(room->flows.size(), 16U) << "what it has taken it keeps";
    }
    syn(101);
    EXPECT_EQ(room->flows.size(), 16U);
    EXPECT_EQ(ends(Outcome::tcp_budget), 0U);
}

TEST_F(Fairness, AnEdgeThatGoesGivesItsRoomBack) {
    small(16, 100);
    {
        auto other = std::make_unique<Streams>(Limits{}, *room, *hash, 8);
        through(other, [&] {
            open(1);
            wire(Arrival::inside, kClient + 1, kServer + 1, "A", "MESSAGE", 1);
        });
        EXPECT_EQ(room->flows.size(), 1U);
        EXPECT_EQ(room->kept(), 1U);
    }
    EXPECT_EQ(room->flows.size(), 0U);
    EXPECT_EQ(room->kept(), 0U);
}

/// Keep-alives whose TTL ends behind the gate: nobody waits for anything, and nobody acknowledges them.
TEST_F(Fairness, WhatNobodyAcknowledgesKeepsOutNobody) {
    Limits limits;
    limits.frames = 1'024;
    build(limits);
    for (std::uint16_t client = 1; client <= 40; ++client) {
        syn(client);
        answer(client);
        confirm(client);
        for (Sequence i = 0; i < 300; ++i)
            wire(Arrival::inside, kClient + 1 + i, kServer + 1, "A", "\n", client);
    }
    EXPECT_GT(room->kept(), 1'000U);
    now += 2 * core::kSecond;
    host->ended.clear();
    shake_hands();
    for (int i = 0; i < 10; ++i) {
        wire(Arrival::inside, at[0], at[1], "PA", message("hello"));
        tick(2 * core::kSecond);
    }
    EXPECT_NE(passed_to(Arrival::outside).find("hello"), std::string::npos) << "kept " << room->kept();
    EXPECT_GE(host->counted(Counter::tcp_late), 1U);
}

}  // namespace
}  // namespace kmsgate::stream::test

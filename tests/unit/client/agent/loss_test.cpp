// SPDX-License-Identifier: BSD-3-Clause
// A network that loses and repeats messages changes nothing of what comes out.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/client/agent/world.hpp"

namespace kmsgate::client::agent::test {
namespace {

const std::vector<std::string> kCaller{"sent-mikey", "received-krr", "sent-mikey", "established", "ended"};
const std::vector<std::string> kCallee{"received-mikey", "sent-krr", "received-mikey", "accepted", "ended"};

void expect_well(Wire& wire, const std::string& what) {
    SCOPED_TRACE(what);
    EXPECT_EQ(kinds(wire.caller_events), kCaller);
    EXPECT_EQ(kinds(wire.callee_events), kCallee);
    const Event* const accepted = find(wire.callee_events, Event::Kind::accepted);
    const Event* const established = find(wire.caller_events, Event::Kind::established);
    ASSERT_TRUE(accepted != nullptr && established != nullptr);
    EXPECT_EQ(accepted->key, established->key);
    EXPECT_EQ(wire.store.all().size(), 1U);
    EXPECT_TRUE(wire.initiator.finished());
    EXPECT_FALSE(wire.receiver.next_timer());
}

/// What one call sends when nothing is lost.
std::size_t plain_messages(imessage::Purpose purpose) {
    Wire wire(alice_of_x1(), bob_of_x1());
    wire.start(call_to_bob(purpose));
    wire.run();
    return wire.log.size();
}

TEST(Loss, EachMessageInTurn) {
    for (const auto purpose : {imessage::Purpose::pck, imessage::Purpose::gmk}) {
        const std::size_t most = plain_messages(purpose);
        EXPECT_EQ(most, purpose == imessage::Purpose::pck ? 8U : 4U);
        for (std::size_t lost = 0; lost < most; ++lost) {
            Wire wire(alice_of_x1(), bob_of_x1());
            std::string what;
            wire.fate = [&](std::size_t number, const Wire::Sent& sent) -> std::vector<Time> {
                if (number != lost) return {10 * kMillisecond};
                what = first_line(sent.bytes);
                return {};
            };
            wire.start(call_to_bob(purpose));
            wire.run();
            expect_well(wire, "lost: " + what);
            EXPECT_GT(wire.log.size(), most) << what;
        }
    }
}

TEST(Loss, TheFirstThreeCopiesOfEverything) {
    Wire wire(alice_of_x1(), bob_of_x1());
    std::map<std::string, int> seen;
    wire.fate = [&](std::size_t, const Wire::Sent& sent) -> std::vector<Time> {
        return ++seen[sent.bytes] > 3 ? std::vector<Time>{10 * kMillisecond} : std::vector<Time>{};
    };
    wire.start();
    wire.run();
    expect_well(wire, "three copies lost");
}

TEST(Loss, DuplicatesOfEverything) {
    for (const Time later : {Time{0}, 30 * kMillisecond, 4 * kSecond}) {
        for (const auto purpose : {imessage::Purpose::pck, imessage::Purpose::gmk}) {
            Wire wire(alice_of_x1(), bob_of_x1());
            std::size_t copies = 0;
            wire.fate = [&](std::size_t, const Wire::Sent&) -> std::vector<Time> {
                // copies make copies (an ACK for each 488): bounded, or two mirrors would talk for ever
                if (++copies > 200) return {10 * kMillisecond};
                return {10 * kMillisecond, 10 * kMillisecond + later};
            };
            wire.start(call_to_bob(purpose));
            wire.run();
            expect_well(wire, "everything twice");
            std::set<std::string> different;
            for (const Wire::Sent& sent : wire.log) different.insert(sent.bytes);
            EXPECT_EQ(different.size(), plain_messages(purpose));
        }
    }
}

TEST(Loss, AReliableTransportRepeatsNothing) {
    for (const auto purpose : {imessage::Purpose::pck, imessage::Purpose::gmk}) {
        Wire wire(alice_of_x1(), bob_of_x1(), true);
        wire.start(call_to_bob(purpose));
        wire.run();
        expect_well(wire, "reliable");
        EXPECT_EQ(wire.log.size(), plain_messages(purpose));
        for (const Wire::Sent& sent : wire.log)
            EXPECT_TRUE(header(sent.bytes, "Via").starts_with("SIP/2.0/TCP ")) << sent.bytes;
    }
}

TEST(Loss, APeerThatIsSilentFromSomePointOn) {
    const std::size_t most = plain_messages(imessage::Purpose::pck);
    for (std::size_t from = 0; from < most; ++from) {
        Wire wire(alice_of_x1(), bob_of_x1());
        wire.fate = [&](std::size_t number, const Wire::Sent&) -> std::vector<Time> {
            return number < from ? std::vector<Time>{10 * kMillisecond} : std::vector<Time>{};
        };
        wire.start();
        wire.run();
        // both ends come to an end by themselves, and no end believes in a call that does not stand
        EXPECT_TRUE(wire.initiator.finished()) << from;
        EXPECT_FALSE(wire.receiver.next_timer()) << from;
        const Event::Kind last = wire.caller_events.back().kind;
        EXPECT_EQ(last, from >= 5 ? Event::Kind::ended : Event::Kind::failed) << from;
        if (last == Event::Kind::failed) {
            EXPECT_EQ(wire.caller_events.back().detail, "timeout");
        }
    }
}

}  // namespace
}  // namespace kmsgate::client::agent::test

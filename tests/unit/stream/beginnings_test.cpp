// SPDX-License-Identifier: BSD-3-Clause
// Connections that end or begin for one of their ends only: a sender that tells the gate, by segments that do
// not get as far as their receiver, of an end that never was; and ends that have forgotten each other.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;

class Beginnings : public Gate {
  protected:
    Wire client(std::string flags, Sequence seq, std::string payload = {}) const {
        return {.from = Arrival::inside,
                .seq = seq,
                .ack = at[1],
                .flags = std::move(flags),
                .payload = std::move(payload),
                .options = {},
                .server_port = port};
    }
    Wire server(std::string flags, Sequence seq, Sequence ack, std::string payload = {}) const {
        return {.from = Arrival::outside,
                .seq = seq,
                .ack = ack,
                .flags = std::move(flags),
                .payload = std::move(payload),
                .options = {},
                .server_port = port};
    }
    void open() {
        send(client("S", kClient));
        send(server("SA", kServer, kClient + 1));
        send(client("A", kClient + 1));
    }
    std::uint16_t port = 5060;
};

TEST_F(Beginnings, AnEndAtAnotherPlaceMakesNothingLate) {
    open();
    send(client("R", at[0]));
    for (const Sequence far : {at[0] + 1'000'000, at[0] + 0x7000'0000, at[0] - 1}) {
        send(client("S", far));
        send(client("R", far + 1));
        send(client("PA", at[0], message("unjudged")));
        EXPECT_EQ(passed_to(Arrival::outside), "");
    }
    EXPECT_EQ(ends(Outcome::tcp_midstream), 3U);
}

TEST_F(Beginnings, WhereNobodyAnsweredNothingIsLate) {
    send(client("S", kClient));
    send(server("RA", 0, kClient + 1));
    for (const Sequence place : {0U, 0xFFFF'0000U, 0x8000'0001U, 1U})
        send(server("PA", place, kClient + 1, message()));
    EXPECT_EQ(passed_to(Arrival::inside), "");
}

TEST_F(Beginnings, WhatItsReceiverHasIsStillLate) {
    open();
    say(Arrival::inside, message("1"));
    send(server("A", at[1], at[0]));
    send(server("R", at[1], at[0]));
    send(client("PA", kClient + 1, message("1")));
    EXPECT_EQ(passed_to(Arrival::outside), message("1") + message("1"));
}

TEST_F(Beginnings, AnEndedConnectionIsNotJoined) {
    host->action = policy::Action::judge;
    open();
    const std::string text = message(message("in its body"));
    const std::size_t half = text.find("\r\n\r\n") + 4;
    const Sequence start = at[0];
    send(client("A", start, text.substr(0, half)));
    send(client("PA", start + static_cast<Sequence>(half), text.substr(half)));
    EXPECT_EQ(host->messages.size(), 1U);
    at[0] += static_cast<Sequence>(text.size());
    send(client("R", at[0]));
    // its receiver lost the second half, and waits for it
    send(server("A", at[1], start + static_cast<Sequence>(half)));
    send(client("PA", start + static_cast<Sequence>(half), message("other")));
    EXPECT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
    EXPECT_FALSE(ours(Arrival::inside).empty()) << "its sender hears a reset";
}

TEST_F(Beginnings, NobodyEndsAConnectionWithASynOfAnyNumber) {
    open();
    send(server("SA", kServer + 5'000, kClient + 77));
    send(client("SA", 4));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 2U);
    say(Arrival::inside, message("1"));
    EXPECT_EQ(passed_to(Arrival::outside), message("1"));
}

TEST_F(Beginnings, EndsThatHaveForgottenEachOtherBeginAnew) {
    open();
    say(Arrival::inside, message("1"));
    send(client("S", 70'000));
    EXPECT_EQ(ends(Outcome::passed), 4U) << "its peer has to say what it thinks of it";
    say(Arrival::inside, message("2"));
    EXPECT_EQ(passed_to(Arrival::outside), message("1") + message("2")) << "nothing has changed yet";
    send(client("S", 70'000));  // who goes on has forgotten nothing
    send(server("SA", 5, 70'002));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U) << "no answer to it";
    send(server("SA", 5, 70'001));
    at[0] = 70'001;
    at[1] = 6;
    send(client("A", at[0]));
    say(Arrival::inside, message("3"));
    say(Arrival::outside, message("4"));
    EXPECT_EQ(passed_to(Arrival::outside), message("1") + message("2") + message("3"));
    EXPECT_EQ(passed_to(Arrival::inside), message("4"));
    EXPECT_EQ(room->flows.size(), 1U);
    send(server("SA", 900, 70'001));
    EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_invalid) << "it has begun";
}

TEST_F(Beginnings, AlsoByTheOtherEnd) {
    open();
    send(server("S", 3'000, 0));
    send(client("SA", 90));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
    Wire answer = client("SA", 90);
    answer.ack = 3'001;
    send(answer);
    at[0] = 91;
    at[1] = 3'001;
    say(Arrival::outside, message("1"));
    say(Arrival::inside, message("2"));
    EXPECT_EQ(passed_to(Arrival::inside), message("1"));
    EXPECT_EQ(passed_to(Arrival::outside), message("2"));
}

/// A start line on another port whose end comes alone, so that only who has seen its beginning knows it.
class SplitLine : public Beginnings {
  protected:
    SplitLine() { port = 8080; }
    /// Its second half; whether it got through.
    bool rest_passes() {
        const std::size_t had = passed_to(Arrival::outside).size();
        send(client("PA", at[0] + static_cast<Sequence>(half), text.substr(half)));
        return passed_to(Arrival::outside).size() != had;
    }
    void begin() {
        host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
        send(client("PA", at[0], text.substr(0, half)));
        EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
    }
    const std::string text = message("0123456789");
    const std::size_t half = text.find(".0\r\n");
};

TEST_F(SplitLine, IsJudged) {
    open();
    begin();
    EXPECT_FALSE(rest_passes());
    EXPECT_EQ(host->messages.size(), 1U);
}

TEST_F(SplitLine, AfterAnEndThatNobodyHeardOf) {
    open();
    begin();
    send(client("R", at[0] + static_cast<Sequence>(half)));
    EXPECT_FALSE(rest_passes());
}

TEST_F(SplitLine, AfterABeginningThatNobodyHeardOf) {
    open();
    begin();
    send(client("S", 77));
    EXPECT_FALSE(rest_passes());
}

TEST_F(SplitLine, WithBytesThatOnlyItsReceiverTakes) {
    open();
    begin();
    send(client("PAU", at[0] + static_cast<Sequence>(half), text.substr(half, 3)));
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, half));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
}

TEST_F(SplitLine, AfterDataBeforeTheAnswer) {
    send(client("S", kClient));
    send(client("A", at[0], "x"));
    EXPECT_EQ(ends(Outcome::passed), 2U) << "the other direction may go another way";
    send(server("SA", kServer, kClient + 1));
    begin();
    EXPECT_FALSE(rest_passes());
}

TEST_F(SplitLine, OfTwoAnswersOnlyOneReachesItsPeer) {
    open();
    send(server("SA", 70, kClient + 1));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
    EXPECT_EQ(host->counted(Counter::tcp_window), 1U);
    begin();
    EXPECT_FALSE(rest_passes());
}

TEST_F(SplitLine, OfTwoBeginningsTheLastCounts) {
    send(client("S", kClient));
    send(client("S", kClient + 5'000));  // right behind it; its receiver asks back
    send(server("SA", kServer, kClient + 1));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U) << "whoever is not answered has no connection";
    send(server("SA", kServer, kClient + 5'001));
    at[0] = kClient + 5'001;
    begin();
    EXPECT_FALSE(rest_passes());
}

TEST_F(SplitLine, BehindDataOnASynThatItsReceiverLeftAlone) {
    send(client("S", kClient, "GET / HTTP/1.1\r\n"));
    EXPECT_EQ(ends(Outcome::passed), 1U);
    send(server("SA", kServer, kClient + 1));
    begin();
    EXPECT_FALSE(rest_passes());
}

TEST_F(SplitLine, DataOnASynThatIsNoSipAndWasTaken) {
    const std::string get = "GET / HTTP/1.1\r\n";
    send(client("S", kClient, get));
    send(server("SA", kServer, kClient + 1 + static_cast<Sequence>(get.size())));
    EXPECT_EQ(room->flows.size(), 0U);
    EXPECT_EQ(ends(Outcome::passed), 2U);
}

TEST_F(SplitLine, DataOnASynThatCouldBecomeSip) {
    send(client("S", kClient, text.substr(0, half)));
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
    EXPECT_EQ(host->counted(Counter::tcp_syn_data), 1U);
    send(client("S", kClient, std::string("\x16\x03\x01", 3)));
    EXPECT_EQ(ends(Outcome::passed), 1U) << "TLS";
}

TEST_F(SplitLine, BehindASynWithOddOptionsOrAFin) {
    Wire odd = client("S", kClient);
    odd.options = std::string("\x02\x04\x05\xb4\x02\x04\x05\xb4", 8);
    send(odd);
    send(server("SA", kServer, kClient + 1));
    begin();
    EXPECT_FALSE(rest_passes());
    odd = client("SF", 5);
    odd.client_port = 40'001;
    send(odd);
    EXPECT_EQ(room->flows.size(), 2U);
}

constexpr std::string_view kOffer{"\x1e\x0c\x01\x81\x01\x02\x03\x04\x05\x06\x07\x08", 12};
constexpr std::string_view kMss{"\x02\x04\x05\xb4", 4};
constexpr std::string_view kNops{"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 12};

TEST_F(Beginnings, NeitherEndHearsOfMultipath) {
    Wire offer = client("S", kClient);
    offer.options = std::string(kMss) + std::string(kOffer) + std::string("\x01\x03\x03\x02", 4);
    send(offer);
    const Wire left = read_back(host->ended.back().frame);  // with its checksum
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
    EXPECT_EQ(left.options, std::string(kMss) + std::string(kNops) + std::string("\x01\x03\x03\x02", 4));
    Wire answer = server("SA", kServer, kClient + 1);
    answer.options = std::string(kOffer);
    send(answer);
    EXPECT_EQ(read_back(host->ended.back().frame).options, kNops);
    EXPECT_EQ(host->counted(Counter::tcp_multipath), 2U);
    say(Arrival::inside, message("1"));
    EXPECT_EQ(passed_to(Arrival::outside), message("1"));
}

TEST_F(Beginnings, AWatchingEdgeLeavesMultipathAlone) {
    host->watches = true;
    Wire offer = client("S", kClient);
    offer.options = kOffer;
    send(offer);
    EXPECT_EQ(read_back(host->ended.back().frame).options, kOffer);
}

TEST_F(SplitLine, MultipathIsLeftAloneWhereItIsNoSip) {
    Wire offer = client("S", kClient);
    offer.options = kOffer;
    send(offer);
    EXPECT_EQ(read_back(host->ended.back().frame).options, kOffer);
    send(server("SA", kServer, kClient + 1));
    Wire sip = client("PA", at[0], text);
    sip.options = std::string("\x1e\x08\x20\x00\x00\x00\x00\x00", 8);
    send(sip);
    EXPECT_EQ(ends(Outcome::tcp_broken), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), "");
    EXPECT_TRUE(host->messages.empty());
}

}  // namespace
}  // namespace kmsgate::stream::test

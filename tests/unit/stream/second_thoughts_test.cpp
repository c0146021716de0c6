// SPDX-License-Identifier: BSD-3-Clause
// Proofs of the second review: each fails until what it shows is mended.
#include "tests/unit/stream/kit.hpp"
#include "tests/unit/stream/tls_bytes.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;
using core::Outcome;

class SecondThoughts : public Gate {
  protected:
    void one(std::uint16_t client, std::uint16_t server, Arrival from, Sequence seq, Sequence ack,
             std::string flags, std::string payload = {}) {
        wire(from, seq, ack, std::move(flags), std::move(payload), client, server);
    }
    void begin(std::uint16_t client, std::uint16_t server) {
        one(client, server, Arrival::inside, kClient, 0, "S");
        one(client, server, Arrival::outside, kServer, kClient + 1, "SA");
        one(client, server, Arrival::inside, kClient + 1, kServer + 1, "A");
    }
    /// Lines on other ports that never end, everything acknowledged.
    void fill_with_lines(std::uint16_t connections) {
        for (std::uint16_t c = 0; c < connections; ++c) {
            begin(static_cast<std::uint16_t>(1'000 + c), 80);
            for (Sequence i = 0; i < 20; ++i) {
                one(static_cast<std::uint16_t>(1'000 + c), 80, Arrival::inside, kClient + 1 + i, kServer + 1,
                    "A", "x");
                one(static_cast<std::uint16_t>(1'000 + c), 80, Arrival::outside, kServer + 1, kClient + 2 + i,
                    "A");
            }
        }
    }
};

/// 1. A few connections on other ports hold every frame for two hours.
TEST_F(SecondThoughts, LinesOnOtherPortsDoNotTakeTheRoomOfSip) {
    build({.frames = 64});
    fill_with_lines(30);
    EXPECT_EQ(streams->held(), 0U) << "nothing of them waits";
    for (int i = 0; i < 40; ++i) tick(core::kSecond);
    shake_hands();
    say(Arrival::inside, message("hello"));
    EXPECT_EQ(passed_to(Arrival::outside).find("MESSAGE") != std::string::npos, true);
}

TEST_F(SecondThoughts, NorThatOfTheWeb) {
    build({.frames = 64});
    fill_with_lines(30);
    for (int i = 0; i < 40; ++i) tick(core::kSecond);
    begin(7, 443);
    one(7, 443, Arrival::inside, kClient + 1, kServer + 1, "A", "GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
}

/// 2. Who has used up its own part of the room gets none at the cost of others.
TEST_F(SecondThoughts, WhoHasHisQuarterTakesNobodysRoom) {
    build({.frames = 400});
    std::vector<std::uint16_t> honest;
    const std::string text = message(std::string(100, 'b'));
    for (std::uint16_t c = 0; c < 8; ++c) {
        begin(static_cast<std::uint16_t>(1'000 + c), 5060);
        one(static_cast<std::uint16_t>(1'000 + c), 5060, Arrival::inside, kClient + 1, kServer + 1, "A",
            text.substr(0, 60));
    }
    now += 2 * core::kSecond;  // a segment was lost, or its acknowledgement: nothing unusual
    begin(40'000, 5060);
    const std::string large = message(std::string(4'000, 'c'));
    for (Sequence i = 0; i < 120; ++i)
        one(40'000, 5060, Arrival::inside, kClient + 1 + i, kServer + 1, "A", large.substr(i, 1));
    EXPECT_EQ(host->counted(Counter::tcp_refused), 0U);
    EXPECT_LT(room->kept(), 200U);
}

/// 3. RFC 9293 3.5.1: an end that had forgotten the connection asks with a SYN, hears where the other one
/// stands, resets it and begins anew.
TEST_F(SecondThoughts, AHalfOpenConnectionIsFoundOut) {
    one(40'000, 5060, Arrival::inside, kClient, 0, "S");
    one(40'000, 5060, Arrival::outside, 777, 888, "A");  // it still has one (RFC 5961 4)
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
    one(40'000, 5060, Arrival::inside, 888, 0, "R");
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
    begin(40'000, 5060);
    one(40'000, 5060, Arrival::inside, kClient + 1, kServer + 1, "PA", message());
    EXPECT_EQ(host->messages.size(), 1U);
}

/// 4. A receiver that acknowledges too early takes the begin of a line out of what is judged.
TEST_F(SecondThoughts, ALineThatHasLeftIsJudgedWithTheRest) {
    begin(40'000, 8080);
    const std::string text = message("0123456789");
    const auto place = [&](std::size_t n) { return kClient + 1 + static_cast<Sequence>(n); };
    one(40'000, 8080, Arrival::inside, place(0), kServer + 1, "A", text.substr(0, 10));
    one(40'000, 8080, Arrival::outside, kServer + 1, place(10), "A");
    one(40'000, 8080, Arrival::inside, place(10), kServer + 1, "A", text.substr(10, text.size() - 15));
    one(40'000, 8080, Arrival::outside, kServer + 1, place(text.size() - 5), "A");
    one(40'000, 8080, Arrival::inside, place(text.size() - 5), kServer + 1, "PA",
        text.substr(text.size() - 5));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
}

/// 5. An acknowledgement alone, from behind bytes that its receiver has no room for, is thrown away by it
/// (RFC 9293 3.10.7.4); then the other direction stands still until there is room.
TEST_F(SecondThoughts, AnAcknowledgementStandsWhereItsReceiverTakesIt) {
    shake_hands({}, 5'000);
    const std::string first = message(std::string(4'800, 'b'));
    for (std::size_t from = 0; from < first.size(); from += 1'100) part(first, from, from + 1'100);
    at[0] += static_cast<Sequence>(first.size());
    say(Arrival::inside, message(std::string(700, 'b')));  // judged, no room for it
    ASSERT_EQ(streams->held(), 1U);
    host->ended.clear();
    host->sent.clear();
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = kClient + 1,
          .flags = "PA",
          .window = 5'000,
          .payload = message(),
          .options = {}});
    at[1] += static_cast<Sequence>(message().size());
    ASSERT_EQ(streams->held(), 1U);
    send({.from = Arrival::inside, .seq = at[0], .ack = at[1], .flags = "A", .payload = {}, .options = {}});
    bool heard = false;
    const auto look = [&](const Wire& w) {
        heard = heard || (w.from == Arrival::inside && w.ack == at[1] && !after(w.seq, kClient + 1 + 5'000) &&
                          !before(w.seq, kClient + 1 + static_cast<Sequence>(first.size())));
    };
    for (const Left& left : host->ended)
        if (core::fate(left.outcome) == core::Fate::out) look(read_back(left.frame));
    for (const Wire& w : ours(Arrival::outside)) look(w);
    for (int i = 0; i < 30; ++i) tick(100 * core::kMillisecond);
    for (const Wire& w : ours(Arrival::outside)) look(w);
    EXPECT_TRUE(heard);
}

/// 6. The ClientHello of who sends early data ends in a segment that ends within the header of a record.
TEST_F(SecondThoughts, AClientHelloWhoseSegmentEndsWithinAHeaderLeaves) {
    host->action = policy::Action::judge;
    shake_hands();
    std::string hello;
    for (std::size_t i = 0; i < kTls13[0].size(); i += 2)
        hello += static_cast<char>(std::stoi(std::string(kTls13[0].substr(i, 2)), nullptr, 16));
    const std::string data =
        std::string("\x17\x03\x03", 3) + std::string("\x00\x40", 2) + std::string(64, 'e');
    say(Arrival::inside, hello + data.substr(0, 3));
    say(Arrival::inside, data.substr(3));
    for (int i = 0; i < 20; ++i) tick(core::kSecond);
    EXPECT_EQ(passed_to(Arrival::outside).substr(0, hello.size()), hello);
}

/// 7. The one who gives way hears of it, also when what it keeps has left.
TEST_F(SecondThoughts, WhoGivesWayWhatHasLeftHearsAReset) {
    build({.frames = 32});
    const std::string text = message();
    begin(1'000, 5060);
    Sequence seq = kClient + 1;
    for (int i = 0; i < 4; ++i, seq += static_cast<Sequence>(text.size()))
        one(1'000, 5060, Arrival::inside, seq, kServer + 1, "A", text);  // nobody acknowledges it
    now += core::kSecond;
    for (std::uint16_t c = 0; c < 12; ++c) {
        begin(static_cast<std::uint16_t>(2'000 + c), 5060);
        for (Sequence i = 0; i < 3; ++i)
            one(static_cast<std::uint16_t>(2'000 + c), 5060, Arrival::inside, kClient + 1 + i, kServer + 1,
                "A", text.substr(i, 1));
        if (c == 0) now += 2 * core::kSecond;
    }
    std::size_t resets = 0;
    for (const Arrival port : {Arrival::inside, Arrival::outside})
        for (const Wire& w : ours(port))
            if (w.client_port == 1'000 && w.flags.find('R') != std::string::npos) ++resets;
    EXPECT_GT(host->counted(Counter::tcp_refused), 0U);
    EXPECT_EQ(resets, 2U);
}

/// 8. The server lets its first SYN-ACK die behind the gate, so that the client repeats its SYN; minutes
/// later it answers that SYN once more, at a place that it chooses: where its client stands within a body.
/// From there on gate and client read different messages, and two versions of the same bytes leave.
TEST_F(SecondThoughts, ASynThatWasAnsweredIsNotAnsweredAgain) {
    one(40'000, 5060, Arrival::inside, kClient, 0, "S");
    one(40'000, 5060, Arrival::outside, kServer, kClient + 1, "SA");  // low TTL
    one(40'000, 5060, Arrival::inside, kClient, 0, "S");
    one(40'000, 5060, Arrival::outside, kServer, kClient + 1, "SA");  // a copy; this one arrives
    one(40'000, 5060, Arrival::inside, kClient + 1, kServer + 1, "A");
    const std::string first = message(std::string(400, 'b'));
    const Sequence cut = kServer + 1 + 200;
    one(40'000, 5060, Arrival::outside, kServer + 1, kClient + 1, "A", first.substr(0, 200));
    one(40'000, 5060, Arrival::outside, cut, kClient + 1, "A", first.substr(200));  // low TTL
    ASSERT_EQ(host->messages.size(), 1U);
    one(40'000, 5060, Arrival::inside, kClient + 1, cut, "A");  // so that is where the client stands
    one(40'000, 5060, Arrival::outside, cut - 1, kClient + 1, "SA");
    const std::string second = message("a=key-mgmt:mikey ...", "Content-Type: text/plain\r\n");
    one(40'000, 5060, Arrival::outside, cut, kClient + 1, "A", second);
    EXPECT_EQ(passed_to(Arrival::inside), first) << "other bytes for a place that has its bytes";
}

/// 9. The same at the begin: the answer to the repeated SYN, which crossed the first answer, begins earlier.
/// What the gate takes for the first message its client takes for old, and reads on in the body.
TEST_F(SecondThoughts, NoDataBeforeTheClientHasSaidWhichAnswerItTook) {
    const std::string inner = message("a=key-mgmt:mikey ...");
    const std::string outer = message(inner, "Content-Type: text/plain\r\n");
    const auto skip = static_cast<Sequence>(outer.size() - inner.size());
    one(40'000, 5060, Arrival::inside, kClient, 0, "S");
    one(40'000, 5060, Arrival::outside, kServer, kClient + 1, "SA");         // the client takes this one
    one(40'000, 5060, Arrival::inside, kClient, 0, "S");                     // sent before it came
    one(40'000, 5060, Arrival::outside, kServer - skip, kClient + 1, "SA");  // nobody's
    one(40'000, 5060, Arrival::inside, kClient + 1, kServer + 1, "A");
    one(40'000, 5060, Arrival::outside, kServer + 1 - skip, kClient + 1, "A", outer);
    for (const Left& left : host->ended) {
        if (core::fate(left.outcome) != core::Fate::out) continue;
        const Wire w = read_back(left.frame);
        EXPECT_FALSE(w.from == Arrival::outside && !w.payload.empty())
            << "the client reads: " << w.payload.substr(kServer + 1 - w.seq);
    }
}

/// 10. Who guesses an old place (half of all numbers) and an acknowledgement within a window (one of 2^16, or
/// of 512 with scale 7) says a timestamp of the far future: everything that its victim says is then too old.
TEST_F(SecondThoughts, ATimestampFromAnOldPlaceIsNobodys) {
    const auto stamp = [](std::uint32_t value) {
        return std::string("\x01\x01\x08\x0a", 4) +
               std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                           static_cast<char>(value >> 8), static_cast<char>(value)} +
               std::string(4, '\0');
    };
    shake_hands(stamp(1'000));
    send({.from = Arrival::inside,
          .seq = at[0] - 1'000'000,
          .ack = at[1] - 10'000,
          .flags = "A",
          .payload = {},
          .options = stamp(2'000'000'000)});
    const std::string text = message();
    send({.from = Arrival::inside,
          .seq = at[0],
          .ack = at[1],
          .flags = "PA",
          .payload = text,
          .options = stamp(1'001)});
    EXPECT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(host->counted(Counter::tcp_old_timestamp), 0U);
}

/// 11. The same with a FIN.
TEST_F(SecondThoughts, AFinFromAnOldPlaceEndsNothing) {
    shake_hands();
    send({.from = Arrival::inside,
          .seq = at[0] - 1'000'000,
          .ack = at[1] - 10'000,
          .flags = "FA",
          .payload = {},
          .options = {}});
    const std::string text = message();
    say(Arrival::inside, text);
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

}  // namespace
}  // namespace kmsgate::stream::test

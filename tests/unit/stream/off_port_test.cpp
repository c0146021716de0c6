// SPDX-License-Identifier: BSD-3-Clause
// Connections that use no signalling port: SIP is judged there as well, all else is left alone.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

/// Connections that use no signalling port.
class OffPort : public Gate {
  protected:
    void open() {
        send({.from = Arrival::inside,
              .seq = kClient,
              .flags = "S",
              .payload = {},
              .options = {},
              .server_port = 8080});
        send({.from = Arrival::outside,
              .seq = kServer,
              .ack = kClient + 1,
              .flags = "SA",
              .payload = {},
              .options = {},
              .server_port = 8080});
    }
    void say(Arrival from, std::string payload) {
        const auto side = static_cast<std::size_t>(from);
        const auto size = static_cast<Sequence>(payload.size());
        send({.from = from,
              .seq = at[side],
              .ack = at[1 - side],
              .payload = std::move(payload),
              .options = {},
              .server_port = 8080});
        at[side] += size;
    }
};

TEST_F(OffPort, AStreamThatStartsLikeSipIsJudged) {
    open();
    const std::string text = message("0123456789");
    say(Arrival::inside, text.substr(0, 50));
    EXPECT_EQ(passed_to(Arrival::outside), "");
    say(Arrival::inside, text.substr(50));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    say(Arrival::inside, text);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(ours(Arrival::outside).size(), 1U);
}

TEST_F(OffPort, AlsoByteByByte) {
    host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    open();
    const std::string text = message("0123456789");
    for (const char c : text) say(Arrival::inside, std::string(1, c));
    EXPECT_LT(passed_to(Arrival::outside).size(), text.find("\r\n") + 1) << "less than its first line";
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    EXPECT_EQ(ours(Arrival::outside).size(), 1U);
}

TEST_F(OffPort, WhatIsNoSipIsForgottenAtOnce) {
    open();
    EXPECT_EQ(room->flows.size(), 1U);
    say(Arrival::inside, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(room->flows.size(), 0U);
    EXPECT_EQ(room->kept(), 0U);
    say(Arrival::outside, "HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_EQ(ends(Outcome::passed), 4U);
    EXPECT_TRUE(host->messages.empty());
}

TEST_F(OffPort, NothingWaitsWhileItIsUnclear) {
    open();
    for (int i = 0; i < 40; ++i) say(Arrival::inside, "x");
    EXPECT_EQ(passed_to(Arrival::outside), std::string(40, 'x'));
    EXPECT_EQ(streams->held(), 0U);
    for (int i = 0; i < 70; ++i) {
        say(Arrival::inside, std::string(1'000, 'x'));
        say(Arrival::outside, {});
    }
    EXPECT_EQ(room->flows.size(), 0U) << "no message is that long";
}

TEST_F(OffPort, WhatLooksOddIsNobodysMatterWhereItIsNoSip) {
    const auto odd = [&](Wire w) {
        w.server_port = 8080;
        send(w);
        EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
    };
    odd({.from = Arrival::inside,
         .seq = kClient,
         .flags = "S",
         .payload = "GET / HTTP/1.1\r\n",
         .options = {}});
    odd({.from = Arrival::inside, .seq = kClient, .flags = "S", .payload = {}, .options = {}});
    odd({.from = Arrival::inside,
         .seq = at[0],
         .ack = at[1],
         .payload = "one direction only",
         .options = {}});
    open();
    say(Arrival::inside, "GET / HTTP/1.1\r\n");
    odd({.from = Arrival::inside, .seq = at[0] + 200'000, .ack = at[1], .payload = "zz", .options = {}});
    odd({.from = Arrival::inside, .seq = at[0], .ack = at[1], .flags = "AU", .payload = "zz", .options = {}});
    at[0] = kClient + 1;
    open();  // the same ends once more
    say(Arrival::inside, message());
    EXPECT_EQ(host->messages.size(), 1U);
    send({.from = Arrival::inside,
          .seq = kClient,
          .flags = "S",
          .payload = message(),
          .options = {},
          .client_port = 7,
          .server_port = 8080});
    EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_invalid);
}

TEST_F(OffPort, SipOfWhichNoBeginningWasSeen) {
    say(Arrival::inside, message());
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
    say(Arrival::inside, "something else");
    EXPECT_EQ(ends(Outcome::passed), 1U);
}

}  // namespace
}  // namespace kmsgate::stream::test

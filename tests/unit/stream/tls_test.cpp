// SPDX-License-Identifier: BSD-3-Clause
// TLS that policy lets pass: real handshakes as they are, and what only begins like one.
#include "dataplane/stream/tls.hpp"
#include "tests/unit/stream/kit.hpp"
#include "tests/unit/stream/tls_bytes.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;
using policy::Action;
using policy::Cause;

std::string bytes(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return out;
}
std::string width(std::size_t n, std::size_t bytes) {
    std::string out;
    while (bytes-- != 0) out += static_cast<char>(n >> 8 * bytes & 0xFF);
    return out;
}
std::string record(char type, std::string_view content) {
    return std::string(1, type) + "\x03\x03" + width(content.size(), 2) + std::string(content);
}
std::string handshake_record(std::string_view content) {
    return record(kHandshake, content);
}
/// A ClientHello with one extension that has these bytes (RFC 7685: padding).
std::string hello_with(std::string_view padding) {
    const std::string body = "\x03\x03" + std::string(32, 'r') + width(0, 1) + width(2, 2) + "\x13\x01" +
                             width(1, 1) + width(0, 1) + width(padding.size() + 4, 2) + width(21, 2) +
                             width(padding.size(), 2) + std::string(padding);
    return "\x01" + width(body.size(), 3) + body;
}

class Tls : public Gate {
  protected:
    Tls() { build_host(); }
    void build_host() {
        host->action = Action::judge;  // the default of encrypted-transport
        host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    }
    void anew() {
        build({});
        build_host();
        at[0] = kClient + 1;
        at[1] = kServer + 1;
        shake_hands();
    }
    void on(std::uint16_t port, Arrival from, Sequence seq, Sequence ack, std::string flags,
            std::string payload = {}) {
        send({.from = from,
              .seq = seq,
              .ack = ack,
              .flags = std::move(flags),
              .payload = std::move(payload),
              .options = {},
              .server_port = port});
    }
    void tls_port() {
        on(5061, Arrival::inside, kClient, 0, "S");
        on(5061, Arrival::outside, kServer, kClient + 1, "SA");
        on(5061, Arrival::inside, kClient + 1, kServer + 1, "A");
    }
    /// ClientHello and its answer.
    void begin() {
        say(Arrival::inside, hello);
        say(Arrival::outside, answer);
    }
    [[nodiscard]] bool is_broken() const {
        return host->counted(Counter::tcp_refused) == 1 && ends(Outcome::tcp_broken) != 0;
    }
    [[nodiscard]] bool left(std::string_view what) const {
        return passed_to(Arrival::outside).find(what) != std::string::npos ||
               passed_to(Arrival::inside).find(what) != std::string::npos;
    }
    const std::string hello = bytes(kTls13[0]), answer = bytes(kTls13[1]);
    const std::string data = record(23, std::string(40, '\x99'));
};

class Handshake : public Tls, public testing::WithParamInterface<int> {
  protected:
    [[nodiscard]] static const std::array<std::string_view, 6>& flights() {
        return GetParam() == 12 ? kTls12 : kTls13;
    }
    /// Both sides in turn, `size` bytes in a segment.
    void run(std::size_t size) {
        std::array<std::string, 2> said;
        for (std::size_t i = 0; i < flights().size(); ++i) {
            const std::string flight = bytes(flights()[i]);
            const auto from = static_cast<Arrival>(i % 2);
            for (std::size_t a = 0; a < flight.size(); a += size) say(from, flight.substr(a, size));
            said[i % 2] += flight;
            EXPECT_EQ(passed_to(Arrival::outside), said[0]) << "flight " << i << " by " << size;
            EXPECT_EQ(passed_to(Arrival::inside), said[1]) << "flight " << i << " by " << size;
        }
        EXPECT_EQ(host->causes, std::vector{Cause::encrypted_transport});
        EXPECT_EQ(ends(Outcome::passed), host->ended.size());
        EXPECT_TRUE(host->sent.empty());
        EXPECT_EQ(streams->held(), 0U);
    }
};

TEST_P(Handshake, PassesBothWays) {
    for (const std::size_t size : {5'000U, 600U, 44U, 43U, 7U, 5U, 2U, 1U}) {
        anew();
        run(size);
    }
}

TEST_P(Handshake, OnAPortForTls) {
    tls_port();
    std::array<Sequence, 2> next = {kClient + 1, kServer + 1};
    for (std::size_t i = 0; i < flights().size(); ++i) {
        const std::string flight = bytes(flights()[i]);
        on(5061, static_cast<Arrival>(i % 2), next[i % 2], next[1 - i % 2], "PA", flight);
        next[i % 2] += static_cast<Sequence>(flight.size());
    }
    EXPECT_EQ(ends(Outcome::passed), 9U);
    EXPECT_EQ(host->causes, std::vector{Cause::encrypted_transport});
}

TEST_P(Handshake, OutOfOrderLostAndSentAgain) {
    anew();
    const std::string first = bytes(flights()[0]);
    const Sequence start = at[0];
    on(5060, Arrival::inside, start + 300, at[1], "PA", first.substr(300));
    on(5060, Arrival::inside, start, at[1], "PA", first.substr(0, 300));
    EXPECT_EQ(passed_to(Arrival::outside), first);
    on(5060, Arrival::inside, start, at[1], "PA", first.substr(0, 300));
    EXPECT_EQ(passed_to(Arrival::outside), first + first.substr(0, 300));
    std::string other = first;
    other[100] = '#';
    on(5060, Arrival::inside, start, at[1], "PA", other);
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 1U) << "one byte, one reading";
    EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_invalid);
}

INSTANTIATE_TEST_SUITE_P(Versions, Handshake, testing::Values(12, 13));

TEST_F(Tls, TheClientHelloIsHeldWhole) {
    for (const std::size_t cut : {1U, 2U, 5U, 9U, 43U, 44U, 45U, 516U}) {
        anew();
        say(Arrival::inside, hello.substr(0, cut));
        EXPECT_EQ(passed_to(Arrival::outside), "");
        say(Arrival::inside, hello.substr(cut));
        EXPECT_EQ(passed_to(Arrival::outside), hello) << cut;
    }
}

TEST_F(Tls, AClientHelloInSeveralRecords) {
    const std::string content = hello_with(std::string(900, '\0'));
    for (const std::size_t each : {39U, 100U, 500U}) {
        anew();
        std::string text;
        for (std::size_t i = 0; i < content.size(); i += each)
            text += handshake_record(std::string_view(content).substr(i, each));
        for (std::size_t i = 0; i < text.size(); i += 7) say(Arrival::inside, text.substr(i, 7));
        EXPECT_EQ(passed_to(Arrival::outside), text);
        say(Arrival::outside, answer);
        EXPECT_EQ(passed_to(Arrival::inside), answer);
    }
}

TEST_F(Tls, NoSipInAClientHello) {
    for (const std::string_view text : {"\r\nINVITE sip:a SIP/2.0\r\n", "\nsip/2.0 200 OK\r\n"}) {
        anew();
        say(Arrival::inside, handshake_record(hello_with(text)));
        EXPECT_TRUE(is_broken());
        EXPECT_FALSE(left("2.0"));
        EXPECT_EQ(host->counted(Counter::tcp_tls_records), 1U);
    }
    anew();
    say(Arrival::inside, handshake_record(hello_with("\x05sip/2, SIP/3.0")));
    EXPECT_TRUE(left("sip/2,")) << "an ALPN of its own";
}

TEST_F(Tls, TwoBytesMakeNone) {
    shake_hands();
    say(Arrival::inside, "\x16\x03 x\r\nContent-Length: 0\r\n\r\n");
    say(Arrival::inside, message("MIKEY"));
    EXPECT_TRUE(is_broken());
    EXPECT_FALSE(left("x"));
    EXPECT_EQ(host->counted(Counter::tcp_not_sip), 1U);
    EXPECT_TRUE(host->causes.empty());
}

TEST_F(Tls, AClientHelloWhoseLengthsDoNotNestIsNone) {
    // of the record, the handshake, the session id, the suites, the compression, the extensions
    const std::string real = handshake_record(hello_with("\x01\x02\x03"));
    for (const std::size_t place : {4U, 8U, 43U, 45U, 48U, 51U, 55U}) {
        for (const char other : {'\0', '\1', 'M', '\x7F'}) {
            std::string text = real;
            if (text[place] == other) continue;
            text[place] = other;
            anew();
            say(Arrival::inside, text + "\r\n\r\n");
            say(Arrival::inside, message("MIKEY"));
            say(Arrival::outside, answer);
            tick(40 * core::kSecond);
            EXPECT_FALSE(left("r")) << place << " is " << int{other};
            EXPECT_EQ(host->counted(Counter::tcp_refused), 1U) << place << " is " << int{other};
        }
    }
    anew();
    say(Arrival::inside, real);
    EXPECT_EQ(passed_to(Arrival::outside), real);
}

TEST_F(Tls, TheSecondRecordWaitsForTheAnswer) {
    shake_hands();
    say(Arrival::inside, hello);
    say(Arrival::inside, data);
    say(Arrival::inside, data.substr(0, 3));
    EXPECT_EQ(passed_to(Arrival::outside), hello);
    say(Arrival::outside, answer.substr(0, 5));
    EXPECT_EQ(passed_to(Arrival::outside), hello);
    EXPECT_EQ(passed_to(Arrival::inside), "");
    say(Arrival::outside, answer.substr(5));
    EXPECT_EQ(passed_to(Arrival::outside), hello + data);
    EXPECT_EQ(passed_to(Arrival::inside), answer);
    say(Arrival::inside, data.substr(3));
    EXPECT_EQ(passed_to(Arrival::outside), hello + data + data);
}

TEST_F(Tls, EarlyDataInTheSegmentOfTheClientHelloGoesWithIt) {
    shake_hands();
    say(Arrival::inside, hello + data + data.substr(0, 20));
    EXPECT_EQ(passed_to(Arrival::outside), hello + data + data.substr(0, 20));
    say(Arrival::inside, data.substr(20));
    EXPECT_FALSE(passed_to(Arrival::outside).ends_with(data)) << "this waits";
    say(Arrival::outside, answer);
    EXPECT_TRUE(passed_to(Arrival::outside).ends_with(data));
    anew();
    say(Arrival::inside, hello + record(23, message("MIKEY")));
    EXPECT_TRUE(is_broken());
    EXPECT_FALSE(left("MIKEY"));
}

TEST_F(Tls, AnAlertIsAnAnswer) {
    shake_hands();
    say(Arrival::inside, hello);
    const std::string alert = record(21, "\x02\x28");
    say(Arrival::outside, alert);
    EXPECT_EQ(passed_to(Arrival::inside), alert);
    say(Arrival::outside, "", "FA");
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
}

TEST_F(Tls, WhatAnswersOtherwiseBreaks) {
    for (const std::string& other :
         {std::string("SIP/2.0 400 Bad Request\r\n"), hello, data, std::string("\r\n"), message("MIKEY")}) {
        anew();
        say(Arrival::inside, hello);
        say(Arrival::inside, record(23, message("MIKEY")));
        say(Arrival::outside, other);
        EXPECT_TRUE(is_broken()) << other;
        EXPECT_EQ(passed_to(Arrival::inside), "");
        EXPECT_EQ(passed_to(Arrival::outside), hello);
        EXPECT_EQ(host->counted(Counter::tcp_tls_records), 1U);
    }
}

TEST_F(Tls, WhoAnswersNobodyMayNot) {
    shake_hands();
    say(Arrival::inside, message().substr(0, 10));
    say(Arrival::outside, answer);
    say(Arrival::outside, "\r\n\r\n");
    EXPECT_EQ(passed_to(Arrival::inside), "");
    tick(40 * core::kSecond);
    EXPECT_EQ(host->counted(Counter::tcp_refused), 1U);
}

TEST_F(Tls, JunkBehindRecordsBreaks) {
    for (const Arrival from : {Arrival::inside, Arrival::outside}) {
        for (const bool together : {false, true}) {
            anew();
            begin();
            say(from, data);
            if (together) {
                say(from, data + message("MIKEY"));
            } else {
                say(from, message("MIKEY"));
            }
            EXPECT_TRUE(is_broken());
            EXPECT_FALSE(left("MIKEY"));
            EXPECT_EQ(host->counted(Counter::tcp_tls_records), 1U);
            EXPECT_EQ(ours(Arrival::inside).back().flags, "RA");
            EXPECT_EQ(ours(Arrival::outside).back().flags, "RA");
        }
    }
}

TEST_F(Tls, RecordsThatNoVersionHasBreak) {
    const std::string max = record(23, std::string(kMaxRecord, 'x'));
    for (const std::string& bad :
         {record(23, ""), record(23, std::string(20'000, 'x')), record(23, std::string(kMaxRecord + 1, 'x')),
          record(19, "x"), record(25, "x"), std::string("\x17\x03\x05\x00\x01x", 6),
          std::string("\x17\x02\x03\x00\x01x", 6)}) {
        anew();
        begin();
        say(Arrival::inside, bad.substr(0, 6));
        EXPECT_TRUE(is_broken());
        EXPECT_EQ(passed_to(Arrival::outside), hello);
    }
    anew();
    begin();
    for (std::size_t i = 0; i < max.size(); i += 1'000) say(Arrival::inside, max.substr(i, 1'000));
    EXPECT_EQ(passed_to(Arrival::outside), hello + max);
}

TEST_F(Tls, EndsWhereItLikes) {
    shake_hands();
    begin();
    say(Arrival::inside, data.substr(0, 20), "FPA");
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed) << "TLS itself knows that it was cut off";
    anew();
    begin();
    say(Arrival::inside, data.substr(0, 3), "FPA");
    EXPECT_EQ(host->counted(Counter::tcp_cut), 1U) << "a header without its rest";
}

TEST_F(Tls, IsRefusedWithItsFirstSegmentWhereUnwanted) {
    host->action = Action::drop;
    shake_hands();
    say(Arrival::inside, hello.substr(0, 60));
    EXPECT_EQ(ends(Outcome::encrypted_transport), 1U);
    EXPECT_EQ(host->causes, std::vector{Cause::encrypted_transport});
    EXPECT_EQ(ours(Arrival::inside).back().flags, "RA");
}

TEST_F(Tls, WhoOnlyWatchesLetsItPass) {
    host->watches = true;
    shake_hands();
    begin();
    say(Arrival::inside, "no record");
    say(Arrival::outside, message());
    EXPECT_EQ(passed_to(Arrival::outside), hello + "no record");
    EXPECT_EQ(passed_to(Arrival::inside), answer + message());
    EXPECT_TRUE(host->messages.empty());
    EXPECT_EQ(host->causes, std::vector{Cause::encrypted_transport});
}

TEST_F(Tls, SipOnAPortForTlsIsJudged) {
    tls_port();
    const std::string text = message("MIKEY");
    on(5061, Arrival::inside, kClient + 1, kServer + 1, "A", text.substr(0, 30));
    on(5061, Arrival::inside, kClient + 31, kServer + 1, "PA", text.substr(30));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), "");
    EXPECT_TRUE(host->causes.empty());
}

TEST_F(Tls, ThatWasUpBeforeTheGateGoesOn) {
    on(5061, Arrival::inside, 70'000, 80'000, "PA", std::string(300, '\x99'));
    on(5061, Arrival::outside, 80'000, 70'300, "PA", data);
    EXPECT_EQ(ends(Outcome::passed), 2U);
    EXPECT_EQ(host->causes, (std::vector{Cause::encrypted_transport, Cause::encrypted_transport}));
    host->action = Action::reset;
    on(5061, Arrival::inside, 70'300, 80'045, "PA", message("MIKEY"));
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
    EXPECT_EQ(host->causes.back(), Cause::tcp_midstream);
    host->action = Action::drop;
    on(5061, Arrival::outside, 80'045, 70'300, "PA", data);
    EXPECT_EQ(ends(Outcome::encrypted_transport), 1U);
    host->watches = true;
    on(5061, Arrival::outside, 80'045, 70'300, "PA", data);
    EXPECT_EQ(ends(Outcome::passed), 3U);
}

TEST_F(Tls, ManyRecordsInOneSegmentAndAcrossALoss) {
    shake_hands();
    begin();
    std::string many;
    for (int i = 0; i < 400; ++i) many += record(23, "x");
    const Sequence start = at[0];
    on(5060, Arrival::inside, start + 1'000, at[1], "PA", many.substr(1'000));
    on(5060, Arrival::inside, start, at[1], "PA", many.substr(0, 1'000));
    EXPECT_EQ(passed_to(Arrival::outside), hello + many);
}

TEST_F(Tls, TimersRunWhileARecordWaits) {
    shake_hands();
    say(Arrival::inside, hello);
    say(Arrival::inside, data);
    tick(200 * core::kMillisecond);
    EXPECT_EQ(host->counted(Counter::tcp_promises), 1U);
    tick(31 * core::kSecond);
    EXPECT_EQ(host->counted(Counter::tcp_late), 1U) << "no answer";
    EXPECT_EQ(ends(Outcome::tcp_budget), 1U);
}

}  // namespace
}  // namespace kmsgate::stream::test

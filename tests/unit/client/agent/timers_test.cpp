// SPDX-License-Identifier: BSD-3-Clause
// Client transactions, second for second as RFC 3261 17.1 says.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/client/agent/world.hpp"

namespace kmsgate::client::agent::test {
namespace {

/// An initiator that hears only what the test says.
class Timers : public ::testing::Test {
  protected:
    void begin(imessage::Purpose purpose, bool reliable = false) {
        initiator = std::make_unique<Initiator>(alice, World::get().alice, Local{"10.0.0.1", 5060, reliable},
                                                World::get().random, store);
        ASSERT_TRUE(initiator->start(call_to_bob(purpose), kStart));
        collect(kStart);
        request = sent.at(0).second;
    }
    /// Runs all timers up to and with `seconds` after the start.
    void run_to(double seconds) {
        const Time end = at(seconds);
        for (auto next = initiator->next_timer(); next && *next <= end; next = initiator->next_timer()) {
            initiator->tick(*next);
            collect(*next);
        }
    }
    void answer(double seconds, const std::string& status_line, const std::string& lines = {},
                const std::string& method = {}, const std::string& body = {}) {
        run_to(seconds);
        std::string out = "SIP/2.0 " + status_line + "\r\nVia: " + header(request, "Via") +
                          "\r\nFrom: " + header(request, "From") + "\r\nTo: " + header(request, "To") +
                          (status_line.starts_with("100") ? "" : ";tag=bob") +
                          "\r\nCall-ID: " + header(request, "Call-ID") +
                          "\r\nCSeq: " + (method.empty() ? header(request, "CSeq") : "1 " + method) + "\r\n" +
                          lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        initiator->receive(out, at(seconds));
        collect(at(seconds));
    }
    static Time at(double seconds) {
        return kStart + static_cast<Time>(std::lround(seconds * 1000.0)) * kMillisecond;
    }

    /// Milliseconds after the start at which messages of that method left.
    [[nodiscard]] std::vector<int> times(const std::string& method) const {
        std::vector<int> out;
        for (const auto& [time, bytes] : sent)
            if (word(bytes) == method) out.push_back(static_cast<int>((time - kStart) / kMillisecond));
        return out;
    }
    void collect(Time now) {
        for (std::string& bytes : initiator->take_output()) sent.emplace_back(now, std::move(bytes));
        for (Event& event : initiator->take_events()) events.push_back(std::move(event));
    }

    select::Profile alice = alice_of_x1();
    select::KrrStore store;
    std::unique_ptr<Initiator> initiator;
    std::string request;
    std::vector<std::pair<Time, std::string>> sent;
    std::vector<Event> events;
};

using Times = std::vector<int>;
constexpr auto kPck = imessage::Purpose::pck;
constexpr auto kGmk = imessage::Purpose::gmk;

TEST_F(Timers, AAndB) {
    begin(kPck);
    run_to(31.999);
    EXPECT_EQ(times("INVITE"), (Times{0, 500, 1500, 3500, 7500, 15500, 31500}));
    EXPECT_EQ(events.size(), 1U);
    for (const auto& [time, bytes] : sent) EXPECT_EQ(bytes, request);
    run_to(32);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].kind, Event::Kind::failed);
    EXPECT_EQ(events[1].detail, "timeout");
    EXPECT_EQ(events[1].time, at(32));
    EXPECT_TRUE(initiator->finished());
    EXPECT_EQ(sent.size(), 7U);
}

TEST_F(Timers, EAndF) {
    begin(kGmk);
    run_to(31.999);
    EXPECT_EQ(times("MESSAGE"), (Times{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
    run_to(32);
    EXPECT_EQ(events.back().detail, "timeout");
    EXPECT_EQ(events.back().time, at(32));
    EXPECT_TRUE(initiator->finished());
}

TEST_F(Timers, EIsT2OnceA1xxWasSeen) {
    begin(kGmk);
    answer(0.6, "100 Trying");
    run_to(40);
    EXPECT_EQ(times("MESSAGE"), (Times{0, 500, 1500, 5500, 9500, 13500, 17500, 21500, 25500, 29500}));
    EXPECT_EQ(events.back().time, at(32));
}

TEST_F(Timers, A1xxStopsAAndBOfAnInvite) {
    begin(kPck);
    answer(0.7, "180 Ringing");
    run_to(180.6);
    EXPECT_EQ(times("INVITE"), (Times{0, 500}));
    EXPECT_EQ(events.size(), 1U);
}

TEST_F(Timers, PatienceEndsInACancel) {
    begin(kPck);
    answer(0.1, "180 Ringing");
    run_to(180.1);
    EXPECT_EQ(times("CANCEL"), Times{180100});
    EXPECT_EQ(events.back().kind, Event::Kind::failed);
    EXPECT_EQ(events.back().detail, "timeout");
    const std::string cancel = sent.back().second;
    EXPECT_EQ(header(cancel, "Via"), header(request, "Via"));
    EXPECT_EQ(header(cancel, "To"), header(request, "To"));
    EXPECT_EQ(header(cancel, "CSeq"), "1 CANCEL");
    EXPECT_FALSE(initiator->finished());
    answer(180.2, "200 OK", {}, "CANCEL");
    answer(180.3, "487 Request Terminated");
    EXPECT_EQ(word(sent.back().second), "ACK");
    run_to(300);
    EXPECT_EQ(times("CANCEL"), Times{180100});
    EXPECT_TRUE(initiator->finished());
    EXPECT_EQ(events.size(), 2U);
}

/// Only a 488 redirects; what came along is kept for the KMS all the same (X.11).
TEST_F(Timers, AKrrInAnotherFinalIsKeptAndNotActedOn) {
    const std::string krr =
        "<KmsRedirectResponse "
        "xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\"><ProcessorUri>sip:x@y.example</ProcessorUri>"
        "<Time>2026-11-21T12:00:00Z</Time></KmsRedirectResponse>";
    const std::string type = "Content-Type: application/vnd.3gpp.kmsredirectresponse+xml\r\n";
    begin(kPck);
    answer(0.1, "486 Busy Here", type, {}, krr);
    EXPECT_EQ(events.back().kind, Event::Kind::failed);
    EXPECT_EQ(events.back().detail, "486");
    ASSERT_EQ(store.all().size(), 1U);
    EXPECT_EQ(store.all()[0].body, krr);
    EXPECT_EQ(store.all()[0].outcome, "not acted on: status 486");
    EXPECT_EQ(times("INVITE").size(), 1U);
}

TEST_F(Timers, DAnswersRepeatsFor32Seconds) {
    begin(kPck);
    answer(1, "486 Busy Here");
    EXPECT_EQ(events.back().kind, Event::Kind::failed);
    EXPECT_EQ(events.back().detail, "486");
    EXPECT_EQ(times("ACK"), Times{1000});
    answer(32.9, "486 Busy Here");
    EXPECT_EQ(times("ACK"), (Times{1000, 32900}));
    EXPECT_EQ(sent[sent.size() - 1].second, sent[sent.size() - 2].second);
    EXPECT_FALSE(initiator->finished());
    run_to(33);
    EXPECT_TRUE(initiator->finished());
    answer(33.1, "486 Busy Here");
    EXPECT_EQ(times("ACK").size(), 2U);
    EXPECT_EQ(events.size(), 2U);
    EXPECT_EQ(times("INVITE"), (Times{0, 500}));
}

TEST_F(Timers, KIsFiveSeconds) {
    begin(kGmk);
    answer(0.2, "200 OK");
    EXPECT_EQ(kinds(events), (std::vector<std::string>{"sent-mikey", "established", "ended"}));
    run_to(5.199);
    EXPECT_FALSE(initiator->finished());
    run_to(5.2);
    EXPECT_TRUE(initiator->finished());
    EXPECT_EQ(sent.size(), 1U);
}

TEST_F(Timers, RepeatsOfA2xxAreAcknowledgedFor32Seconds) {
    begin(kPck);
    answer(0.1, "200 OK");
    answer(0.6, "200 OK");
    EXPECT_EQ(times("ACK"), (Times{100, 600}));
    EXPECT_EQ(sent[1].second, sent[2].second);
    run_to(1.1);
    EXPECT_EQ(times("BYE"), Times{1100});
    answer(1.2, "481 Gone", {}, "INVITE");  // not of the BYE: changes nothing
    EXPECT_EQ(events.back().kind, Event::Kind::established);
    run_to(33.1);
    EXPECT_EQ(times("BYE").size(), 11U);
    EXPECT_EQ(events.back().kind, Event::Kind::ended);
    EXPECT_TRUE(initiator->finished());
    EXPECT_EQ(times("INVITE").size(), 1U);
}

TEST_F(Timers, AnotherBranchOfAForkIsEndedAtOnce) {
    begin(kPck);
    answer(0.1, "200 OK");
    const std::string to = header(request, "To");
    answer(0.2, "200 OK");  // the same tag: the same dialog
    EXPECT_EQ(times("BYE").size(), 0U);
    const std::string second =
        "SIP/2.0 200 OK\r\nVia: " + header(request, "Via") + "\r\nFrom: " + header(request, "From") +
        "\r\nTo: " + to + ";tag=carol\r\nCall-ID: " + header(request, "Call-ID") +
        "\r\nCSeq: 1 INVITE\r\nContact: <sip:carol@10.0.0.9>\r\nContent-Length: 0\r\n\r\n";
    initiator->receive(second, at(0.3));
    collect(at(0.3));
    ASSERT_EQ(times("BYE"), Times{300});
    EXPECT_EQ(first_line(sent.back().second), "BYE sip:carol@10.0.0.9 SIP/2.0");
    EXPECT_EQ(kinds(events), (std::vector<std::string>{"sent-mikey", "established"}));
}

TEST_F(Timers, ALate2xxIsAcknowledgedAndEnded) {
    begin(kPck);
    run_to(32);
    ASSERT_EQ(events.back().detail, "timeout");
    answer(33, "200 OK");
    EXPECT_EQ(times("ACK"), Times{33000});
    EXPECT_EQ(times("BYE"), Times{33000});
    EXPECT_EQ(find(events, Event::Kind::established), nullptr);
}

TEST_F(Timers, TheRouteOfTheDialogIsTheRecordedOneBackwards) {
    begin(kPck);
    answer(0.1, "200 OK",
           "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\nContact: <sip:b@10.0.0.2>;x=1\r\n");
    const std::string& ack = sent.back().second;
    EXPECT_EQ(first_line(ack), "ACK sip:b@10.0.0.2 SIP/2.0");
    EXPECT_NE(ack.find("Route: <sip:p1.example;lr>\r\nRoute: <sip:p2.example;lr>\r\n"), std::string::npos);
}

TEST_F(Timers, AReliableTransportRepeatsNothingAndWaitsForNothing) {
    begin(kPck, true);
    run_to(32);
    EXPECT_EQ(sent.size(), 1U);
    EXPECT_EQ(events.back().time, at(32));
    EXPECT_TRUE(initiator->finished());
}

TEST_F(Timers, AReliableRefusalIsOverAtOnce) {
    begin(kPck, true);
    answer(3, "403 Forbidden", "Warning: 399 kms.example \"no key, no call\"\r\n");
    EXPECT_EQ(sent.size(), 2U);
    EXPECT_EQ(events.back().detail, "403: no key, no call");
    EXPECT_TRUE(initiator->finished());
}

TEST_F(Timers, AnswersThatAreNotOursChangeNothing) {
    begin(kPck);
    const std::string ours = request;
    request = with(ours, "branch=z9hG4bK", "branch=z9hG4bKx");
    answer(0.1, "486 Busy Here");
    request = with(ours, "Via: ", "Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKq, ");
    answer(0.1, "486 Busy Here");
    request = with(ours, "CSeq: 1", "CSeq: 2");
    answer(0.1, "486 Busy Here");
    request = ours;
    answer(0.1, "486 Busy Here", "Content-Length: 5\r\n");  // contradicts itself
    answer(0.1, "486 Busy Here", {}, "MESSAGE");
    EXPECT_EQ(sent.size(), 1U);
    EXPECT_EQ(events.size(), 1U);
}

}  // namespace
}  // namespace kmsgate::client::agent::test

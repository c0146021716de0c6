// SPDX-License-Identifier: BSD-3-Clause
// Traces and explain: decide's record of live messages, and of one that never was.
#include "dataplane/link/explain.hpp"
#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

constexpr std::string_view kAlice = "sip:alice@mc1.example";

TEST(Trace, MatchesCountAndEnd) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    const json answer = c.call({{"op", "trace"}, {"count", 2}, {"verdict", "redirect"}});
    ASSERT_EQ(answer["ok"], true);
    kit.message(Kit::request(1));
    kit.message(Kit::request(2, kToB), 1);
    kit.message(Kit::request(3, kToB));
    kit.message(Kit::request(4, kToB));
    for (const int n : {2, 3}) {
        const auto told = c.told("trace");
        ASSERT_TRUE(told.has_value());
        EXPECT_EQ(told->body["trace"], answer["trace"]);
        // workers are emptied one after the other
        const std::string call = told->body["event"]["call_id"];
        EXPECT_TRUE(call == "call-2" || call == "call-3") << call << n;
        EXPECT_LT(told->body["left"], 2);
        const std::string tree = told->body["tree"];
        EXPECT_NE(tree.find("attached"), std::string::npos) << tree;
        EXPECT_NE(tree.find("redirect"), std::string::npos) << tree;
        EXPECT_NE(tree.find('\n'), std::string::npos);
    }
    const auto end = c.told("trace");
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->body, (json{{"op", "trace"}, {"trace", answer["trace"]}, {"end", "count"}}));
    kit.message(Kit::request(5, kToB));
    EXPECT_FALSE(c.told("trace", std::chrono::milliseconds(100)).has_value());
}

TEST(Trace, EveryCondition) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    unsigned n = 0;
    const auto matches = [&](const json& wish) {
        json request = {{"op", "trace"}, {"count", 1000}};
        request.update(wish);
        EXPECT_EQ(c.outcome(request), "");
        std::string out;
        Sip from_alice = Kit::request(++n, {.kmsi = kB, .idri = kAlice});
        from_alice.call_id = "one";
        kit.message(from_alice);
        Sip message = Kit::request(++n);
        message.call_id = "two";
        message.method = "MESSAGE";
        message.from = "<sip:bob@mc1.example>;tag=x";
        kit.message(message);
        Sip shadow = Kit::request(++n, {.kmsi = kA});
        shadow.call_id = "three";
        kit.message(shadow, 0, 2);
        EXPECT_EQ(c.outcome({{"op", "trace-stop"}}), "");
        for (;;) {
            const auto told = c.told("trace");
            if (!told || told->body.contains("end")) {
                EXPECT_EQ(told->body["end"], "stopped");
                return out;
            }
            out += told->body["event"]["call_id"].get<std::string>() + " ";
        }
    };
    EXPECT_EQ(matches(json::object()), "one two three ");
    EXPECT_EQ(matches({{"edge", "e"}}), "one two ");
    EXPECT_EQ(matches({{"edge", "f"}}), "three ");
    EXPECT_EQ(matches({{"method", "MESSAGE"}}), "two ");
    EXPECT_EQ(matches({{"call_id", "three"}}), "three ");
    EXPECT_EQ(matches({{"user", kAlice}}), "one three ");
    EXPECT_EQ(matches({{"user", "sip:bob@mc1.example"}}), "two ");
    EXPECT_EQ(matches({{"verdict", "redirect"}}), "one three ") << "also what would have been";
    EXPECT_EQ(matches({{"verdict", "forward"}}), "two three ");
    EXPECT_EQ(matches({{"reason", "allowed"}}), "two ");
    EXPECT_EQ(matches({{"edge", "e"}, {"reason", "initiator-kms-not-allowed"}}), "one ");
    EXPECT_EQ(matches({{"edge", "f"}, {"method", "MESSAGE"}}), "");
}

TEST(Trace, ReplacedAndTimedOut) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    const json first = c.call({{"op", "trace"}, {"seconds", 3600}});
    const json second = c.call({{"op", "trace"}, {"seconds", 1}});
    EXPECT_NE(first["trace"], second["trace"]);
    auto end = c.told("trace");
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->body["trace"], first["trace"]);
    EXPECT_EQ(end->body["end"], "replaced");
    end = c.told("trace");
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->body["trace"], second["trace"]);
    EXPECT_EQ(end->body["end"], "time");
    // a ring without room gives the wish back
    Kit small({.ring = 1024});
    small.publish(table(), 1);
    small.serve();
    Client d(small.startup.table_socket);
    ASSERT_EQ(d.outcome({{"op", "trace"}}), "");
    small.message(Kit::request(1, kToB));
    EXPECT_GE(small.watches[0]->lost(), 1U);
    EXPECT_EQ(d.outcome({{"op", "trace-stop"}}), "") << "it still waits for its message";
}

json question(std::string_view edge = "e") {
    return {{"op", "explain"},
            {"edge", edge},
            {"arrival", "inside"},
            {"source", "10.0.0.1:5060"},
            {"destination", "10.0.0.2:5060"}};
}

TEST(Explain, SaysWhatAWorkerSays) {
    Kit kit;
    kit.publish(table(), 7);
    kit.serve();
    Client c(kit.startup.table_socket);
    ASSERT_EQ(c.outcome({{"op", "events"}, {"mode", "all"}}), "");
    const std::vector<Sip> messages = {Kit::request(1), Kit::request(2, kToB),
                                       Kit::request(3, {.kmsi = kC, .idri = kAlice}), [] {
                                           Sip s = Kit::request(4);
                                           s.body = "v=0";
                                           return s;
                                       }()};
    ASSERT_EQ(c.outcome({{"op", "tags"}}, "mc1\tsip:alice@mc1.example\troaming\n"), "");
    for (const Sip& sip : messages) {
        const json answer = c.call(question(), sip.text());
        ASSERT_EQ(answer["ok"], true) << answer;
        kit.message(sip);
        auto live = c.events(1);
        ASSERT_EQ(live.size(), 1U);
        json said = answer["event"];
        EXPECT_EQ(said["frames"], json{1});
        said["frames"] = live[0]["frames"];
        EXPECT_EQ(said, live[0]);
        EXPECT_FALSE(answer["tree"].get<std::string>().empty());
    }
}

TEST(Explain, ChangesNothing) {
    Kit kit;
    kit.publish(table(), 7);
    kit.serve();
    Client c(kit.startup.table_socket);
    const json before = c.call({{"op", "stats"}}), rules = c.call({{"op", "rules"}});
    for (int i = 0; i < 3; ++i) {
        const json answer = c.call(question(), Kit::request(1, kToB).text());
        EXPECT_EQ(answer["event"]["verdict"], "redirect") << "no copy of anything";
    }
    EXPECT_EQ(c.call({{"op", "stats"}})["edges"], before["edges"]);
    EXPECT_EQ(c.call({{"op", "rules"}})["rules"], rules["rules"]);
    EXPECT_EQ(kit.shared->transactions(), 0U);
    EXPECT_TRUE(c.events(1, std::chrono::milliseconds(50)).empty());
}

TEST(Explain, ArrivalModeAndFamilies) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    EXPECT_EQ(c.outcome(question(), Kit::request(1).text()), "no-table");
    ASSERT_EQ(c.outcome({{"op", "table"}, {"generation", 1}}, table()), "");
    const std::string bad = Kit::request(1, kToB).text();
    json q = question();
    q["arrival"] = "outside";
    EXPECT_EQ(c.call(q, bad)["event"]["reason"], "no-rule") << "there the receiver's side is policed";
    q = question();
    q["mode"] = "shadow";
    EXPECT_EQ(c.call(q, bad)["event"]["would"], "redirect");
    q["source"] = "[2001:db8::1]:5060";
    q["destination"] = "[2001:db8::2]:5070";
    q["mode"] = "enforce";
    const json v6 = c.call(q, bad);
    EXPECT_EQ(v6["event"]["src"], "[2001:db8::1]:5060");
    EXPECT_EQ(v6["event"]["dst"], "[2001:db8::2]:5070");
    EXPECT_EQ(v6["event"]["verdict"], "redirect");
    EXPECT_EQ(c.call(question("f"), Kit::request(1, {.kmsi = kA}).text())["event"]["verdict"], "forward");
    EXPECT_EQ(c.outcome(question("nowhere"), bad), "unknown-edge");
    EXPECT_EQ(c.outcome(question(), "\r\n\r\n"), "no-message");
    EXPECT_EQ(c.outcome(question(), std::string(65'536, 'x')), "no-message");
    Sip large = Kit::request(2, kToB);
    large.extra = "X-Long: " + std::string(60'000, 'x') + "\r\n";
    EXPECT_EQ(c.outcome(question(), large.text()), "") << "larger than a frame of the network";
    // hostile bytes
    for (std::size_t cut = 0; cut < bad.size(); cut += 7)
        static_cast<void>(c.call(question(), bad.substr(0, cut)));
    EXPECT_EQ(c.outcome({{"op", "status"}}), "");
}

TEST(Explain, AHashedUserIsFoundTheFirstTime) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    ASSERT_EQ(c.outcome({{"op", "tags"}}, "mc1\tsip:alice@mc1.example\troaming\n"), "");
    const core::Time now = kit.clock.now();
    const auto uid = memory::uid_of(kAlice, kC, 2592000, 0, memory::period_number(now, 2592000, 0));
    Offer offer{.kmsi = kC};
    offer.uidi.assign(uid.begin(), uid.end());
    Sip sip = Kit::request(1, offer);
    sip.from = "<sip:anonymous@anonymous.invalid>;tag=a";
    const json answer = c.call(question(), sip.text());
    EXPECT_EQ(answer["event"]["user"]["initiator"], kAlice) << answer;
    EXPECT_EQ(answer["event"]["rule"]["initiator"], "roaming");
}

TEST(Explain, Endpoints) {
    ASSERT_TRUE(read_endpoint("10.1.2.3:65535").has_value());
    EXPECT_EQ(read_endpoint("10.1.2.3:65535")->port, 65535);
    EXPECT_EQ(read_endpoint("10.1.2.3:65535")->address[10], 0xFF);
    EXPECT_EQ(read_endpoint("10.1.2.3:65535")->address[15], 3);
    EXPECT_TRUE(read_endpoint("[::1]:1")->v6);
    for (const std::string_view wrong :
         {"", ":", "10.0.0.1", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:65536", "10.0.0.1:-1", "::1:5060",
          "[::1:5060", "::1]:5060", "[10.0.0.1]:5060", "10.0.0:5060", "[]:1", "host:5060", "10.0.0.1:50 60"})
        EXPECT_FALSE(read_endpoint(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace kmsgate::link::test

// SPDX-License-Identifier: BSD-3-Clause
// Edges, counters, explain, events, traces, captures.
#include "control/server/base64.hpp"
#include "control/server/methods.hpp"
#include "control/server/streams.hpp"
#include "tests/unit/control/box.hpp"

namespace kmsgate::control::test {
namespace {

std::string bytes_of(const std::string& base64) {
    const auto bytes = from_base64(base64);
    EXPECT_TRUE(bytes.has_value()) << base64;
    return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : "";
}

Json event(const std::string& edge, const std::string& verdict,
           const std::string& user = "sip:a@mc1.example") {
    return {{"event", "message"},  {"edge", edge},    {"verdict", verdict},
            {"reason", "no-rule"}, {"call_id", "c1"}, {"user", {{"initiator", user}, {"receiver", nullptr}}}};
}

class Watching : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        start();
        connected();
        client().result("policy.commit", {{"text", policy()}});
    }
    void answer(const std::string& op, const Json& more) {
        dataplane_.with([&](auto& s) { s.answers[op] = more; });
    }
    Json asked(const std::string& op) {
        return dataplane_.with([&](auto& s) {
            Json last;
            for (const Json& r : s.requests)
                if (r["op"] == op) last = r;
            return last;
        });
    }
};

TEST_F(Watching, EdgesAndTheirModes) {
    Client c = client();
    const auto north = [&] { return c.result("edge.list")["edges"][0]; };
    EXPECT_EQ(north(), Json({{"name", "north"},
                             {"mode", "enforce"},
                             {"policy_mode", "enforce"},
                             {"set_by_hand", false},
                             {"served", true},
                             {"domain", "mc1"},
                             {"proxy", "cs"},
                             {"pairs", {{{"inside", "a"}, {"outside", "b"}, {"vlan", 7}}}}}));
    EXPECT_EQ(c.result("edge.mode", {{"edge", "north"}, {"mode", "bypass"}}),
              Json({{"edge", "north"}, {"mode", "bypass"}, {"policy_mode", "enforce"}}));
    EXPECT_EQ(north()["mode"], "bypass");
    EXPECT_EQ(north()["set_by_hand"], true);
    restart();
    connected();
    Client d = client();
    EXPECT_EQ(d.result("edge.list")["edges"][0]["mode"], "bypass");
    EXPECT_EQ(d.result("edge.mode", {{"edge", "north"}, {"mode", nullptr}})["mode"], "enforce");
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.modes.at("north"); }), nullptr);
    const Json e = d.error("edge.mode", {{"edge", "nort"}, {"mode", "bypass"}});
    EXPECT_EQ(e["data"]["name"], "unknown-edge");
    EXPECT_EQ(e["data"]["known"], Json({"north", "south"}));
    EXPECT_EQ(d.error("edge.mode", {{"edge", "north"}, {"mode", "off"}})["code"], -32602);
    EXPECT_EQ(d.error("edge.mode", {{"edge", "north"}})["code"], -32602);
}

TEST_F(Watching, MarksAreSubtractedAndNothingIsReset) {
    Client c = client();
    const auto counts = [&](int redirects, int frames) {
        answer("stats", {{"time", 7.5},
                         {"next", nullptr},
                         {"edges", {{"north", {{"verdicts", {{"redirect", redirects}}}, {"held", 4}}}}},
                         {"workers", {{{"worker", 0}, {"idle-rounds", 1}}}},
                         {"ports", {{{"name", "a"}, {"rx-frames", frames}, {"queues", 2}, {"link", true}}}}});
    };
    counts(10, 100);
    EXPECT_EQ(c.fault("stats.show", {{"since", "noon"}}), "unknown-mark");
    EXPECT_EQ(c.result("stats.mark", {{"name", "noon"}})["marks"], Json({"noon"}));
    counts(17, 130);
    const Json all = c.result("stats.show");
    EXPECT_EQ(all["edges"]["north"]["verdicts"]["redirect"], 17);
    EXPECT_EQ(all["since"], nullptr);
    EXPECT_EQ(all["restarted"], false);
    EXPECT_FALSE(all.contains("id") || all.contains("ok") || all.contains("next"));
    const Json since = c.result("stats.show", {{"since", "noon"}});
    EXPECT_EQ(since["edges"]["north"]["verdicts"]["redirect"], 7);
    EXPECT_EQ(since["edges"]["north"]["held"], 4) << "a gauge";
    EXPECT_EQ(since["ports"][0]["rx-frames"], 30);
    EXPECT_EQ(since["ports"][0]["queues"], 2) << "a gauge";
    EXPECT_EQ(since["since"]["name"], "noon");
    EXPECT_EQ(since["restarted"], false);
    counts(3, 131);
    const Json back = c.result("stats.show", {{"since", "noon"}});
    EXPECT_EQ(back["restarted"], true);
    EXPECT_EQ(back["edges"]["north"]["verdicts"]["redirect"], 3);
    EXPECT_EQ(back["ports"][0]["rx-frames"], 31);
    // A new dataplane counts anew, also where it has counted further than the mark.
    dataplane_.restart();
    connected();
    counts(50, 500);
    const Json anew = c.result("stats.show", {{"since", "noon"}});
    EXPECT_EQ(anew["restarted"], true);
    EXPECT_EQ(anew["edges"]["north"]["verdicts"]["redirect"], 50);
}

TEST_F(Watching, PagesAreOneAnswer) {
    Client c = client();
    answer("rules", {{"generation", 1},
                     {"next", nullptr},
                     {"rules",
                      {{{"edge", "north"}, {"rule", "all"}, {"hit", 1}},
                       {{"edge", "south"}, {"rule", "all"}, {"hit", 2}}}}});
    EXPECT_EQ(c.result("rules")["rules"].size(), 2U);
    EXPECT_EQ(c.result("rules", {{"edge", "south"}})["rules"][0]["hit"], 2);
    EXPECT_EQ(c.fault("rules", {{"edge", "west"}}), "unknown-edge");
    // The same page for ever: the second names no later one.
    answer("rules", {{"generation", 1}, {"next", 1}, {"rules", {{{"edge", "north"}, {"rule", "all"}}}}});
    EXPECT_EQ(c.result("rules")["rules"].size(), 2U);
}

TEST_F(Watching, ExplainGoesToTheLiveTable) {
    Client c = client();
    answer("explain", {{"event", {{"verdict", "forward"}}}, {"tree", "request\n"}});
    const Json wish = {{"edge", "north"},
                       {"arrival", "inside"},
                       {"source", "10.0.0.1:5060"},
                       {"destination", "10.0.0.2:5060"},
                       {"message", to_base64(std::as_bytes(std::span("INVITE", 6)))}};
    const Json r = c.result("explain", wish);
    EXPECT_EQ(r, Json({{"event", {{"verdict", "forward"}}}, {"tree", "request\n"}}));
    EXPECT_EQ(asked("explain")["arrival"], "inside");
    Json bad = wish;
    bad["message"] = "not base64!";
    EXPECT_EQ(c.error("explain", bad)["code"], -32602);
    bad = wish;
    bad["arrival"] = "below";
    EXPECT_EQ(c.error("explain", bad)["code"], -32602);
    dataplane_.with(
        [](auto& s) { s.refuse["explain"] = {{"name", "unknown-edge"}, {"message", "no such edge"}}; });
    EXPECT_EQ(c.fault("explain", wish), "unknown-edge");
}

TEST_F(Watching, WhatNothingCanEverMeetIsRefused) {
    Client c = client();
    struct Bad {
        const char* method;
        Json params;
        int code;
        Json known;  ///< some of them
    };
    const Json verdicts = {"forward", "redirect", "reject", "rewrite", "absorb", "drop"};
    for (const Bad& bad : std::vector<Bad>{
             {"events.subscribe", {{"edge", "nort"}}, 1, {"north", "south"}},
             {"events.subscribe", {{"verdict", "redirected"}}, -32602, verdicts},
             {"events.subscribe", {{"reason", "kms-not-allowed"}}, -32602, {"allowed", "missing-idr"}},
             {"events.subscribe", {{"reason", "inspect-budget"}}, -32602, {"no-rule"}},
             {"events.subscribe", {{"user", "sip:*@mc1.example"}}, -32602, {}},
             {"events.subscribe", {{"user", "alice"}}, -32602, {}},
             {"trace", {{"edge", "nort"}}, 1, {"north", "south"}},
             {"trace", {{"verdict", "Drop"}}, -32602, verdicts},
             {"trace", {{"reason", "fragment-timeout"}}, -32602, {"own-answer", "malformed-mikey"}},
             {"trace", {{"method", "invite"}}, -32602, {"INVITE", "MESSAGE"}},
             {"trace", {{"method", "IN VITE"}}, -32602, {"INVITE"}},
             {"trace", {{"user", "alice"}}, -32602, {}},
             {"capture", {{"edge", "nort"}, {"outcomes", {"drop"}}}, 1, {"north", "south"}},
             {"capture", {{"outcomes", {"drop", "dropped"}}}, -32602, {"passed", "drop", "redirect"}},
             {"stats.show", {{"edge", "nort"}}, 1, {"north", "south"}},
             {"rules", {{"edge", "nort"}}, 1, {"north", "south"}},
             {"explain",
              {{"edge", "nort"},
               {"arrival", "inside"},
               {"source", "10.0.0.1:5060"},
               {"destination", "10.0.0.2:5060"},
               {"message", "QQ=="}},
              1,
              {"north", "south"}},
             {"user.show", {{"domain", "mc9"}}, 1, {"mc1"}},
             {"user.show", {{"tag", "roamin"}}, 1, {"migrated", "roaming"}}}) {
        const Json e = c.error(bad.method, bad.params);
        ASSERT_FALSE(e.is_null()) << bad.method << bad.params;
        EXPECT_EQ(e["code"], bad.code) << bad.method << bad.params << e;
        const Json known = e["data"].value("known", Json::array());
        for (const Json& one : bad.known)
            EXPECT_NE(std::ranges::find(known, one), known.end()) << bad.method << bad.params << e;
    }
    EXPECT_EQ(dataplane_.asked("trace") + dataplane_.asked("capture") + dataplane_.asked("explain"), 0U);
    // The same words where they can be met.
    c.result("events.subscribe", {{"drops", true}, {"reason", "inspect-budget"}, {"edge", "south"}});
    c.result("events.subscribe", {{"reason", "malformed-mikey"}, {"user", "sip:a%2A@mc1.example"}});
    c.result("trace", {{"method", "X-NEW"}, {"user", "SIP:A@MC1.example"}, {"edge", "north"}});
    EXPECT_EQ(asked("trace")["user"], "sip:A@mc1.example") << "as events name users";
}

TEST_F(Watching, EdgesWithoutPortsSeeNothing) {
    stop();
    startup_.pairs.pop_back();
    start();
    connected();
    Client c = client();
    const Json e = c.error("events.subscribe", {{"edge", "south"}});
    EXPECT_EQ(e["data"]["name"], "unknown-edge");
    EXPECT_EQ(e["data"]["known"], Json({"north"}));
    EXPECT_NE(e["message"].get<std::string>().find("has no ports in kmsgate.yaml"), std::string::npos) << e;
    EXPECT_EQ(c.fault("edge.mode", {{"edge", "south"}, {"mode", "shadow"}}), "unknown-edge");
}

TEST_F(Watching, CountersOfOneEdge) {
    Client c = client();
    answer("stats", {{"next", nullptr},
                     {"edges", {{"north", {{"verdicts", {{"drop", 1}}}}}, {"south", {{"held", 2}}}}}});
    EXPECT_EQ(c.result("stats.show", {{"edge", "south"}})["edges"], (Json{{"south", {{"held", 2}}}}));
    EXPECT_EQ(c.result("stats.show")["edges"].size(), 2U);
}

TEST_F(Watching, EventsReachWhoAskedForThem) {
    Client all = client();
    Client some = client();
    Client drops = client();
    EXPECT_EQ(all.result("events.subscribe")["subscription"], 1);
    some.result("events.subscribe",
                {{"edge", "north"}, {"verdict", "redirect"}, {"user", "sip:a@mc1.example"}});
    drops.result("events.subscribe", {{"drops", true}, {"edge", "north"}, {"reason", "fragment-timeout"}});
    const Json drop = {{"event", "drop"}, {"edge", "north"}, {"reason", "fragment-timeout"}};
    std::string lines;
    for (const Json& one :
         {event("south", "redirect"), event("north", "forward"),
          event("north", "redirect", "sip:b@mc1.example"), Json(drop), event("north", "redirect")})
        lines += one.dump() + "\n";
    dataplane_.tell({{"op", "events"}}, lines + "no json\n\n");
    for (int i = 0; i < 4; ++i) {
        const Json n = all.next();
        EXPECT_EQ(n["method"], "event");
        EXPECT_EQ(n["params"]["subscription"], 1);
        EXPECT_EQ(n["params"]["event"]["event"], "message");
        EXPECT_FALSE(n.contains("id"));
    }
    EXPECT_EQ(some.next()["params"]["event"], event("north", "redirect"));
    Json shadow = event("north", "forward");
    shadow["would"] = "redirect";
    dataplane_.tell({{"op", "events"}}, shadow.dump() + "\n");
    EXPECT_EQ(some.next()["params"]["event"], shadow);
    EXPECT_EQ(all.next()["params"]["event"], shadow);
    EXPECT_EQ(drops.next()["params"]["event"], drop);
    EXPECT_EQ(all.result("cancel", {{"subscription", 1}})["cancelled"], Json({1}));
    EXPECT_EQ(all.fault("cancel", {{"subscription", 1}}), "unknown-subscription");
    EXPECT_EQ(all.fault("cancel", {{"subscription", 2}}), "unknown-subscription") << "somebody else's";
    dataplane_.tell({{"op", "events"}}, event("north", "redirect").dump() + "\n");
    EXPECT_EQ(some.next()["params"]["event"]["verdict"], "redirect");
    EXPECT_EQ(all.read(std::chrono::milliseconds(100)), nullptr);
}

TEST_F(Watching, ATraceIsOnesUntilItEnds) {
    Client a = client();
    Client b = client();
    answer("trace", {{"trace", 9}});
    const Json begun = a.result("trace", {{"verdict", "redirect"}, {"count", 2}});
    EXPECT_EQ(begun["trace"], 9);
    EXPECT_EQ(asked("trace")["count"], 2);
    EXPECT_EQ(asked("trace")["seconds"], 60);
    const Json e = b.error("trace");
    EXPECT_EQ(e["data"]["name"], "trace-in-progress");
    EXPECT_EQ(e["data"]["holder"]["pid"], ::getpid());
    dataplane_.tell({{"op", "trace"}, {"trace", 8}, {"tree", "somebody else's"}});
    dataplane_.tell(
        {{"op", "trace"}, {"trace", 9}, {"tree", "request\n"}, {"left", 1}, {"event", {{"x", 1}}}});
    dataplane_.tell({{"op", "trace"}, {"trace", 9}, {"end", "time"}});
    EXPECT_EQ(a.next()["params"], Json({{"subscription", begun["subscription"]},
                                        {"tree", "request\n"},
                                        {"left", 1},
                                        {"event", {{"x", 1}}}}));
    EXPECT_EQ(a.next()["params"]["end"], "time");
    EXPECT_EQ(b.fault("trace"), "");
    b.result("cancel");
    EXPECT_EQ(b.next()["params"]["end"], "stopped");
    EXPECT_TRUE(eventually([&] { return dataplane_.asked("trace-stop") == 1; }));
    // Who goes away leaves no trace.
    {
        client().result("trace");
    }
    EXPECT_TRUE(eventually([&] { return dataplane_.asked("trace-stop") == 2; }));
    a.result("trace");
    dataplane_.stop();
    EXPECT_EQ(a.next()["params"]["end"], "dataplane");
    EXPECT_EQ(audit().back()["method"], "trace");
}

TEST_F(Watching, ACaptureComesWholeInPieces) {
    Client c = client();
    answer("capture", {{"capture", 3}});
    c.result("capture", {{"outcomes", {"drop"}}, {"frames", 5}, {"generated", true}});
    EXPECT_EQ(asked("capture")["outcomes"], Json({"drop"}));
    std::string large(4 << 20, 'x');
    for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
    dataplane_.tell({{"op", "capture"}, {"capture", 3}, {"last", false}}, large);
    dataplane_.tell({{"op", "capture"}, {"capture", 3}, {"last", true}, {"end", "frames"}, {"frames", 5}},
                    "end");
    std::string got;
    Json last = Json::object();
    for (int i = 0; i < 10 && !last.value("last", false); ++i) {
        last = c.next()["params"];
        ASSERT_TRUE(last.is_object());
        got += bytes_of(last["data"]);
    }
    EXPECT_TRUE(got == large + "end");
    EXPECT_EQ(last["end"], "frames");
    dataplane_.with(
        [](auto& s) { s.refuse["capture"] = {{"name", "bad-request"}, {"message", "nothing to capture"}}; });
    EXPECT_EQ(c.fault("capture"), "bad-request");
    EXPECT_EQ(c.fault("capture"), "bad-request") << "the first one left nothing behind";
}

TEST(Base64, IsStrict) {
    EXPECT_EQ(bytes_of("YWJj"), "abc");
    EXPECT_EQ(bytes_of("YWI="), "ab");
    EXPECT_EQ(bytes_of("YQ=="), "a");
    EXPECT_EQ(bytes_of(""), "");
    for (const char* const bad : {"YWJ", "YW=j", "Y===", "YWJj\n", "YW J", "====", "YWJ*"})
        EXPECT_FALSE(from_base64(bad).has_value()) << bad;
    EXPECT_EQ(to_base64({}), "");
}

}  // namespace
}  // namespace kmsgate::control::test

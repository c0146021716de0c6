// SPDX-License-Identifier: BSD-3-Clause
// The connection to the dataplane: what it is given after each connect, and that nobody suffers from the
// other.
#include <algorithm>

#include "tests/unit/control/box.hpp"

namespace kmsgate::control::test {
namespace {

class Linked : public Box {
  protected:
    std::string state() { return client().result("status")["link"]["state"]; }
    template <class F>
    auto fake(F f) {
        return dataplane_.with(f);
    }
};

TEST_F(Linked, ANewDataplaneIsGivenTagsThenTableThenModesThenEvents) {
    dataplane_.start();
    start();
    connected();
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    c.result("user.tag",
             {{"domain", "mc1"}, {"user", "sip:a@mc1.example"}, {"tags", {"roaming", "migrated"}}});
    c.result("user.tag", {{"domain", "mc1"}, {"user", "sip:b@mc1.example"}, {"tags", Json::array()}});
    c.result("edge.mode", {{"edge", "north"}, {"mode", "shadow"}});
    const std::string digest = fake([](auto& s) { return s.digest; });
    const auto tags = fake([](auto& s) { return s.tags; });
    ASSERT_EQ(tags.size(), 2U);
    dataplane_.restart();
    ASSERT_TRUE(eventually([&] { return dataplane_.asked("events") == 1; }));
    EXPECT_EQ(fake([](auto& s) { return s.ops; }),
              (std::vector<std::string>{"hello", "tags", "table", "modes", "events"}));
    EXPECT_EQ(fake([](auto& s) { return s.requests[1]["clear"]; }), true);
    EXPECT_EQ(fake([](auto& s) { return s.tags; }), tags);
    EXPECT_EQ(fake([](auto& s) { return s.digest; }), digest);
    EXPECT_EQ(fake([](auto& s) { return s.generation; }), 1U);
    EXPECT_EQ(fake([](auto& s) { return s.modes; }),
              (std::map<std::string, Json>{{"north", "shadow"}, {"south", nullptr}}));
    EXPECT_EQ(fake([](auto& s) { return s.events["mode"]; }), "refusals");
    EXPECT_EQ(fake([](auto& s) { return s.events["per_second"]; }), 1000);
}

TEST_F(Linked, AControlThatComesBackFindsItAsItWas) {
    dataplane_.start();
    start();
    connected();
    client().result("policy.commit", {{"text", policy()}});
    client().result("user.tag", {{"domain", "mc1"}, {"user", "sip:a@mc1.example"}, {"tags", {"roaming"}}});
    restart();
    connected();
    EXPECT_EQ(dataplane_.asked("table"), 1U);
    EXPECT_EQ(dataplane_.asked("tags"), 2U)
        << "of the first connect, and of the change; none is taken away for a moment";
    // One that lost a user meanwhile is given all of them.
    dataplane_.stop();
    fake([](auto& s) { s.tags.clear(); });
    dataplane_.start();
    connected();
    EXPECT_EQ(fake([](auto& s) { return s.tags.size(); }), 1U);
}

TEST_F(Linked, TheConnectionIsTriedForEver) {
    start();
    EXPECT_EQ(state(), "disconnected");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    dataplane_.start();
    connected();
    for (int i = 0; i < 5; ++i) {
        dataplane_.stop();
        ASSERT_TRUE(eventually([&] { return state() == "disconnected"; }));
        EXPECT_FALSE(client().result("status")["link"]["fault"].get<std::string>().empty());
        dataplane_.start();
        connected();
    }
}

TEST_F(Linked, NonsenseAndOtherVersionsAreSaid) {
    fake([](auto& s) { s.version = 2; });
    dataplane_.start();
    start();
    Client c = client();
    const auto says = [&](const std::string& what) {
        return eventually([&] {
            const Json fault = c.result("status")["link"]["fault"];
            return fault.is_string() && fault.get<std::string>().find(what) != std::string::npos;
        });
    };
    EXPECT_TRUE(says("another version"));
    fake([](auto& s) { s.nonsense = true; });
    EXPECT_TRUE(says("no frame"));
    fake([](auto& s) {
        s.nonsense = false;
        s.refuse["hello"] = {{"name", "no"}, {"message", "only root may"}};
    });
    EXPECT_TRUE(says("only root may"));
    fake([](auto& s) {
        s.refuse.clear();
        s.version = 1;
    });
    connected();
}

TEST_F(Linked, ADataplaneThatStallsMakesCallsFailByName) {
    settings_.link.answer = std::chrono::milliseconds(600);  // a loaded machine is no stall
    dataplane_.start();
    start();
    connected();
    client().result("policy.commit", {{"text", policy()}});
    fake([](auto& s) { s.stalls = true; });
    Client c = client();
    const Json e = c.error("stats.show");
    EXPECT_EQ(e["code"], 3);
    EXPECT_EQ(e["data"]["name"], "dataplane-stalled");
    // It answers nothing, hello neither: control goes on all the same.
    EXPECT_EQ(c.result("policy.history")["running"], 1);
    EXPECT_EQ(c.error("edge.mode", {{"edge", "north"}, {"mode", "shadow"}})["code"], 3);
    EXPECT_EQ(c.result("status")["modes"], Json::object());
    fake([](auto& s) { s.stalls = false; });
    connected();
    EXPECT_EQ(c.fault("edge.mode", {{"edge", "north"}, {"mode", "shadow"}}), "");
}

TEST_F(Linked, StatusNeverWaitsLong) {
    dataplane_.start();
    settings_.link.answer = std::chrono::seconds(20);
    start();
    connected();
    Client c = client();
    fake([](auto& s) { s.answers["status"] = {{"uptime", 5}}; });
    EXPECT_EQ(c.result("status")["dataplane"], Json({{"uptime", 5}}));
    fake([](auto& s) { s.stalls_at = "status"; });
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(c.result("status")["dataplane"], nullptr);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST_F(Linked, ThePolicyOfTheStartWaitsForTheDataplane) {
    start(PolicyFile{"p.yaml", policy()});
    Client c = client();
    EXPECT_EQ(c.result("policy.history")["running"], nullptr);
    dataplane_.start();
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 1; }));
    EXPECT_EQ(c.result("policy.show")["how"], "start");
    EXPECT_EQ(audit().back()["method"], "policy.start");
    // What was committed since is not undone by a restart, unless the file has changed.
    c.result("policy.commit", {{"text", policy("[B]")}});
    stop();
    start(PolicyFile{"p.yaml", policy()});
    connected();
    EXPECT_EQ(client().result("policy.history")["running"], 2);
    stop();
    start(PolicyFile{"p.yaml", policy("[C]")});
    connected();
    ASSERT_TRUE(eventually([&] { return client().result("policy.history")["running"] == 3; }));
    EXPECT_EQ(client().result("policy.show")["text"], policy("[C]"));
    // A reload is a wish of now.
    client().result("policy.commit", {{"text", policy("[B]")}});
    reload(PolicyFile{"p.yaml", policy("[C]")});
    ASSERT_TRUE(eventually([&] { return client().result("policy.history")["running"] == 5; }));
    reload(PolicyFile{"p.yaml", "version: 7\n"});
    ASSERT_TRUE(eventually([&] { return audit().back()["result"] == "policy-faulty"; }));
    EXPECT_EQ(client().result("policy.history")["running"], 5);
}

TEST_F(Linked, ManyTagsGoInBatches) {
    dataplane_.start();
    start();
    connected();
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    for (std::size_t at = 0; at < 25'000; at += 5'000) {
        Json rows = Json::array();
        for (std::size_t i = at; i < at + 5'000; ++i)
            rows.push_back({"mc1", user(i), i % 2 == 0 ? "roaming" : ""});
        c.result("user.load", {{"rows", rows}, {"first", at == 0}, {"last", at == 20'000}});
    }
    dataplane_.restart();
    connected();
    EXPECT_EQ(fake([](auto& s) { return s.tags.size(); }), 25'000U);
    EXPECT_EQ(dataplane_.asked("tags"), 3U);
    EXPECT_EQ(fake([](auto& s) {
                  return std::ranges::count_if(s.requests,
                                               [](const Json& r) { return r.value("clear", false); });
              }),
              1);
}

}  // namespace
}  // namespace kmsgate::control::test

// SPDX-License-Identifier: BSD-3-Clause
// check, plan, commit, rollback, history: what is in force, and what only seems to be.
#include "tests/unit/control/box.hpp"

namespace kmsgate::control::test {
namespace {

class Commit : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        start();
        connected();
    }
    std::string digest() {
        return dataplane_.with([](FakeDataplane::State& s) { return s.digest; });
    }
    std::uint64_t generation() {
        return dataplane_.with([](FakeDataplane::State& s) { return s.generation; });
    }
};

TEST_F(Commit, CheckTellsEverythingAtOnce) {
    Client c = client();
    const Json good = c.result("policy.check", {{"text", policy()}});
    EXPECT_EQ(good["ok"], true);
    EXPECT_EQ(good["problems"], Json::array());
    const Json bad =
        c.result("policy.check", {{"text", "version: 2\nkms: {A: 'x y'}\nedge: {}\n"}, {"file", "my.yaml"}});
    EXPECT_EQ(bad["ok"], false);
    EXPECT_EQ(bad["digest"], nullptr);
    ASSERT_GE(bad["problems"].size(), 3U);
    EXPECT_EQ(bad["errors"], bad["problems"].size());
    const Json& first = bad["problems"][0];
    EXPECT_EQ(first["severity"], "error");
    EXPECT_EQ(first["file"], "my.yaml");
    EXPECT_EQ(first["line"], 1);
    EXPECT_EQ(first["column"], 10);
    EXPECT_FALSE(first["what"].get<std::string>().empty());
    EXPECT_FALSE(first["remedy"].get<std::string>().empty());
    EXPECT_TRUE(first["text"].get<std::string>().starts_with("my.yaml:1:10: error: "));
    EXPECT_EQ(dataplane_.asked("table"), 0U);
}

TEST_F(Commit, AnEdgeThatIsServedMustBeThere) {
    Client c = client();
    std::string text = policy();
    text.replace(text.find("  south:"), 8, "  west:");
    const Json r = c.result("policy.check", {{"text", text}});
    EXPECT_EQ(r["ok"], false);
    ASSERT_EQ(r["errors"], 1);
    for (const Json& p : r["problems"])
        if (p["severity"] == "error") {
            EXPECT_EQ(p["line"], 0);
            EXPECT_NE(p["what"].get<std::string>().find("`south`"), std::string::npos);
        }
    EXPECT_EQ(c.fault("policy.commit", {{"text", text}}), "policy-faulty");
    EXPECT_EQ(generation(), 0U);
}

TEST_F(Commit, ReachesTheDataplaneAndThenTheHistory) {
    Client c = client();
    EXPECT_EQ(c.fault("policy.show"), "no-policy");
    const Json first = c.result("policy.commit", {{"text", policy()}, {"comment", "the first"}});
    EXPECT_EQ(first["generation"], 1);
    EXPECT_EQ(first["unchanged"], false);
    EXPECT_EQ(first["previous"], nullptr);
    EXPECT_EQ(first["confirm"], nullptr);
    EXPECT_EQ(first["digest"], digest());
    EXPECT_EQ(generation(), 1U);
    const Json second = c.result("policy.commit", {{"text", policy("[A, B]")}});
    EXPECT_EQ(second["generation"], 2);
    EXPECT_EQ(second["previous"], 1);
    EXPECT_EQ(second["digest"], digest());
    EXPECT_NE(second["digest"], first["digest"]);
    const Json history = c.result("policy.history");
    EXPECT_EQ(history["running"], 2);
    ASSERT_EQ(history["generations"].size(), 2U);
    EXPECT_EQ(history["generations"][0]["generation"], 2);
    EXPECT_EQ(history["generations"][1]["comment"], "the first");
    EXPECT_EQ(history["generations"][1]["how"], "commit");
    EXPECT_EQ(history["generations"][1]["uid"], ::getuid());
    EXPECT_FALSE(history["generations"][1].contains("text"));
    EXPECT_EQ(c.result("policy.history", {{"limit", 5}, {"before", 2}})["generations"].size(), 1U);
    EXPECT_EQ(c.result("policy.show")["text"], policy("[A, B]"));
    EXPECT_EQ(c.result("policy.show", {{"generation", 1}})["text"], policy());
    EXPECT_EQ(c.fault("policy.show", {{"generation", 3}}), "no-generation");
    const Json status = c.result("status");
    EXPECT_EQ(status["policy"]["generation"], 2);
    EXPECT_EQ(status["policy"]["digest"], digest());
}

TEST_F(Commit, PlanSaysWhatChangesInMeaning) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    const Json same = c.result("policy.plan", {{"text", policy()}});
    EXPECT_EQ(same["unchanged"], true);
    EXPECT_EQ(same["changes"], Json::array());
    const Json comment = c.result("policy.plan", {{"text", "# said otherwise\n" + policy()}});
    EXPECT_EQ(comment["changes"], Json::array());
    const Json plan = c.result("policy.plan", {{"text", policy("[A, B]")}});
    EXPECT_EQ(plan["generation"], 1);
    EXPECT_EQ(plan["unchanged"], false);
    ASSERT_EQ(plan["changes"].size(), 1U);
    const Json& change = plan["changes"][0];
    EXPECT_EQ(change["kind"], "rule");
    EXPECT_EQ(change["edge"], "north");
    EXPECT_EQ(change["side"], "initiator");
    EXPECT_EQ(change["name"], "attached");
    EXPECT_EQ(change["field"], "allow");
    EXPECT_EQ(change["added"], Json::array({"B"}));
    EXPECT_EQ(change["effect"], "looser");
    EXPECT_EQ(c.fault("policy.plan", {{"text", "version: 3\n"}}), "policy-faulty");
    EXPECT_EQ(generation(), 1U);
}

TEST_F(Commit, WhatIsRunningChangesNothing) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    const std::size_t pushed = dataplane_.asked("table");
    const Json again = c.result("policy.commit", {{"text", policy()}});
    EXPECT_EQ(again["unchanged"], true);
    EXPECT_EQ(again["generation"], 1);
    EXPECT_EQ(dataplane_.asked("table"), pushed);
    EXPECT_EQ(c.result("policy.history")["generations"].size(), 1U);
    // Another text of the same meaning is worth a line in the history.
    EXPECT_EQ(c.result("policy.commit", {{"text", policy() + "# new\n"}})["generation"], 2);
    EXPECT_EQ(c.result("policy.show")["text"], policy() + "# new\n");
}

TEST_F(Commit, ErrorsComeWithTheirProblems) {
    Client c = client();
    const Json e = c.error("policy.commit", {{"text", "version: 2\n"}, {"file", "p.yaml"}});
    EXPECT_EQ(e["code"], 1);
    EXPECT_EQ(e["data"]["name"], "policy-faulty");
    EXPECT_FALSE(e["data"]["problems"].empty());
    EXPECT_EQ(c.result("policy.history")["running"], nullptr);
}

TEST_F(Commit, WhatTheDataplaneRefusesIsNotHistory) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    dataplane_.with([](auto& s) {
        s.refuse["table"] = {{"name", "tag-words-full"}, {"message", "no room; untag"}, {"words", 32}};
    });
    const Json e = c.error("policy.commit", {{"text", policy("[B]")}});
    EXPECT_EQ(e["code"], 1);
    EXPECT_EQ(e["data"]["name"], "tag-words-full");
    EXPECT_EQ(e["data"]["words"], 32);
    EXPECT_EQ(e["message"], "no room; untag");
    EXPECT_EQ(c.result("policy.history")["running"], 1);
    EXPECT_EQ(c.result("status")["writer"], nullptr);
    dataplane_.with([](auto& s) { s.refuse.clear(); });
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[B]")}})["generation"], 2);
}

TEST_F(Commit, WithoutDataplaneNothingChanges) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    dataplane_.stop();
    ASSERT_TRUE(eventually([&] { return c.result("status")["link"]["state"] == "disconnected"; }));
    const Json e = c.error("policy.commit", {{"text", policy("[B]")}});
    EXPECT_EQ(e["code"], 3);
    EXPECT_EQ(e["data"]["name"], "dataplane-not-reached");
    EXPECT_EQ(c.error("policy.rollback")["code"], 1);  // there is nothing to go back to
    EXPECT_EQ(c.result("policy.history")["generations"].size(), 1U);
    EXPECT_EQ(c.result("policy.check", {{"text", policy("[B]")}})["ok"], true);
    EXPECT_EQ(c.result("policy.plan", {{"text", policy("[B]")}})["changes"].size(), 1U);
}

TEST_F(Commit, ADataplaneThatDiesMeanwhileHasTheOldOneAfterwards) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    const std::string before = digest();
    dataplane_.with([](auto& s) { s.dies_at = "table"; });
    EXPECT_EQ(c.error("policy.commit", {{"text", policy("[B]")}})["code"], 3);
    dataplane_.with([](auto& s) { s.dies_at.clear(); });
    dataplane_.restart();
    ASSERT_TRUE(eventually([&] { return digest() == before; }));
    EXPECT_EQ(generation(), 1U);
    EXPECT_EQ(c.result("policy.history")["generations"].size(), 1U);
}

TEST_F(Commit, OneWriterAtATime) {
    Client a = client();
    Client b = client();
    dataplane_.with([](auto& s) { s.stalls_at = "table"; });
    const int id = a.send("policy.commit", {{"text", policy()}});
    ASSERT_TRUE(eventually([&] { return dataplane_.asked("table") == 1; }));
    for (const char* const method : {"policy.commit", "policy.rollback", "policy.confirm"}) {
        const Json e = b.error(
            method, method == std::string("policy.commit") ? Json{{"text", policy("[B]")}} : Json::object());
        EXPECT_EQ(e["data"]["name"], "commit-in-progress") << method;
        EXPECT_EQ(e["data"]["holder"]["pid"], ::getpid());
        EXPECT_EQ(e["data"]["holder"]["uid"], ::getuid());
        EXPECT_TRUE(e["data"]["holder"]["since"].is_number());
    }
    EXPECT_EQ(b.result("status")["writer"]["pid"], ::getpid());
    EXPECT_EQ(a.answer(id)["error"]["data"]["name"], "dataplane-stalled");
    dataplane_.with([](auto& s) { s.stalls_at.clear(); });
    connected();
    EXPECT_EQ(b.result("policy.commit", {{"text", policy("[B]")}})["generation"], 1);
}

TEST_F(Commit, RollbackIsANewGenerationWithTheOldText) {
    Client c = client();
    EXPECT_EQ(c.fault("policy.rollback"), "no-previous");
    c.result("policy.commit", {{"text", policy()}});
    const std::string first = digest();
    EXPECT_EQ(c.fault("policy.rollback"), "no-previous");
    c.result("policy.commit", {{"text", policy("[B]")}});
    c.result("policy.commit", {{"text", policy("[C]")}});
    const Json back = c.result("policy.rollback", {{"to", 1}, {"comment", "trouble"}});
    EXPECT_EQ(back["generation"], 4);
    EXPECT_EQ(back["to"], 1);
    EXPECT_EQ(back["changes"].size(), 1U);
    EXPECT_EQ(digest(), first);
    const Json shown = c.result("policy.show");
    EXPECT_EQ(shown["text"], policy());
    EXPECT_EQ(shown["how"], "rollback");
    EXPECT_EQ(shown["comment"], "trouble");
    EXPECT_EQ(shown["to"], 1);
    EXPECT_EQ(c.result("policy.rollback")["to"], 3);
    EXPECT_EQ(c.fault("policy.rollback", {{"to", 77}}), "no-generation");
    EXPECT_EQ(c.result("policy.history")["running"], 5);
}

TEST_F(Commit, GenerationsCountUpAlsoOverRestarts) {
    Client(startup_.control_socket).hello();
    {
        Client c = client();
        c.result("policy.commit", {{"text", policy()}});
        c.result("policy.commit", {{"text", policy("[B]")}});
    }
    restart();
    connected();
    EXPECT_EQ(dataplane_.asked("table"), 2U) << "the dataplane had it already";
    Client c = client();
    EXPECT_EQ(c.result("status")["policy"]["generation"], 2);
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[C]")}})["generation"], 3);
    // A dataplane that has seen more than the history (its disk was put back) is not given a number twice.
    dataplane_.stop();
    dataplane_.with([](auto& s) { s.generation = 40; });
    dataplane_.start();
    connected();
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[A]")}})["generation"], 41);
}

TEST_F(Commit, AModeSetByHandEndsWithAChangeOfItsEdge) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    c.result("edge.mode", {{"edge", "north"}, {"mode", "bypass"}});
    c.result("edge.mode", {{"edge", "south"}, {"mode", "shadow"}});
    EXPECT_EQ(c.result("policy.commit", {{"text", policy() + "#\n"}})["modes_ended"], Json::array());
    EXPECT_EQ(c.result("policy.plan", {{"text", policy("[B]")}})["modes_ended"], Json::array({"north"}));
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[B]")}})["modes_ended"], Json::array({"north"}));
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.modes.at("north"); }), nullptr);
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.modes.at("south"); }), "shadow");
    EXPECT_EQ(c.result("status")["modes"], Json({{"south", "shadow"}}));
}

TEST_F(Commit, LongWorkStallsNobody) {
    Client c = client();
    std::string many = policy();
    many.erase(many.find("  south:"));
    many += "  south:\n    domain: mc1\n    rules:\n";
    for (int i = 0; i < 20'000; ++i)
        many += "      - {name: r" + std::to_string(i) + ", side: initiator, when: {user: \"sip:u" +
                std::to_string(i) + "@mc1.example\"}, allow: [A]}\n";
    const int id = c.send("policy.check", {{"text", many}});
    Client other = client();
    const auto begin = std::chrono::steady_clock::now();
    other.result("status");
    const auto took = std::chrono::steady_clock::now() - begin;
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(c.answer(id)["result"]["ok"], true);
    const auto rest = std::chrono::steady_clock::now() - before;
    EXPECT_LT(took, rest + std::chrono::milliseconds(300));
}

}  // namespace
}  // namespace kmsgate::control::test

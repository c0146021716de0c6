// SPDX-License-Identifier: BSD-3-Clause
// commit --confirm: the way back is taken unless somebody says otherwise, whoever dies in between.
#include "tests/unit/control/box.hpp"
#include "tests/unit/control/disk.hpp"

namespace kmsgate::control::test {
namespace {

class Confirm : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        start();
        connected();
        Client c = client();
        c.result("policy.commit", {{"text", policy()}});
        first_ = digest();
    }
    std::string digest() {
        return dataplane_.with([](FakeDataplane::State& s) { return s.digest; });
    }
    std::string first_;
};

TEST_F(Confirm, ComesBackUnlessConfirmed) {
    Client c = client();
    const Json r = c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 1}});
    EXPECT_EQ(r["generation"], 2);
    EXPECT_TRUE(r["confirm"]["deadline"].is_number());
    EXPECT_NE(digest(), first_);
    const Json waiting = c.result("status")["confirm"];
    EXPECT_EQ(waiting["generation"], 2);
    EXPECT_EQ(waiting["previous"], 1);
    EXPECT_EQ(waiting["holder"]["uid"], ::getuid());
    ASSERT_TRUE(eventually([&] { return digest() == first_; }));
    ASSERT_TRUE(eventually([&] { return c.result("status")["confirm"].is_null(); }));
    const Json last = c.result("policy.history")["generations"][0];
    EXPECT_EQ(last["generation"], 3);
    EXPECT_EQ(last["how"], "auto-rollback");
    EXPECT_EQ(last["to"], 1);
    EXPECT_EQ(c.fault("policy.confirm"), "nothing-to-confirm");
    const std::vector<Json> lines = audit();
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[2]["method"], "policy.auto-rollback");
    EXPECT_EQ(lines[2]["generation"], 3);
    EXPECT_EQ(lines[2]["params"]["to"], 1);
    EXPECT_EQ(lines[3]["result"], "nothing-to-confirm");
}

TEST_F(Confirm, StaysWhenConfirmed) {
    Client c = client();
    c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 1}});
    const std::string second = digest();
    EXPECT_EQ(c.result("policy.confirm")["generation"], 2);
    EXPECT_EQ(c.result("status")["confirm"], nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(1300));
    EXPECT_EQ(digest(), second);
    EXPECT_EQ(c.result("policy.history")["running"], 2);
}

TEST_F(Confirm, NobodyCommitsMeanwhile) {
    Client c = client();
    c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 60}});
    const Json e = c.error("policy.commit", {{"text", policy("[C]")}});
    EXPECT_EQ(e["code"], 1);
    EXPECT_EQ(e["data"]["name"], "confirm-pending");
    EXPECT_EQ(e["data"]["generation"], 2);
    EXPECT_EQ(e["data"]["holder"]["pid"], ::getpid());
    const Json back = c.result("policy.rollback");
    EXPECT_EQ(back["to"], 1);
    EXPECT_EQ(digest(), first_);
    EXPECT_EQ(c.result("status")["confirm"], nullptr);
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[C]")}})["generation"], 4);
}

TEST_F(Confirm, ARestartDoesNotForgetIt) {
    client().result("policy.commit", {{"text", policy("[B]")}, {"confirm", 1}});
    stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    EXPECT_NE(digest(), first_) << "nobody is there to take it back";
    start();
    EXPECT_TRUE(eventually([&] { return digest() == first_; }));
    Client c = client();
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 3; }));
    EXPECT_EQ(c.result("policy.show")["how"], "auto-rollback");
}

TEST_F(Confirm, ARestartInTimeLeavesItToBeConfirmed) {
    client().result("policy.commit", {{"text", policy("[B]")}, {"confirm", 60}});
    restart();
    connected();
    Client c = client();
    EXPECT_EQ(c.result("status")["confirm"]["generation"], 2);
    EXPECT_EQ(c.fault("policy.commit", {{"text", policy("[C]")}}), "confirm-pending");
    EXPECT_EQ(c.result("policy.confirm")["generation"], 2);
}

TEST_F(Confirm, WaitsForTheDataplaneToGoBack) {
    Client c = client();
    c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 1}});
    dataplane_.stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(1300));
    EXPECT_EQ(c.result("policy.history")["running"], 2);
    dataplane_.restart();
    EXPECT_TRUE(eventually([&] { return digest() == first_; }));
    EXPECT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 3; }));
}

TEST_F(Confirm, WhatCannotBeWrittenDownIsNotInForce) {
    Client c = client();
    {
        const Disk disk(path("control.db"));
        disk.refuse("UPDATE ON generations");
        EXPECT_EQ(c.fault("policy.commit", {{"text", policy("[B]")}}), "history-unwritable");
        EXPECT_EQ(digest(), first_) << "the old table is back";
        EXPECT_EQ(dataplane_.with([](auto& s) { return s.generation; }), 1U);
        EXPECT_EQ(c.result("policy.history")["generations"].size(), 1U);
        disk.allow();
        disk.refuse("INSERT ON generations");
        const std::size_t pushed = dataplane_.asked("table");
        const Json e = c.error("policy.commit", {{"text", policy("[B]")}});
        EXPECT_EQ(e["data"]["name"], "history-unwritable");
        EXPECT_NE(e["message"].get<std::string>().find("disk full"), std::string::npos);
        EXPECT_EQ(dataplane_.asked("table"), pushed) << "it was not even tried";
        disk.allow();
    }
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[B]")}})["generation"], 2);
}

TEST_F(Confirm, ModesThatTheCommitEndedStandAgain) {
    Client c = client();
    const auto mode = [&](const char* edge) {
        return dataplane_.with([&](FakeDataplane::State& s) { return s.modes[edge]; });
    };
    c.result("edge.mode", {{"edge", "north"}, {"mode", "shadow"}});
    c.result("edge.mode", {{"edge", "south"}, {"mode", "bypass"}});
    const Json r = c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 1}});
    EXPECT_EQ(r["modes_ended"], Json({"north"}));
    EXPECT_EQ(r["modes_back"], Json::object());
    EXPECT_EQ(mode("north"), nullptr);
    EXPECT_EQ(mode("south"), "bypass") << "the commit does not name it";
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 3; }));
    EXPECT_EQ(mode("north"), "shadow");
    const Json modes = c.result("status")["modes"];
    EXPECT_EQ(modes, (Json{{"north", "shadow"}, {"south", "bypass"}}));
    const std::vector<Json> lines = audit();
    EXPECT_EQ(lines.back()["method"], "policy.auto-rollback");

    restart();
    connected();
    EXPECT_EQ(client().result("status")["modes"], modes);
    dataplane_.restart();
    ASSERT_TRUE(eventually([&] { return mode("north") == "shadow" && mode("south") == "bypass"; }))
        << "a dataplane that begins anew is given them";
}

TEST_F(Confirm, ModesStandAgainAfterARestartInBetween) {
    {
        Client c = client();
        c.result("edge.mode", {{"edge", "north"}, {"mode", "shadow"}});
        c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 1}});
    }
    stop();
    dataplane_.restart();
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    start();
    Client c = client();
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 3; }));
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.modes["north"]; }), "shadow");
    EXPECT_EQ(c.result("status")["modes"], (Json{{"north", "shadow"}}));
}

TEST_F(Confirm, ModesStandAgainAfterARollbackByHand) {
    Client c = client();
    c.result("edge.mode", {{"edge", "north"}, {"mode", "shadow"}});
    c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 60}});
    // What was set since is the newest commit's, and goes with it.
    c.result("edge.mode", {{"edge", "north"}, {"mode", "bypass"}});
    const Json back = c.result("policy.rollback");
    EXPECT_EQ(back["modes_ended"], Json::array());
    EXPECT_EQ(back["modes_back"], (Json{{"north", "shadow"}}));
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.modes["north"]; }), "shadow");

    // Without a confirmation it is the same; further back than one step nothing is known of modes.
    c.result("policy.commit", {{"text", policy("[B]")}});
    c.result("policy.commit", {{"text", policy("[C]")}});
    EXPECT_EQ(c.result("policy.rollback", {{"to", 1}})["modes_back"], Json::object());
    EXPECT_EQ(c.result("status")["modes"], Json::object());
    c.result("edge.mode", {{"edge", "north"}, {"mode", "shadow"}});
    c.result("policy.commit", {{"text", policy("[B]")}});
    EXPECT_EQ(c.result("policy.rollback")["modes_back"], (Json{{"north", "shadow"}}));
}

TEST_F(Confirm, ModesThatCannotBeWrittenDownDoNotComeBack) {
    Client c = client();
    c.result("edge.mode", {{"edge", "north"}, {"mode", "shadow"}});
    c.result("policy.commit", {{"text", policy("[B]")}, {"confirm", 60}});
    const Disk disk(path("control.db"));
    disk.refuse("UPDATE ON generations");
    EXPECT_EQ(c.fault("policy.rollback"), "history-unwritable");
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.modes["north"]; }), nullptr);
    EXPECT_NE(digest(), first_);
    disk.allow();
    EXPECT_EQ(c.result("policy.rollback")["modes_back"], (Json{{"north", "shadow"}}));
}

TEST_F(Confirm, ATableThatTheDataplaneCannotKeepIsSaid) {
    Client c = client();
    EXPECT_EQ(c.result("policy.commit", {{"text", policy("[B]")}})["last_table"], nullptr);
    dataplane_.with([](auto& s) { s.answers["table"] = {{"last_table", "last.table: no space left"}}; });
    const Json r = c.result("policy.commit", {{"text", policy("[C]")}});
    EXPECT_EQ(r["generation"], 3) << "it is in force all the same";
    EXPECT_EQ(r["last_table"], "last.table: no space left");
}

TEST_F(Confirm, BadWishesAreRefused) {
    Client c = client();
    for (const Json& bad : {Json(0), Json(86'401), Json(-1), Json("60"), Json(1.5)})
        EXPECT_EQ(c.error("policy.commit", {{"text", policy("[B]")}, {"confirm", bad}})["code"], -32602)
            << bad;
    EXPECT_EQ(digest(), first_);
}

}  // namespace
}  // namespace kmsgate::control::test

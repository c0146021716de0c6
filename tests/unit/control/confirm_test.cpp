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

TEST_F(Confirm, BadWishesAreRefused) {
    Client c = client();
    for (const Json& bad : {Json(0), Json(86'401), Json(-1), Json("60"), Json(1.5)})
        EXPECT_EQ(c.error("policy.commit", {{"text", policy("[B]")}, {"confirm", bad}})["code"], -32602)
            << bad;
    EXPECT_EQ(digest(), first_);
}

}  // namespace
}  // namespace kmsgate::control::test

// SPDX-License-Identifier: BSD-3-Clause
// Request ids, the audit log, and the files control works on.
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "control/commit/store.hpp"
#include "tests/unit/control/box.hpp"
#include "tests/unit/control/disk.hpp"

namespace kmsgate::control::test {
namespace {

class Requests : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        start();
        connected();
    }
};

TEST_F(Requests, ARetryIsNotDoneTwice) {
    const Json wish = {{"text", policy()}, {"request_id", "one"}};
    const Json first = client().result("policy.commit", wish);
    EXPECT_FALSE(first.contains("repeated"));
    Client c = client();
    Json again = c.result("policy.commit", wish);
    EXPECT_EQ(again["repeated"], true);
    again.erase("repeated");
    EXPECT_EQ(again, first);
    c.result("policy.commit", {{"text", policy("[B]")}});
    EXPECT_EQ(c.result("policy.rollback", {{"request_id", "two"}})["generation"], 3);
    EXPECT_EQ(c.result("policy.rollback", {{"request_id", "two"}})["generation"], 3);
    EXPECT_EQ(c.result("policy.history")["running"], 3);
    restart();
    connected();
    EXPECT_EQ(client().result("policy.rollback", {{"request_id", "two"}})["repeated"], true);
    EXPECT_EQ(client().result("policy.history")["running"], 3);
}

TEST_F(Requests, AnIdBelongsToOneCallOfOneUser) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}, {"request_id", "one"}});
    EXPECT_EQ(c.fault("policy.commit", {{"text", policy("[B]")}, {"request_id", "one"}}),
              "request-id-reused");
    EXPECT_EQ(c.fault("policy.rollback", {{"request_id", "one"}}), "request-id-reused");
    startup_.control.admin = {"anna"};
    restart();
    connected();
    EXPECT_EQ(client_of("anna", 2004)
                  .result("policy.commit", {{"text", policy()}, {"request_id", "one"}})["unchanged"],
              true);
    for (const Json& bad : {Json(""), Json(7), Json(std::string(65, 'x')), Json()})
        EXPECT_EQ(client().error("policy.confirm", {{"request_id", bad}})["code"], -32602) << bad;
    // A refusal is not kept, and who asks for nothing may carry an id.
    EXPECT_EQ(client().fault("policy.confirm", {{"request_id", "x"}}), "nothing-to-confirm");
    client().result("policy.commit", {{"text", policy("[B]")}, {"confirm", 60}});
    EXPECT_EQ(client().fault("policy.confirm", {{"request_id", "x"}}), "");
    EXPECT_FALSE(client().result("policy.history", {{"request_id", "one"}}).contains("repeated"));
}

TEST_F(Requests, TheSecondWaitsForTheFirst) {
    dataplane_.with([](auto& s) { s.stalls_at = "table"; });
    Client a = client();
    Client b = client();
    const Json wish = {{"text", policy()}, {"request_id", "one"}};
    const int first = a.send("policy.commit", wish);
    ASSERT_TRUE(eventually([&] { return dataplane_.asked("table") == 1; }));
    const int second = b.send("policy.commit", wish);
    EXPECT_EQ(b.fault("policy.rollback", {{"request_id", "one"}}), "request-id-reused");
    EXPECT_EQ(a.answer(first)["error"]["data"]["name"], "dataplane-stalled");
    EXPECT_EQ(b.answer(second)["error"]["data"]["name"], "dataplane-stalled");
    dataplane_.with([](auto& s) { s.stalls_at.clear(); });
    connected();
    EXPECT_EQ(b.result("policy.commit", wish)["generation"], 1);
}

TEST_F(Requests, TheNewestThousandAreKept) {
    const auto store = Store::open(path("answers.db"));
    ASSERT_TRUE(store.has_value()) << store.error();
    for (int i = 0; i < 1030; ++i)
        ASSERT_TRUE(
            (*store)->keep_answer(fmt::format("0 {}", i), {"edge.mode", "sha256:", "{}"}).has_value());
    EXPECT_TRUE((*store)->answer("0 1029").has_value());
    EXPECT_TRUE((*store)->answer("0 6").has_value());
    EXPECT_FALSE((*store)->answer("0 5").has_value());
}

TEST_F(Requests, EachChangeIsOneLineOfTheAudit) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}, {"comment", "hello"}, {"request_id", "r"}});
    c.result("policy.commit", {{"text", policy()}, {"comment", "hello"}, {"request_id", "r"}});
    c.fault("user.tag", {{"domain", "mc9"}, {"user", "sip:a@b"}, {"tags", {"roaming"}}});
    c.result("user.tag", {{"domain", "mc1"}, {"user", "sip:a@b"}, {"tags", {"roaming"}}});
    c.result("user.load", {{"rows", {{"mc1", "sip:c@b", ""}}}, {"first", true}, {"last", true}});
    c.result("policy.show");
    c.result("status");
    const std::vector<Json> lines = audit();
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0]["method"], "policy.commit");
    EXPECT_EQ(lines[0]["uid"], ::getuid());
    EXPECT_EQ(lines[0]["pid"], ::getpid());
    EXPECT_TRUE(lines[0]["time"].is_number());
    EXPECT_EQ(lines[0]["result"], "done");
    EXPECT_EQ(lines[0]["generation"], 1);
    EXPECT_EQ(lines[0]["params"]["comment"], "hello");
    EXPECT_TRUE(lines[0]["params"]["text"].get<std::string>().starts_with("sha256:"));
    EXPECT_EQ(lines[1]["result"], "unknown-domain");
    EXPECT_EQ(lines[2]["params"]["tags"], Json({"roaming"}));
    EXPECT_EQ(lines[3]["params"]["rows"], 1);
    EXPECT_EQ(lines[3]["set"], 1);
    struct stat st{};
    ASSERT_EQ(::stat(path("audit.jsonl").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07U, 0U) << "not for everybody";
}

TEST_F(Requests, WhatCannotBeAuditedIsNotDone) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    // A directory stops root, too.
    std::filesystem::rename(path("audit.jsonl"), path("old"));
    std::filesystem::create_directory(path("audit.jsonl"));
    const Json e = c.error("policy.commit", {{"text", policy("[B]")}});
    EXPECT_EQ(e["code"], 1);
    EXPECT_EQ(e["data"]["name"], "audit-unwritable");
    EXPECT_NE(e["message"].get<std::string>().find("audit.jsonl"), std::string::npos);
    EXPECT_EQ(c.fault("edge.mode", {{"edge", "north"}, {"mode", "shadow"}}), "audit-unwritable");
    EXPECT_EQ(c.fault("user.tag", {{"domain", "mc1"}, {"user", "sip:a@b"}, {"tags", {"roaming"}}}),
              "audit-unwritable");
    EXPECT_EQ(dataplane_.with([](auto& s) { return s.generation; }), 1U);
    EXPECT_TRUE(dataplane_.with([](auto& s) { return s.tags.empty(); }));
    EXPECT_EQ(c.result("policy.plan", {{"text", policy("[B]")}})["changes"].size(), 1U)
        << "looking is allowed";
    std::filesystem::remove(path("audit.jsonl"));
    EXPECT_EQ(c.fault("edge.mode", {{"edge", "north"}, {"mode", "shadow"}}), "");
    stop();
    std::filesystem::remove(path("audit.jsonl"));
    std::filesystem::create_directory(path("audit.jsonl"));
    EXPECT_NE(try_start().find("audit.jsonl"), std::string::npos);
}

TEST_F(Requests, AModeThatCannotBeKeptIsTakenBack) {
    Client c = client();
    c.result("policy.commit", {{"text", policy()}});
    const Disk disk(path("control.db"));
    disk.refuse("INSERT ON modes");
    EXPECT_EQ(c.fault("edge.mode", {{"edge", "north"}, {"mode", "bypass"}}), "history-unwritable");
    EXPECT_TRUE(
        eventually([&] { return dataplane_.with([](auto& s) { return s.modes.at("north"); }) == nullptr; }));
    EXPECT_EQ(c.result("edge.list")["edges"][0]["mode"], "enforce");
    disk.allow();
}

TEST_F(Requests, OneControlForAState) {
    Loop loop;
    ControlSettings second = settings_;
    second.startup = startup_;
    second.startup.control_socket = path("other.sock");
    const auto refused = Control::open(loop, second);
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().find(fmt::format("pid {}", ::getpid())), std::string::npos) << refused.error();
}

class Files : public Box {
  protected:
    void fill(const std::string& name, std::string_view bytes) {
        std::ofstream(path(name), std::ios::binary) << bytes;
    }
    std::string bytes(const std::string& name) {
        std::ifstream in(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void expect_left_alone(const std::string& says) {
        const std::string before = bytes("control.db");
        const std::string error = try_start();
        EXPECT_NE(error.find("control.db"), std::string::npos) << error;
        EXPECT_NE(error.find(says), std::string::npos) << error;
        EXPECT_EQ(bytes("control.db"), before);
    }
};

TEST_F(Files, ADatabaseOfAnotherVersionIsLeftAlone) {
    start();
    stop();
    {
        Disk(path("control.db")).run("PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)");
    }
    expect_left_alone("its form is 2, this one knows 1");
    {
        Disk(path("control.db")).run("PRAGMA user_version = 1; PRAGMA application_id = 7");
    }
    expect_left_alone("another program");
}

TEST_F(Files, ADamagedDatabaseIsLeftAlone) {
    fill("control.db", std::string(5000, 'x'));
    expect_left_alone("no sound database");
    std::filesystem::remove(path("control.db"));
    start();
    stop();
    std::string whole = bytes("control.db");
    ASSERT_GT(whole.size(), 8192U);
    for (std::size_t i = 4096; i < whole.size(); ++i) whole[i] = '\x5A';
    fill("control.db", whole);
    expect_left_alone("");
}

TEST_F(Files, ASocketThatIsInUseIsNotTaken) {
    FakeDataplane other(startup_.control_socket);
    other.start();
    EXPECT_NE(try_start().find("another server answers"), std::string::npos);
    other.stop();
    fill("control.sock", "");
    EXPECT_NE(try_start().find("taken by something else"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(path("control.sock")));
    std::filesystem::remove(path("control.sock"));
    {  // one that a control that was killed has left
        FakeDataplane dead(startup_.control_socket);
        dead.start();
        std::filesystem::rename(startup_.control_socket, path("kept"));
        dead.stop();
        std::filesystem::rename(path("kept"), startup_.control_socket);
    }
    start();
    client().result("policy.history");
}

TEST_F(Files, WhatCannotBeOpenedIsSaidAtTheStart) {
    startup_.control.events_file = path("");
    EXPECT_NE(try_start(), "");
    startup_.control.events_file = path("events.jsonl");
    startup_.metrics = "127.0.0.1:1x";
    EXPECT_NE(try_start().find("127.0.0.1:1x"), std::string::npos);
    startup_.metrics = "";
    startup_.control_socket = path("none/control.sock");
    EXPECT_NE(try_start().find("none/control.sock"), std::string::npos);
    startup_.control_socket = path("control.sock");
    dataplane_.start();
    start();
    connected();
    dataplane_.tell({{"op", "events"}}, "{\"event\":\"message\"}\n");
    EXPECT_TRUE(eventually([&] { return bytes("events.jsonl") == "{\"event\":\"message\"}\n"; }));
    EXPECT_EQ(client().result("status")["events"]["written"], 1);
}

}  // namespace
}  // namespace kmsgate::control::test

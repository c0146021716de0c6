// SPDX-License-Identifier: BSD-3-Clause
// User tags: one at a time, in bulk, and where the dataplane or the disk has no room.
#include <set>

#include "tests/unit/control/box.hpp"
#include "tests/unit/control/disk.hpp"

namespace kmsgate::control::test {
namespace {

using Tags = std::map<std::pair<std::string, std::string>, std::string>;

class UserTags : public Box {
  protected:
    void SetUp() override {
        dataplane_.start();
        start();
        connected();
        client().result("policy.commit", {{"text", policy()}});
    }
    Tags tags() {
        return dataplane_.with([](auto& s) { return s.tags; });
    }
    static Json tag(const std::string& user, const Json& tags, const std::string& domain = "mc1") {
        return {{"domain", domain}, {"user", user}, {"tags", tags}};
    }
};

TEST_F(UserTags, AreNormalisedCheckedGivenAndKept) {
    Client c = client();
    const Json r = c.result(
        "user.tag", tag("SIPS:Alice@MC1.Example:5061;transport=tls", {"roaming", "migrated", "roaming"}));
    EXPECT_EQ(r["user"], "sip:Alice@mc1.example:5061");
    EXPECT_EQ(r["tags"], Json({"roaming", "migrated"}));
    EXPECT_EQ(tags(), (Tags{{{"mc1", "sip:Alice@mc1.example:5061"}, "roaming migrated"}}));
    c.result("user.tag", tag("sip:Alice@mc1.example:5061", {"roaming"}));
    EXPECT_EQ(tags().begin()->second, "roaming");
    EXPECT_EQ(c.result("user.show"), Json({{"users", {{"mc1", "sip:Alice@mc1.example:5061", "roaming"}}},
                                           {"next", nullptr},
                                           {"count", 1}}));
    restart();
    connected();
    EXPECT_EQ(client().result("user.show")["count"], 1);
    Client d = client();
    EXPECT_EQ(d.result("user.untag", {{"domain", "mc1"}, {"user", "sip:Alice@MC1.example:5061"}})["removed"],
              true);
    EXPECT_EQ(d.result("user.untag", {{"domain", "mc1"}, {"user", "sip:Alice@MC1.example:5061"}})["removed"],
              false);
    EXPECT_TRUE(tags().empty());
    EXPECT_EQ(d.result("user.show")["count"], 0);
}

TEST_F(UserTags, PatternsAreRefused) {
    Client c = client();
    for (const char* const pattern : {"sip:*@mc1.example", "sip:alice@*.mc1.example", "tel:+4420*"}) {
        const Json e = c.error("user.tag", tag(pattern, {"roaming"}));
        EXPECT_EQ(e["data"]["name"], "bad-user") << pattern;
        EXPECT_NE(e["message"].get<std::string>().find("sip:alice@mc1.example"), std::string::npos) << e;
        EXPECT_EQ(c.fault("user.untag", {{"domain", "mc1"}, {"user", pattern}}), "bad-user");
        EXPECT_EQ(c.fault("user.show", {{"user", pattern}}), "bad-user");
    }
    const Json r = c.result("user.load", {{"rows", {{"mc1", "sip:*@mc1.example", "roaming"}}},
                                          {"first", true},
                                          {"last", true},
                                          {"replace", false}});
    EXPECT_EQ(r["refused"].size(), 1U) << r;
    EXPECT_TRUE(tags().empty());
    // A user whose name bears a star, RFC 3261 allows it.
    EXPECT_EQ(c.result("user.tag", tag("sip:%2A21@mc1.example", {"roaming"}))["user"], "sip:*21@mc1.example");
    EXPECT_EQ(c.result("user.show", {{"user", "sip:%2A21@mc1.example"}})["users"].size(), 1U);
    EXPECT_EQ(c.result("user.untag", {{"domain", "mc1"}, {"user", "sip:*21@mc1.example"}})["removed"], true)
        << "as it is shown";
}

TEST_F(UserTags, UnknownWordsAreRefusedWithThoseThereAre) {
    Client c = client();
    const Json domain = c.error("user.tag", tag("sip:a@mc1.example", {"roaming"}, "mc2"));
    EXPECT_EQ(domain["data"]["name"], "unknown-domain");
    EXPECT_EQ(domain["data"]["known"], Json({"mc1"}));
    const Json word = c.error("user.tag", tag("sip:a@mc1.example", {"roamin"}));
    EXPECT_EQ(word["data"]["name"], "unknown-tag");
    EXPECT_EQ(word["data"]["known"], Json({"migrated", "roaming"}));
    EXPECT_NE(word["message"].get<std::string>().find("`roaming`"), std::string::npos) << word["message"];
    for (const char* const bad : {"alice", "sip:a b@c", "", "sip:a\tb@c", "sip:a\nmc1\tsip:b@c"})
        EXPECT_EQ(c.fault("user.tag", tag(bad, {"roaming"})), "bad-user") << bad;
    EXPECT_EQ(c.error("user.tag", {{"domain", "mc1"}, {"user", "sip:a@b"}})["code"], -32602);
    EXPECT_EQ(c.error("user.tag", tag("sip:a@b", "roaming"))["code"], -32602);
    EXPECT_TRUE(tags().empty());
}

TEST_F(UserTags, AFullDataplaneKeepsNothing) {
    Client c = client();
    dataplane_.with([](auto& s) { s.capacity = 1; });
    c.result("user.tag", tag("sip:a@mc1.example", {"roaming"}));
    const Json e = c.error("user.tag", tag("sip:b@mc1.example", {"roaming"}));
    EXPECT_EQ(e["data"]["name"], "tags-full");
    EXPECT_EQ(e["data"]["capacity"], 1);
    EXPECT_EQ(c.result("user.show")["count"], 1);
    c.result("user.tag", tag("sip:a@mc1.example", {"migrated"}));
    const Json load =
        c.result("user.load", {{"rows", {{"mc1", "sip:a@mc1.example", ""}, {"mc1", "sip:c@mc1.example", ""}}},
                               {"first", true},
                               {"last", true}});
    EXPECT_EQ(load["set"], 1);
    ASSERT_EQ(load["refused"].size(), 1U);
    EXPECT_EQ(load["refused"][0][0], 2);
    EXPECT_NE(load["refused"][0][1].get<std::string>().find("room for 1 users"), std::string::npos);
    EXPECT_EQ(load["count"], 1);
}

TEST_F(UserTags, WhatTheDiskDoesNotTakeIsTakenBack) {
    Client c = client();
    c.result("user.tag", tag("sip:a@mc1.example", {"roaming"}));
    const Disk disk(path("control.db"));
    disk.refuse("INSERT ON tags");
    EXPECT_EQ(c.fault("user.tag", tag("sip:b@mc1.example", {"roaming"})), "history-unwritable");
    disk.allow();
    EXPECT_TRUE(eventually([&] { return tags() == Tags{{{"mc1", "sip:a@mc1.example"}, "roaming"}}; }));
    connected();
    disk.refuse("DELETE ON tags");
    EXPECT_EQ(c.fault("user.untag", {{"domain", "mc1"}, {"user", "sip:a@mc1.example"}}),
              "history-unwritable");
    disk.allow();
    EXPECT_TRUE(eventually([&] { return tags().size() == 1; }));
}

TEST_F(UserTags, NothingIsKeptThatTheDataplaneMayNotHave) {
    Client c = client();
    c.result("user.tag", tag("sip:a@mc1.example", {"roaming"}));
    dataplane_.with([](auto& s) { s.dies_at = "tags"; });
    EXPECT_EQ(c.error("user.tag", tag("sip:b@mc1.example", {"roaming"}))["code"], 3);
    EXPECT_EQ(c.result("user.show")["count"], 1);
    // It may have taken it before it died: everything is given anew.
    dataplane_.with([](auto& s) {
        s.dies_at.clear();
        s.tags[{"mc1", "sip:b@mc1.example"}] = "roaming";
    });
    connected();
    EXPECT_EQ(tags(), (Tags{{{"mc1", "sip:a@mc1.example"}, "roaming"}}));
    dataplane_.stop();
    ASSERT_TRUE(eventually([&] { return c.result("status")["link"]["state"] == "disconnected"; }));
    EXPECT_EQ(c.error("user.tag", tag("sip:c@mc1.example", {"roaming"}))["code"], 3);
    EXPECT_EQ(c.error("user.untag", {{"domain", "mc1"}, {"user", "sip:a@mc1.example"}})["code"], 3);
    EXPECT_EQ(c.result("user.show")["count"], 1);
}

TEST_F(UserTags, ShowFiltersAndPages) {
    Client c = client();
    Json rows = Json::array();
    for (std::size_t i = 0; i < 30; ++i)
        rows.push_back({"mc1", user(i + 10), i % 3 == 0 ? "roaming" : "migrated"});
    c.result("user.load", {{"rows", rows}, {"first", true}, {"last", true}});
    EXPECT_EQ(c.result("user.show", {{"tag", "roaming"}})["users"].size(), 10U);
    EXPECT_EQ(c.fault("user.show", {{"tag", "roam"}}), "unknown-tag");
    EXPECT_EQ(c.result("user.show", {{"tag", "roaming"}, {"after", {"mc1", "sip:z"}}})["users"].size(), 0U);
    EXPECT_EQ(c.fault("user.show", {{"domain", "mc2"}}), "unknown-domain");
    EXPECT_EQ(c.result("user.show", {{"user", "SIP:u12@MC1.example"}})["users"].size(), 1U);
    EXPECT_EQ(c.result("user.show", {{"domain", "mc1"}, {"user", "sip:u12@mc1.example"}})["users"][0][2],
              "migrated");
    std::set<std::string> seen;
    Json after;
    for (int page = 0; page < 10; ++page) {
        Json wish = {{"limit", 7}};
        if (!after.is_null()) wish["after"] = after;
        const Json r = c.result("user.show", wish);
        EXPECT_LE(r["users"].size(), 7U);
        for (const Json& row : r["users"]) EXPECT_TRUE(seen.insert(row[1]).second);
        after = r["next"];
        if (after.is_null()) break;
    }
    EXPECT_EQ(seen.size(), 30U);
    EXPECT_EQ(c.fault("user.show", {{"user", "alice"}}), "bad-user");
    EXPECT_EQ(c.error("user.show", {{"limit", 0}})["code"], -32602);
    EXPECT_EQ(c.error("user.show", {{"after", {"a"}}})["code"], -32602);
}

TEST_F(UserTags, ALoadTellsRowByRowWhatItCouldNotTake) {
    Client c = client();
    const Json r = c.result("user.load", {{"rows",
                                           {{"mc1", "sip:a@mc1.example", " roaming  migrated "},
                                            {"mc9", "sip:a@mc1.example", "roaming"},
                                            {"mc1", "alice", "roaming"},
                                            {"mc1", "sip:b@mc1.example", "flying"},
                                            {"mc1", "sip:c@mc1.example"},
                                            "mc1",
                                            {"mc1", "sip:d@mc1.example", 7},
                                            {"mc1", "tel:+44-20", ""}}},
                                          {"first", true},
                                          {"last", true},
                                          {"replace", false}});
    EXPECT_EQ(r["set"], 2);
    EXPECT_EQ(r["total"], Json({{"set", 2}, {"refused", 6}}));
    std::vector<int> rows;
    for (const Json& one : r["refused"]) {
        rows.push_back(one[0]);
        EXPECT_FALSE(one[1].get<std::string>().empty());
    }
    EXPECT_EQ(rows, (std::vector<int>{2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(tags(), (Tags{{{"mc1", "sip:a@mc1.example"}, "roaming migrated"}, {{"mc1", "tel:+4420"}, ""}}));
}

TEST_F(UserTags, AReplacingLoadForgetsTheOthers) {
    Client c = client();
    for (std::size_t at = 0; at < 25'000; at += 5'000) {
        Json rows = Json::array();
        for (std::size_t i = at; i < at + 5'000; ++i) rows.push_back({"mc1", user(i), "roaming"});
        c.result("user.load", {{"rows", rows}, {"first", at == 0}, {"last", at == 20'000}});
    }
    const auto chunk = [](std::size_t from, std::size_t to) {
        Json out = Json::array();
        for (std::size_t i = from; i < to; ++i) out.push_back({"mc1", user(i), "migrated"});
        return out;
    };
    Json r =
        c.result("user.load", {{"rows", chunk(0, 100)}, {"first", true}, {"last", false}, {"replace", true}});
    EXPECT_EQ(r["count"], 25'000) << "nobody is forgotten before the end";
    Client other = client();
    const Json e = other.error("user.load", {{"rows", chunk(0, 1)}, {"first", true}, {"last", true}});
    EXPECT_EQ(e["data"]["name"], "load-in-progress");
    EXPECT_EQ(e["data"]["holder"]["pid"], ::getpid());
    // Who is tagged while the load goes on is not its business.
    other.result("user.tag", tag("sip:new@mc1.example", {"roaming"}));
    r = c.result("user.load", {{"rows", chunk(100, 150)}, {"first", false}, {"last", true}});
    EXPECT_EQ(r["removed"], 24'850);
    EXPECT_EQ(r["total"]["set"], 150);
    EXPECT_EQ(r["count"], 151);
    EXPECT_EQ(tags().size(), 151U);
    EXPECT_EQ(tags().at({"mc1", user(149)}), "migrated");
    EXPECT_EQ(c.fault("user.load", {{"rows", chunk(0, 1)}, {"first", false}, {"last", true}}), "no-load");
}

TEST_F(UserTags, AReplacingLoadIsMeasuredByWhatIsThereAfterwards) {
    Client c = client();
    dataplane_.with([](auto& s) { s.capacity = 3; });
    const auto rows = [](std::initializer_list<std::size_t> users) {
        Json out = Json::array();
        for (const std::size_t i : users) out.push_back({"mc1", user(i), "roaming"});
        return out;
    };
    c.result("user.load", {{"rows", rows({1, 2, 3})}, {"first", true}, {"last", true}});
    // Two new ones in a full table, in two chunks: 1 stays, 2 and 3 make room.
    Json r =
        c.result("user.load", {{"rows", rows({1, 4})}, {"first", true}, {"last", false}, {"replace", true}});
    EXPECT_EQ(r["refused"], Json::array());
    EXPECT_EQ(r["set"], 1);
    EXPECT_EQ(tags().size(), 3U);
    r = c.result("user.load", {{"rows", rows({5})}, {"first", false}, {"last", true}});
    EXPECT_EQ(r["removed"], 2);
    EXPECT_EQ(r["total"], Json({{"set", 3}, {"refused", 0}}));
    EXPECT_EQ(r["count"], 3);
    EXPECT_EQ(r["remark"], nullptr);
    EXPECT_EQ(
        tags(),
        (Tags{{{"mc1", user(1)}, "roaming"}, {{"mc1", user(4)}, "roaming"}, {{"mc1", user(5)}, "roaming"}}));
    EXPECT_EQ(c.result("user.show")["users"].size(), 3U);
}

TEST_F(UserTags, AReplacingLoadWithoutRoomForgetsNobody) {
    Client c = client();
    dataplane_.with([](auto& s) { s.capacity = 2; });
    c.result("user.load", {{"rows", {{"mc1", user(1), "roaming"}, {"mc1", user(2), "roaming"}}},
                           {"first", true},
                           {"last", true}});
    const Tags before = tags();
    c.result("user.load", {{"rows", {{"mc1", user(3), ""}, {"mc1", user(4), ""}}},
                           {"first", true},
                           {"last", false},
                           {"replace", true}});
    const Json r =
        c.result("user.load", {{"rows", {{"mc1", user(5), ""}}}, {"first", false}, {"last", true}});
    EXPECT_EQ(r["removed"], 0);
    EXPECT_EQ(r["total"], Json({{"set", 0}, {"refused", 3}}));
    ASSERT_EQ(r["refused"].size(), 1U);
    EXPECT_EQ(r["refused"][0][0], 1);
    EXPECT_EQ(r["more"], 2) << "rows of the chunk before";
    EXPECT_NE(r["remark"].get<std::string>().find("nobody was forgotten"), std::string::npos);
    EXPECT_EQ(tags(), before);
    EXPECT_EQ(r["count"], 2);
    EXPECT_EQ(audit().back()["refused"], 3);
}

TEST_F(UserTags, ALoadEndsWithItsConnection) {
    {
        Client c = client();
        c.result("user.load", {{"rows", {{"mc1", "sip:a@mc1.example", ""}}},
                               {"first", true},
                               {"last", false},
                               {"replace", true}});
    }
    Client d = client();
    ASSERT_TRUE(eventually([&] {
        return d
            .fault("user.load",
                   {{"rows", {{"mc1", "sip:b@mc1.example", ""}}}, {"first", true}, {"last", true}})
            .empty();
    }));
    EXPECT_EQ(d.result("user.show")["count"], 2);
}

TEST_F(UserTags, AHundredThousandUsersInSeconds) {
    Client c = client();
    const auto begin = std::chrono::steady_clock::now();
    constexpr std::size_t kChunk = 10'000;
    for (std::size_t at = 0; at < 100'000; at += kChunk) {
        Json rows = Json::array();
        for (std::size_t i = at; i < at + kChunk; ++i) rows.push_back({"mc1", user(i), "roaming"});
        EXPECT_EQ(c.result("user.load",
                           {{"rows", rows}, {"first", at == 0}, {"last", at + kChunk == 100'000}})["set"],
                  kChunk);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    EXPECT_EQ(tags().size(), 100'000U);
    EXPECT_EQ(c.result("user.show")["count"], 100'000);
}

}  // namespace
}  // namespace kmsgate::control::test

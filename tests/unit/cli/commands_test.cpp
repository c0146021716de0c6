// SPDX-License-Identifier: BSD-3-Clause
// What each verb asks of the daemon, and what people see of the answer: users, edges, and what all verbs
// share.
#include "tests/unit/cli/one.hpp"

namespace kmsgate::control::cli::test {
namespace {

TEST(User, tag_and_untag) {
    const One tag(
        {"user", "tag", "mc1", "SIP:Alice@MC1.example", "roaming", "migrated"},
        json{{"domain", "mc1"}, {"user", "sip:Alice@mc1.example"}, {"tags", {"roaming", "migrated"}}});
    EXPECT_EQ(tag.method, "user.tag");
    EXPECT_TRUE(tag.had_id);
    EXPECT_EQ(
        tag.params,
        (json{{"domain", "mc1"}, {"user", "SIP:Alice@MC1.example"}, {"tags", {"roaming", "migrated"}}}));
    EXPECT_EQ(tag.ran.out, "mc1  sip:Alice@mc1.example  roaming migrated\n");
    const One none({"user", "tag", "mc1", "sip:a@b"},
                   json{{"domain", "mc1"}, {"user", "sip:a@b"}, {"tags", json::array()}});
    EXPECT_EQ(none.params["tags"], json::array());
    EXPECT_EQ(none.ran.out, "mc1  sip:a@b  (no tags)\n");
    const One untag({"user", "untag", "mc1", "sip:a@b"},
                    json{{"domain", "mc1"}, {"user", "sip:a@b"}, {"removed", true}});
    EXPECT_EQ(untag.method, "user.untag");
    EXPECT_TRUE(untag.had_id);
    EXPECT_EQ(untag.params, (json{{"domain", "mc1"}, {"user", "sip:a@b"}}));
    EXPECT_EQ(untag.ran.out, "mc1  sip:a@b  forgotten\n");
}

TEST(User, show_goes_from_page_to_page) {
    FakeDaemon daemon([](const json& r, int) {
        if (r["method"] == "hello") return Reply{};
        const bool first = !r["params"].contains("after");
        return result(r, {{"users", {{"mc1", first ? "sip:a@x" : "sip:b@x", "roaming"}}},
                          {"next", first ? json{"mc1", "sip:a@x"} : json()},
                          {"count", 5}});
    });
    const Ran ran = run_words({"user", "show", "--tag", "roaming", "--domain", "mc1"}, daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out,
              "DOMAIN  USER     TAGS\n"
              "mc1     sip:a@x  roaming\n"
              "mc1     sip:b@x  roaming\n"
              "2 shown, 5 known\n");
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].params, (json{{"tag", "roaming"}, {"domain", "mc1"}, {"limit", 1000}}));
    EXPECT_EQ(calls[1].params["after"], (json{"mc1", "sip:a@x"}));
    const Ran one = run_words({"user", "show", "--limit", "1"}, daemon.path());
    EXPECT_NE(one.out.find("1 shown, there are more: see --limit, 5 known\n"), std::string::npos);
    const Ran whole = run_words({"--json", "user", "show"}, daemon.path());
    EXPECT_EQ(json::parse(whole.out)["users"].size(), 2U);
    EXPECT_TRUE(json::parse(whole.out)["next"].is_null());
}

TEST(Edge, list_and_mode) {
    const One list({"edge", "list"}, json{{"edges",
                                           {{{"name", "mc1-edge"},
                                             {"mode", "shadow"},
                                             {"policy_mode", "enforce"},
                                             {"domain", "mc1"},
                                             {"proxy", "cs"},
                                             {"served", true},
                                             {"pairs",
                                              {{{"inside", "a"}, {"outside", "b"}, {"vlan", 7}},
                                               {{"inside", "c"}, {"outside", "d"}, {"vlan", nullptr}}}}},
                                            {{"name", "x"},
                                             {"mode", "enforce"},
                                             {"policy_mode", "enforce"},
                                             {"domain", "mc2"},
                                             {"proxy", "is"},
                                             {"served", false},
                                             {"pairs", json::array()}}}}});
    EXPECT_EQ(list.method, "edge.list");
    EXPECT_EQ(list.ran.out,
              "EDGE      MODE     POLICY SAYS  DOMAIN  PROXY  PORTS (INSIDE>OUTSIDE)\n"
              "mc1-edge  shadow   enforce      mc1     cs     a>b vlan 7, c>d\n"
              "x         enforce  enforce      mc2     is     none in kmsgate.yaml\n");
    const json answer = {{"edge", "mc1-edge"}, {"mode", "shadow"}, {"policy_mode", "enforce"}};
    const One mode({"edge", "mode", "mc1-edge", "shadow"}, answer);
    EXPECT_EQ(mode.method, "edge.mode");
    EXPECT_TRUE(mode.had_id);
    EXPECT_EQ(mode.params, (json{{"edge", "mc1-edge"}, {"mode", "shadow"}}));
    EXPECT_EQ(mode.ran.out, "mc1-edge is in mode shadow; its policy says enforce\n");
    EXPECT_EQ(One({"edge", "mode", "mc1-edge", "policy"}, answer).params["mode"], json());
}

TEST(Json, is_the_answer_as_it_came) {
    for (const Words& words :
         std::vector<Words>{{"status"},
                            {"rules"},
                            {"stats", "show"},
                            {"edge", "list"},
                            {"policy", "history"},
                            {"policy", "plan", "/dev/null"},
                            {"policy", "confirm"},
                            {"explain", "--edge", "e", "--inside", "--from", "sip:a@b", "--to", "sip:c@d"}}) {
        Words all = words;
        all.push_back("--json");
        const json value = {{"odd", {1, 2, "\u00e9\n"}}};
        const One one(all, value);
        EXPECT_EQ(one.ran.code, 0);
        ASSERT_TRUE(one.ran.out.ends_with('\n'));
        EXPECT_EQ(one.ran.out.find('\n'), one.ran.out.size() - 1);
        EXPECT_EQ(json::parse(one.ran.out), value);
    }
}

TEST(Ourselves, hello_and_version) {
    FakeDaemon daemon(json::object());
    const Ran hello = run_words({"hello"}, daemon.path());
    EXPECT_EQ(hello.out, "kmsgate-control 9.9, protocol 1, you may: admin\n");
    const Ran version = run_words({"version"}, daemon.path());
    EXPECT_TRUE(version.out.starts_with("kmsgatectl ")) << version.out;
    EXPECT_TRUE(version.out.ends_with("\nkmsgate-control 9.9\n")) << version.out;
    const Ran alone = run_words({"version"}, "/nowhere");
    EXPECT_EQ(alone.code, 0);
    EXPECT_TRUE(alone.out.ends_with("\nkmsgate-control is not reached\n"));
    EXPECT_EQ(run_words({"hello"}, "/nowhere").code, 3);
}

TEST(Complete, names_of_the_daemon) {
    FakeDaemon daemon([](const json& r, int) {
        if (r["method"] == "hello") return Reply{};
        if (r["method"] == "edge.list")
            return result(
                r,
                {{"edges",
                  {{{"name", "mc2-edge"}}, {{"name", "mc1-edge"}}, {{"name", "a b"}}, {{"name", "$(x)"}}}}});
        if (r["method"] == "policy.history")
            return result(r, {{"generations", {{{"generation", 8}}, {{"generation", 9}}}}});
        return result(
            r,
            {{"text", "version: 1\ntags: [roaming, migrated]\ndomains:\n  mc1: {users: [\"sip:*@a\"]}\n"}});
    });
    EXPECT_EQ(run_words({"__complete", "edges"}, daemon.path()).out, "mc1-edge\nmc2-edge\n");
    EXPECT_EQ(run_words({"__complete", "generations"}, daemon.path()).out, "8\n9\n");
    EXPECT_EQ(run_words({"__complete", "tags"}, daemon.path()).out, "migrated\nroaming\n");
    EXPECT_EQ(run_words({"__complete", "domains"}, daemon.path()).out, "mc1\n");
    const Ran quiet = run_words({"__complete", "domains"}, "/nowhere");
    EXPECT_EQ(quiet.code, 0);
    EXPECT_EQ(quiet.out + quiet.err, "");
}

}  // namespace
}  // namespace kmsgate::control::cli::test

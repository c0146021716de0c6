// SPDX-License-Identifier: BSD-3-Clause
// What each verb asks of the daemon, and what people see of the answer.
#include <gtest/gtest.h>

#include "tests/unit/cli/fake_daemon.hpp"

namespace kmsgate::control::cli::test {
namespace {

using Words = std::vector<std::string>;

/// Runs one line against one result; keeps the call.
struct One {
    One(const Words& words, json value, Screen screen = {}) {
        FakeDaemon daemon(std::move(value));
        Words all = words;
        ran = run_words(all, daemon.path(), screen);
        const auto calls = daemon.calls();
        if (calls.size() == 1) {
            method = calls[0].method;
            params = calls[0].params;
            had_id = params.erase("request_id") == 1;
        }
    }
    Ran ran;
    std::string method;
    json params;
    bool had_id = false;
};

json change(std::string what, std::string effect, std::string text) {
    return {{"kind", "rule"}, {"what", what}, {"effect", effect}, {"text", text}};
}
json plan() {
    return {{"generation", 7},
            {"digest", "sha256:aa"},
            {"unchanged", false},
            {"changes",
             {change("added", "stricter", "edge mc1-edge, initiator, rule roaming"),
              change("removed", "other", "kms D"),
              change("changed", "looser", "edge mc1-edge, initiator, rule attached: allow +B"),
              change("moved", "other", "edge mc1-edge, receiver, rule x: to place 2")}},
            {"more", 0},
            {"warnings", json::array()},
            {"modes_ended", {"mc1-edge"}},
            {"modes_back", {{"mc2-edge", "shadow"}}}};
}

TEST(Policy, check) {
    FakeDaemon daemon(
        json{{"ok", false},
             {"digest", nullptr},
             {"errors", 1},
             {"warnings", 1},
             {"problems",
              {{{"severity", "error"}, {"text", "p.yaml:3:7: error: unknown KMS `D`; declare it under kms:"}},
               {{"severity", "warning"},
                {"file", "p.yaml"},
                {"line", 9},
                {"column", 2},
                {"what", "tag `x` is not used"},
                {"remedy", "take it out"}}}}});
    const std::string file = write_file(daemon.folder(), "p.yaml", "version: 1\n");
    const Ran ran = run_words({"policy", "check", file}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out,
              "p.yaml:3:7: error: unknown KMS `D`; declare it under kms:\n"
              "p.yaml:9:2: warning: tag `x` is not used; take it out\n"
              "refused: 1 error, 1 warning\n");
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].method, "policy.check");
    EXPECT_EQ(calls[0].params, (json{{"text", "version: 1\n"}, {"file", file}}));
    EXPECT_EQ(run_words({"policy", "check", file, "--json"}, daemon.path()).code, 1);
}

TEST(Policy, check_of_a_good_one_and_of_none) {
    FakeDaemon daemon(json{
        {"ok", true}, {"digest", "sha256:ab"}, {"errors", 0}, {"warnings", 0}, {"problems", json::array()}});
    const std::string file = write_file(daemon.folder(), "p.yaml", "version: 1\n");
    const Ran good = run_words({"policy", "check", file}, daemon.path());
    EXPECT_EQ(good.code, 0);
    EXPECT_EQ(good.out, "good: 0 errors, 0 warnings, sha256:ab\n");
    const Ran none = run_words({"policy", "check", "/nowhere.yaml"}, daemon.path());
    EXPECT_EQ(none.code, 2);
    EXPECT_EQ(none.err, "kmsgatectl: /nowhere.yaml: No such file or directory; name a file to read\n");
    EXPECT_EQ(run_words({"policy", "check", daemon.folder()}, daemon.path()).code, 2);
}

constexpr const char* kChanges =
    "+ edge mc1-edge, initiator, rule roaming (stricter)\n"
    "- kms D\n"
    "~ edge mc1-edge, initiator, rule attached: allow +B (looser)\n"
    "~ edge mc1-edge, receiver, rule x: to place 2\n"
    "4 changes: 1 looser, 1 stricter\n"
    "edge mc1-edge: the mode set by hand ends\n"
    "edge mc2-edge: mode shadow, set by hand before, stands again\n";

TEST(Policy, plan) {
    const One one({"policy", "plan", "/dev/null"}, plan());
    EXPECT_EQ(one.ran.code, 0);
    EXPECT_EQ(one.method, "policy.plan");
    EXPECT_FALSE(one.had_id);
    EXPECT_EQ(one.ran.out, std::string("against generation 7:\n") + kChanges);
}

TEST(Policy, plan_in_colours) {
    const One one({"policy", "plan", "/dev/null"}, plan(), {.colours = true});
    EXPECT_NE(one.ran.out.find(
                  "\x1b[32m+ edge mc1-edge, initiator, rule roaming\x1b[0m\x1b[2m (stricter)\x1b[0m\n"),
              std::string::npos);
    EXPECT_NE(one.ran.out.find("\x1b[31m- kms D\x1b[0m\n"), std::string::npos);
    EXPECT_NE(one.ran.out.find("\x1b[33m~ edge"), std::string::npos);
}

TEST(Policy, plan_that_changes_nothing_and_the_first_one) {
    const One one({"policy", "plan", "/dev/null"},
                  json{{"generation", nullptr}, {"changes", json::array()}, {"more", 0}});
    EXPECT_EQ(one.ran.out, "there is no policy in force:\nnothing changes in meaning\n");
    const One many({"policy", "plan", "/dev/null"},
                   json{{"generation", 1}, {"changes", json::array()}, {"more", 20000}});
    EXPECT_EQ(many.ran.out,
              "against generation 1:\nand 20,000 changes more\n20,000 changes: 0 looser, 0 stricter\n");
}

TEST(Policy, commit) {
    json value = plan();
    value["generation"] = 8;
    value["previous"] = 7;
    value["confirm"] = {{"deadline", 1800000060.0}};
    value["warnings"] = {"p.yaml:1:1: warning: w; r"};
    value["last_table"] = "last.table: No space\x1b left on device";
    const One one({"policy", "commit", "/dev/null", "--confirm", "60", "--comment", "ticket 4711"}, value);
    EXPECT_EQ(one.ran.code, 0);
    EXPECT_EQ(one.method, "policy.commit");
    EXPECT_TRUE(one.had_id);
    EXPECT_EQ(one.params,
              (json{{"text", ""}, {"file", "/dev/null"}, {"confirm", 60}, {"comment", "ticket 4711"}}));
    EXPECT_EQ(
        one.ran.out,
        std::string(kChanges) +
            "generation 8 is in force, sha256:aa\n"
            "generation 7 comes back at 2027-01-15T08:01:00Z unless you say: kmsgatectl policy confirm\n");
    EXPECT_EQ(one.ran.err,
              "p.yaml:1:1: warning: w; r\n"
              "warning: a dataplane that starts without control will not have this policy: it could not keep "
              "the table (last.table: No space? left on device)\n");
}

TEST(Policy, commit_of_what_is_in_force) {
    const One one({"policy", "commit", "/dev/null"},
                  json{{"generation", 8}, {"digest", "sha256:aa"}, {"unchanged", true}});
    EXPECT_EQ(one.ran.out, "generation 8 is this policy and stays in force, sha256:aa\n");
    EXPECT_FALSE(one.params.contains("confirm"));
    EXPECT_FALSE(one.params.contains("comment"));
}

TEST(Policy, a_refused_commit_shows_its_problems) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello"
                   ? Reply{}
                   : refusal(r, 1, "the policy has errors; mend them",
                             {{"name", "policy-faulty"},
                              {"problems", {{{"severity", "error"}, {"text", "x:1:1: error: a; b"}}}}});
    });
    const Ran ran = run_words({"policy", "commit", "/dev/null"}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "kmsgatectl: the policy has errors; mend them\nx:1:1: error: a; b\n");
}

TEST(Policy, rollback) {
    const json value = {{"generation", 9},
                        {"to", 7},
                        {"digest", "sha256:bb"},
                        {"changes", json::array()},
                        {"unchanged", false}};
    const One named({"policy", "rollback", "7"}, value);
    EXPECT_EQ(named.method, "policy.rollback");
    EXPECT_EQ(named.params, (json{{"to", 7}}));
    EXPECT_TRUE(named.had_id);
    EXPECT_EQ(named.ran.out,
              "back to the policy of generation 7\nnothing changes in meaning\ngeneration 9 is in force, "
              "sha256:bb\n");
    const One last({"policy", "rollback"}, value);
    EXPECT_EQ(last.params, json::object());
}

TEST(Policy, show_is_the_text_byte_by_byte) {
    const std::string text = "version: 1\n# caf\xC3\xA9\n";
    const One one({"policy", "show", "7"}, json{{"generation", 7}, {"text", text}});
    EXPECT_EQ(one.method, "policy.show");
    EXPECT_EQ(one.params, (json{{"generation", 7}}));
    EXPECT_EQ(one.ran.out, text);
    const One screen({"policy", "show"}, json{{"text", "a\x1b[2Jb"}}, {.width = 80});
    EXPECT_EQ(screen.ran.out, "a?[2Jb\n");
    EXPECT_EQ(screen.params, json::object());
}

TEST(Policy, history) {
    const One one({"policy", "history", "--limit", "2"}, json{{"running", 9},
                                                              {"generations",
                                                               {{{"generation", 9},
                                                                 {"how", "rollback"},
                                                                 {"to", 7},
                                                                 {"time", 1800000000.0},
                                                                 {"user", "ops"},
                                                                 {"digest", "sha256:0123456789abcdef0123"},
                                                                 {"comment", ""}},
                                                                {{"generation", 8},
                                                                 {"how", "commit"},
                                                                 {"to", nullptr},
                                                                 {"time", 1799999000.0},
                                                                 {"user", "root"},
                                                                 {"digest", "sha256:fedcba9876543210"},
                                                                 {"comment", "ticket\n4711"}}}}});
    EXPECT_EQ(one.method, "policy.history");
    EXPECT_EQ(one.params, (json{{"limit", 2}}));
    EXPECT_EQ(one.ran.out,
              "   GENERATION  TIME                  HOW            BY    DIGEST               COMMENT\n"
              "*           9  2027-01-15T08:00:00Z  rollback to 7  ops   sha256:0123456789ab\n"
              "            8  2027-01-15T07:43:20Z  commit         root  sha256:fedcba987654  ticket?4711\n");
}

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

json numbers() {
    return {{"since", {{"name", "noon"}, {"time", 1800000000.0}}},
            {"restarted", false},
            {"edges",
             {{"mc1-edge",
               {{"outcomes", {{"passed", 1234567}, {"drop", 0}}},
                {"verdicts", {{"redirect", 3}}},
                {"causes", {{"malformed-sip", 0}}},
                {"counters", {{"frames-in", 1234570}}}}},
              {"mc2-edge", {{"outcomes", {{"passed", 0}}}}}}},
            {"ports",
             {{{"name", "a"}, {"link", true}, {"rx-frames", 12}, {"tx-errors", 0}},
              {{"name", "b"}, {"link", false}, {"held-down", false}, {"rx-frames", 0}, {"tx-errors", 0}}}},
            {"workers", {{{"worker", 0}, {"polls", 99}}}}};
}

TEST(Stats, show) {
    const One one({"stats", "--since", "noon"}, numbers());
    EXPECT_EQ(one.method, "stats.show");
    EXPECT_EQ(one.params, (json{{"since", "noon"}}));
    EXPECT_EQ(one.ran.out,
              "since mark noon of 2027-01-15T08:00:00Z\n"
              "edge mc1-edge\n"
              "  frames by outcome\n"
              "    passed  1,234,567\n"
              "  messages by verdict\n"
              "    redirect  3\n"
              "  counted\n"
              "    frames-in  1,234,570\n"
              "edge mc2-edge\n"
              "  nothing yet\n"
              "\n"
              "port        a     b\n"
              "link       up  down\n"
              "rx-frames  12     0\n"
              "\n"
              "worker   0\n"
              "polls   99\n");
}

TEST(Stats, of_one_edge_with_zeros) {
    json value = numbers();
    value["edges"].erase("mc1-edge");
    const One one({"stats", "show", "--edge", "mc2-edge", "--all"}, value);
    EXPECT_EQ(one.params, (json{{"edge", "mc2-edge"}}));
    EXPECT_EQ(one.ran.out,
              "since mark noon of 2027-01-15T08:00:00Z\n"
              "edge mc2-edge\n"
              "  frames by outcome\n"
              "    passed  0\n");
}

TEST(Stats, mark) {
    const One one({"stats", "mark", "noon"}, json{{"name", "noon"}, {"time", 1800000000.0}});
    EXPECT_EQ(one.method, "stats.mark");
    EXPECT_TRUE(one.had_id);
    EXPECT_EQ(one.params, (json{{"name", "noon"}}));
    EXPECT_EQ(one.ran.out, "mark noon at 2027-01-15T08:00:00Z; see kmsgatectl stats show --since noon\n");
}

TEST(Rules, table) {
    const One one({"rules", "--edge", "mc1-edge"}, json{{"generation", 9},
                                                        {"rules",
                                                         {{{"edge", "mc1-edge"},
                                                           {"side", "initiator"},
                                                           {"rule", "roaming"},
                                                           {"hit", 1003},
                                                           {"would", 0}}}}});
    EXPECT_EQ(one.params, (json{{"edge", "mc1-edge"}}));
    EXPECT_EQ(one.ran.out,
              "EDGE      SIDE       RULE     MATCHED  WOULD REFUSE\n"
              "mc1-edge  initiator  roaming    1,003             0\n");
}

json status() {
    return {{"control",
             {{"version", "0.1.0"},
              {"pid", 12},
              {"uptime", 3725.5},
              {"time", 1800000125.0},
              {"clients", 1},
              {"state", "/var/lib/kmsgate"}}},
            {"link", {{"state", "connected"}, {"since", 1800000000.0}, {"fault", nullptr}}},
            {"policy",
             {{"generation", 9},
              {"digest", "sha256:ab"},
              {"time", 1800000000.0},
              {"user", "ops"},
              {"how", "commit"}}},
            {"confirm", nullptr},
            {"writer", nullptr},
            {"modes", {{"mc1-edge", "shadow"}}},
            {"tags", {{"count", 1000}}},
            {"events", nullptr},
            {"dataplane",
             {{"version", "0.1.0"},
              {"pid", 13},
              {"uptime", 59.0},
              {"generation", 9},
              {"digest", "sha256:ab"},
              {"last_table", nullptr},
              {"clock", {{"time", 1800000125.25}, {"behind", 0.0000004}}},
              {"memory", {{"bytes", 268435456}, {"used", 64172851}, {"tags", 9800000}}},
              {"tags", {{"count", 1000}, {"capacity", 100000}}},
              {"edges",
               {{{"name", "mc1-edge"},
                 {"mode", "enforce"},
                 {"policy_mode", "enforce"},
                 {"domain", "mc1"},
                 {"proxy", "cs"},
                 {"pairs", {{{"inside", "a"}, {"outside", "b"}, {"vlan", nullptr}}}}}}},
              {"ports",
               {{{"name", "a"},
                 {"link", true},
                 {"driver", "net_af_xdp"},
                 {"queues", 1},
                 {"rx-frames", 1234},
                 {"rx-bytes", 99},
                 {"rx-errors", 0},
                 {"tx-errors", 2},
                 {"remarks", {"has 1 queue(s), 2 asked"}}}}},
              {"workers", {{{"worker", 0}, {"alive", true}}}}}}};
}

TEST(Status, for_people) {
    const One one({"status"}, status());
    EXPECT_EQ(one.method, "status");
    EXPECT_EQ(one.ran.out,
              "control      0.1.0, process 12, up 1 h 2 min, 1 connected\n"
              "link         connected since 2027-01-15T08:00:00Z (2 min 5 s ago)\n"
              "policy       generation 9, commit by ops at 2027-01-15T08:00:00Z (2 min 5 s ago)\n"
              "             sha256:ab\n"
              "by hand      mc1-edge shadow\n"
              "tags         count 1,000\n"
              "\n"
              "dataplane\n"
              "  0.1.0, process 13, up 59 s, generation 9\n"
              "  table        sha256:ab\n"
              "  clock        2027-01-15T08:02:05.250Z, in step with the system's\n"
              "  memory       all 256.0 MiB, tags 9.3 MiB, used 61.2 MiB\n"
              "  tags         1,000 of 100,000\n"
              "\n"
              "EDGE      MODE     POLICY SAYS  DOMAIN  PROXY  PORTS (INSIDE>OUTSIDE)\n"
              "mc1-edge  enforce  enforce      mc1     cs     a>b\n"
              "\n"
              "ports\n"
              "  name  driver      link  queues  rx-frames  tx-errors\n"
              "  a     net_af_xdp  up         1      1,234          2\n"
              "  a has 1 queue(s), 2 asked\n"
              "\n"
              "workers\n"
              "  worker  alive\n"
              "  0       alive\n");
}

TEST(Status, what_is_not_as_it_should_be) {
    json value = status();
    value["dataplane"]["clock"]["behind"] = -2.5;
    value["dataplane"]["last_table"] = "last.table: No space left on device";
    value["confirm"] = {{"generation", 9}, {"previous", 8}, {"deadline", 1800000180.0}};
    value["writer"] = {{"user", "ops"}, {"pid", 7}, {"since", 1800000120.0}};
    const std::string out = One({"status"}, value).ran.out;
    for (const char* const part :
         {"  clock        2027-01-15T08:02:05.250Z, 2.500 s ahead of the system's\n",
          "  the table is not kept for a start without control: last.table: No space left on device\n",
          "generation 8 comes back at 2027-01-15T08:03:00Z (in 55 s) unless you say",
          "writer       ops, process 7, since 2027-01-15T08:02:00Z (5 s ago)\n"})
        EXPECT_NE(out.find(part), std::string::npos) << part << "\nin\n" << out;
    value["dataplane"]["clock"]["behind"] = 0.25;
    EXPECT_NE(One({"status"}, value).ran.out.find(", 0.250 s behind the system's\n"), std::string::npos);
}

TEST(Status, without_dataplane_or_policy) {
    json value = status();
    value["dataplane"] = nullptr;
    value["policy"] = nullptr;
    value["link"] = {{"state", "disconnected"}, {"since", nullptr}, {"fault", "connection refused"}};
    const One one({"status"}, value);
    EXPECT_EQ(one.ran.code, 0);
    EXPECT_NE(one.ran.out.find("link         disconnected: connection refused\npolicy       none; use"),
              std::string::npos);
    EXPECT_NE(one.ran.out.find("does not answer"), std::string::npos);
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

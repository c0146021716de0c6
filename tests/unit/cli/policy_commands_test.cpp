// SPDX-License-Identifier: BSD-3-Clause
// The verbs of `policy`: what each asks of the daemon, and what people see of the answer.
#include "tests/unit/cli/one.hpp"

namespace kmsgate::control::cli::test {
namespace {

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

}  // namespace
}  // namespace kmsgate::control::cli::test

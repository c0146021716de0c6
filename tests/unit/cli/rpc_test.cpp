// SPDX-License-Identifier: BSD-3-Clause
// The control socket when things go wrong: nobody there, silence, nonsense, a connection that breaks.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/cli/fake_daemon.hpp"

namespace kmsgate::control::cli::test {
namespace {

using namespace std::chrono_literals;

Reply raw(std::string bytes) {
    return {std::move(bytes)};
}
FakeDaemon::Handler always(std::string bytes) {
    return [bytes](const json& r, int) { return r["method"] == "hello" ? Reply{} : raw(bytes); };
}

TEST(Rpc, nobody_listens) {
    const Ran ran = run_words({"status"}, "/nowhere/control.sock");
    EXPECT_EQ(ran.code, 3);
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err,
              "kmsgatectl: kmsgate-control is not reached at /nowhere/control.sock: No such file or "
              "directory; start "
              "kmsgate-control, or name its socket with --socket or KMSGATE_SOCKET\n");
}

TEST(Rpc, a_path_that_no_socket_has) {
    EXPECT_EQ(run_words({"status"}, std::string(108, 'x')).code, 3);
    EXPECT_EQ(run_words({"status", "--socket", ""}, "/nowhere").code, 3);
}

TEST(Rpc, the_option_beats_the_default) {
    FakeDaemon daemon(json{{"generation", 1}});
    EXPECT_EQ(run_words({"--socket", daemon.path(), "policy", "confirm"}, "/nowhere").code, 0);
    EXPECT_EQ(run_words({"policy", "confirm", "--socket", daemon.path()}, "/nowhere").code, 0);
}

TEST(Rpc, hello_comes_first_and_names_the_range) {
    json hello;
    FakeDaemon daemon([&](const json& r, int) {
        if (r["method"] == "hello") hello = r;
        return r["method"] == "hello" ? Reply{} : result(r, json::object());
    });
    EXPECT_EQ(run_words({"rules"}, daemon.path()).code, 0);
    EXPECT_EQ(hello["jsonrpc"], "2.0");
    EXPECT_EQ(hello["params"]["min"], 1);
    EXPECT_EQ(hello["params"]["max"], 1);
    EXPECT_TRUE(hello["params"]["client"].get<std::string>().starts_with("kmsgatectl "));
}

TEST(Rpc, a_daemon_of_another_version) {
    FakeDaemon refusing([](const json& r, int) {
        return raw(
            "!" + refusal(r, 1, "no common version; this daemon speaks 2 to 3", {{"name", "version"}}).bytes);
    });
    const Ran ran = run_words({"status"}, refusing.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "kmsgatectl: no common version; this daemon speaks 2 to 3\n");
    FakeDaemon odd([](const json& r, int) { return raw("!" + result(r, {{"version", 7}}).bytes); });
    EXPECT_EQ(run_words({"status"}, odd.path()).code, 3);
}

TEST(Rpc, silence_ends_with_the_time_limit) {
    FakeDaemon daemon(always(""));
    const auto start = std::chrono::steady_clock::now();
    const Ran ran = run_words({"--timeout", "1", "status"}, daemon.path());
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(ran.code, 3);
    EXPECT_GE(took, 900ms);
    EXPECT_LT(took, 5s);
    EXPECT_NE(ran.err.find("did not answer within 1 s"), std::string::npos) << ran.err;
    EXPECT_EQ(daemon.calls().size(), 1U);  // a slow daemon is not asked twice
}

TEST(Rpc, half_an_answer_ends_with_the_time_limit) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello" ? Reply{} : raw(result(r, json::object()).bytes.substr(0, 9));
    });
    EXPECT_EQ(run_words({"--timeout", "1", "status"}, daemon.path()).code, 3);
}

TEST(Rpc, nonsense_is_told_as_such) {
    const std::string deep = std::string(70, '[') + std::string(70, ']');
    std::string deep_frame{'\0', '\0', '\0', static_cast<char>(deep.size())};
    deep_frame += deep;
    const std::vector<std::string> all = {
        std::string("\xFF\xFF\xFF\xFF", 4),                        // a length beyond the bound
        std::string("\0\0\0\0", 4),                                // an empty object
        std::string("\0\0\0\x05hello", 9),                         // no JSON
        std::string("\0\0\0\x02[]", 6),                            // no object
        deep_frame,                                                //
        framed({{"jsonrpc", "2.0"}, {"id", 999}, {"result", 1}}),  // an answer to another call
        framed({{"jsonrpc", "2.0"}, {"id", "2"}, {"result", 1}}),
        framed({{"jsonrpc", "2.0"}, {"id", 2}}),  // neither result nor error
        std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
    };
    for (const std::string& bytes : all) {
        FakeDaemon daemon(always(bytes));
        const Ran ran = run_words({"--timeout", "5", "status"}, daemon.path());
        EXPECT_EQ(ran.code, 3) << bytes;
        EXPECT_NE(ran.err.find("does not speak kmsgate-control's protocol"), std::string::npos) << ran.err;
    }
}

TEST(Rpc, results_of_another_shape_do_no_harm) {
    const std::vector<std::vector<std::string>> lines = {
        {"status"},
        {"edge", "list"},
        {"rules"},
        {"stats", "show"},
        {"policy", "history"},
        {"policy", "confirm"},
        {"user", "show"},
        {"policy", "show"},
        {"edge", "mode", "e", "shadow"},
        {"hello"},
        {"explain", "--edge", "e", "--inside", "--from", "sip:a@b", "--to", "sip:c@d"}};
    for (const json& value :
         {json(), json(1), json("x"), json::array({1, json::array()}), json{{"edges", 1}},
          json{{"edges", {1, "x"}}, {"rules", {{{"hit", "x"}}}}, {"users", {{1, 2}}}},
          json{{"edges", {{"e", 1}}}, {"dataplane", {{"edges", {{"a", 1}}}, {"ports", {1}}}}},
          json{{"generations", {json::array()}}, {"event", 3}, {"tree", 4}, {"text", nullptr}}}) {
        FakeDaemon daemon(value);
        for (const auto& line : lines) EXPECT_EQ(run_words(line, daemon.path()).code, 0) << value << line[0];
    }
}

TEST(Rpc, a_broken_connection_is_tried_once_more_with_the_same_id) {
    FakeDaemon daemon([](const json& r, int connection) {
        if (r["method"] == "hello") return Reply{};
        return connection == 1 ? Reply{.bytes = "", .close = true} : result(r, {{"generation", 4}});
    });
    const Ran ran = run_words({"policy", "confirm"}, daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "generation 4 stays\n");
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].params, calls[1].params);
    const auto id = calls[0].params.value("request_id", std::string());
    EXPECT_GE(id.size(), 16U);
    EXPECT_LE(id.size(), 64U);
}

TEST(Rpc, twice_broken_is_not_reached) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello" ? Reply{} : Reply{.bytes = "", .close = true};
    });
    const Ran ran = run_words({"policy", "confirm"}, daemon.path());
    EXPECT_EQ(ran.code, 3);
    EXPECT_EQ(daemon.calls().size(), 2U);
    EXPECT_NE(ran.err.find("the connection to kmsgate-control broke"), std::string::npos) << ran.err;
}

TEST(Rpc, request_ids_differ_from_call_to_call) {
    FakeDaemon daemon(json{{"generation", 4}});
    EXPECT_EQ(run_words({"policy", "confirm"}, daemon.path()).code, 0);
    EXPECT_EQ(run_words({"policy", "confirm"}, daemon.path()).code, 0);
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_NE(calls[0].params["request_id"], calls[1].params["request_id"]);
}

TEST(Rpc, reading_calls_bear_no_request_id) {
    FakeDaemon daemon(json::object());
    for (const auto& words : std::vector<std::vector<std::string>>{{"status"},
                                                                   {"rules"},
                                                                   {"edge", "list"},
                                                                   {"stats", "show"},
                                                                   {"policy", "history"},
                                                                   {"user", "show"}})
        EXPECT_EQ(run_words(words, daemon.path()).code, 0);
    for (const Call& call : daemon.calls()) EXPECT_FALSE(call.params.contains("request_id")) << call.method;
}

TEST(Rpc, a_refusal_says_what_and_who) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello"
                   ? Reply{}
                   : refusal(r, 1, "another commit is at work; wait for it",
                             {{"name", "commit-in-progress"},
                              {"holder",
                               {{"uid", 1000}, {"user", "ops"}, {"pid", 4711}, {"since", 1800000000.5}}}});
    });
    const Ran ran = run_words({"policy", "confirm"}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err,
              "kmsgatectl: another commit is at work; wait for it\nheld by ops, process 4711, since "
              "2027-01-15T08:00:00Z\n");
    const Ran as_json = run_words({"policy", "confirm", "--json"}, daemon.path());
    EXPECT_EQ(as_json.code, 1);
    EXPECT_EQ(json::parse(as_json.out)["error"]["data"]["name"], "commit-in-progress");
}

TEST(Rpc, names_that_would_be_right) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello"
                   ? Reply{}
                   : refusal(r, 1, "unknown edge `x`; write one that the policy has",
                             {{"name", "unknown-edge"}, {"known", {"mc1-edge", "mc2-edge"}}});
    });
    const Ran ran = run_words({"edge", "mode", "x", "shadow"}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err,
              "kmsgatectl: unknown edge `x`; write one that the policy has\nknown: mc1-edge, mc2-edge\n");
    FakeDaemon lists([](const json& r, int) {
        return r["method"] == "hello"
                   ? Reply{}
                   : refusal(r, 1, "unknown edge `x`; write one of: mc1-edge, mc2-edge",
                             {{"name", "unknown-edge"}, {"known", {"mc1-edge", "mc2-edge"}}});
    });
    EXPECT_EQ(run_words({"rules", "--edge", "x"}, lists.path()).err,
              "kmsgatectl: unknown edge `x`; write one of: mc1-edge, mc2-edge\n")
        << "once is enough";
}

TEST(Rpc, no_dataplane_is_not_reached) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello"
                   ? Reply{}
                   : refusal(r, 3, "the dataplane is not connected; start kmsgate-dataplane",
                             {{"name", "dataplane-not-reached"}});
    });
    EXPECT_EQ(run_words({"rules"}, daemon.path()).code, 3);
}

TEST(Rpc, a_refusal_in_odd_shape) {
    for (const json& error : {json("no"), json(), json{{"code", "1"}}, json{{"message", 3}, {"data", "x"}}}) {
        FakeDaemon daemon([error](const json& r, int) {
            return r["method"] == "hello"
                       ? Reply{}
                       : raw(framed({{"jsonrpc", "2.0"}, {"id", r["id"]}, {"error", error}}));
        });
        const Ran ran = run_words({"rules"}, daemon.path());
        EXPECT_EQ(ran.code, 1) << error;
        EXPECT_EQ(ran.err, "kmsgatectl: the daemon refused without saying why\n");
    }
}

TEST(Rpc, more_than_a_request_holds) {
    FakeDaemon daemon(json::object());
    // Every byte becomes six in JSON: within the limit of the file, beyond that of the request.
    const std::string file = write_file(daemon.folder(), "big.yaml", std::string(3 << 20, '\x01'));
    const Ran ran = run_words({"policy", "check", file}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("16 MiB"), std::string::npos) << ran.err;
    EXPECT_TRUE(daemon.calls().empty());
}

}  // namespace
}  // namespace kmsgate::control::cli::test

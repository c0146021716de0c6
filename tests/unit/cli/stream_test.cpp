// SPDX-License-Identifier: BSD-3-Clause
// explain, events, trace, capture, user load: what goes to and fro more than once.
#include <gtest/gtest.h>

#include <filesystem>

#include "control/cli/invite.hpp"
#include "tests/unit/cli/fake_daemon.hpp"

namespace kmsgate::control::cli::test {
namespace {

std::string told(const std::string& method, json params) {
    return framed({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}
/// Answers the first call and sends notifications behind it.
FakeDaemon::Handler streaming(std::vector<std::string> frames, bool close = false) {
    return [frames, close](const json& r, int) {
        if (r["method"] == "hello") return Reply{};
        Reply reply = result(r, {{"subscription", 1}});
        for (const std::string& f : frames) reply.bytes += f;
        reply.close = close;
        return reply;
    };
}
json event(std::string verdict) {
    return {{"event", "message"},
            {"time", 1800000000.1239},
            {"edge", "mc1-edge"},
            {"port", "inside"},
            {"method", "INVITE"},
            {"status", nullptr},
            {"call_id", "c1@x"},
            {"mikey", {{{"idrkmsi", "kms.a.example"}, {"idrkmsr", nullptr}}}},
            {"user", {{"initiator", "sip:alice@mc1.example"}, {"receiver", nullptr}}},
            {"verdict", std::move(verdict)},
            {"would", nullptr},
            {"reason", "initiator-kms-not-allowed"}};
}
constexpr const char* kLine =
    "08:00:00.123 mc1-edge   inside  redirect initiator-kms-not-allowed INVITE sip:alice@mc1.example>- "
    "kms.a.example>- c1@x\n";

TEST(Explain, a_file) {
    FakeDaemon daemon(
        json{{"event", event("redirect")}, {"tree", "edge mc1-edge\n└─ rule \x1b[31mroaming\n"}});
    const std::string file = write_file(daemon.folder(), "m.sip", std::string("INVITE\0x", 8));
    const Ran ran =
        run_words({"explain", "--edge", "mc1-edge", "--outside", "--source", "[2001:db8::1]:5060", file},
                  daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out,
              "redirect: initiator-kms-not-allowed\n"
              "users  sip:alice@mc1.example>-\n"
              "KMSs   kms.a.example>-\n"
              "edge mc1-edge\n└─ rule ?[31mroaming\n");
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].method, "explain");
    EXPECT_EQ(calls[0].params, (json{{"edge", "mc1-edge"},
                                     {"arrival", "outside"},
                                     {"source", "[2001:db8::1]:5060"},
                                     {"destination", "[2001:db8::2]:5060"},
                                     {"message", "SU5WSVRFAHg="}}));
}

TEST(Explain, a_message_that_is_made) {
    json value = {{"event", event("forward")}, {"tree", ""}};
    value["event"]["would"] = "redirect";
    value["event"]["krr_out"] = {{"initiator", {"kms.c.example", "kms.d.example"}}, {"receiver", "ANY"}};
    FakeDaemon daemon(value);
    const Ran ran = run_words({"explain", "--edge", "e", "--inside", "--from", "sip:a@mc1.example", "--to",
                               "sip:b@mc2.example", "--kmsi", "kms.a.example"},
                              daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("forward: initiator-kms-not-allowed; enforced: redirect\n"), std::string::npos);
    EXPECT_NE(ran.out.find("KRR    initiator: kms.c.example kms.d.example; receiver: ANY\n"),
              std::string::npos);
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].params["source"], "192.0.2.1:5060");
    const auto sip = from_base64(calls[0].params["message"].get<std::string>());
    ASSERT_TRUE(sip);
    EXPECT_TRUE(sip->starts_with("INVITE sip:b@mc2.example SIP/2.0\r\n")) << *sip;
}

TEST(Explain, usage) {
    using Words = std::vector<std::string>;
    for (const Words& rest :
         {Words{}, Words{"--from", "sip:a@b"}, Words{"/nowhere.sip"}, Words{"/dev/null"},
          Words{"--from", "sip:a@b", "--to", "sip:c@d", "/dev/null"},
          Words{"--from", "sip:a@b>\r\nX: y", "--to", "sip:c@d"}, Words{"--from", "alice", "--to", "sip:c@d"},
          Words{"--from", "sip:a@b", "--to", "sip:c@d", "--kmsi", "a b"},
          Words{"--from", "sip:a@b", "--to", "sip:c@d", "--source", "x"},
          Words{"--from", "sip:a@b", "--to", "sip:c@d", "--method", "BYE"}}) {
        Words words = {"explain", "--edge", "e", "--inside"};
        words.insert(words.end(), rest.begin(), rest.end());
        const Ran ran = run_words(words, "/nowhere");
        EXPECT_EQ(ran.code, 2) << ran.err;
        EXPECT_NE(ran.err, "");
    }
    EXPECT_EQ(run_words({"explain", "--edge", "e", "--inside", "--outside", "/dev/null"}, "/nowhere").code,
              2);
    EXPECT_EQ(run_words({"explain", "--edge", "e", "/dev/null"}, "/nowhere").code, 2);
    EXPECT_EQ(run_words({"explain", "--inside", "/dev/null"}, "/nowhere").code, 2);
}

TEST(Events, are_lines) {
    FakeDaemon daemon(streaming(
        {told("event", {{"subscription", 1}, {"event", event("redirect")}}), told("other", {{"x", 1}}),
         told("event", {{"subscription", 1},
                        {"event",
                         {{"event", "drop"},
                          {"time", 1800000000.0},
                          {"edge", "mc1-edge"},
                          {"port", "outside"},
                          {"reason", "ip-malformed"}}}}),
         told("event", {{"subscription", 1}, {"event", {{"event", "suppressed"}, {"count", 3}}}}),
         told("event", {{"subscription", 1}, {"event", event("never")}})}));
    const Ran ran = run_words({"events", "--verdict", "redirect", "--reason", "malformed-mikey", "--user",
                               "sip:a@b", "--call-id", "c", "--edge", "e", "--drops", "--count", "3"},
                              daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, std::string(kLine) +
                           "08:00:00.000 mc1-edge outside frames dropped: ip-malformed\n"
                           "{\"count\":3,\"event\":\"suppressed\"}\n");
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].method, "events.subscribe");
    EXPECT_EQ(calls[0].params, (json{{"verdict", "redirect"},
                                     {"reason", "malformed-mikey"},
                                     {"user", "sip:a@b"},
                                     {"call_id", "c"},
                                     {"edge", "e"},
                                     {"drops", true}}));
}

TEST(Events, fit_the_terminal) {
    FakeDaemon daemon(streaming({told("event", {{"event", event("redirect")}})}));
    const Ran ran = run_words({"events", "--count", "1"}, daemon.path(), {.colours = true, .width = 60});
    EXPECT_EQ(ran.out, "08:00:00.123 mc1-edge   inside  \x1b[31mredirect\x1b[0m initiator-kms-not-…\n");
}

TEST(Events, as_json_lines_and_with_a_time_limit) {
    FakeDaemon daemon(streaming(
        {told("event", {{"event", event("redirect")}}), told("event", {{"event", event("drop")}})}));
    const Ran ran = run_words({"--json", "events", "--seconds", "1"}, daemon.path());
    EXPECT_EQ(ran.code, 0);
    const std::size_t end = ran.out.find('\n');
    EXPECT_EQ(json::parse(ran.out.substr(0, end)), event("redirect"));
    EXPECT_EQ(json::parse(ran.out.substr(end)), event("drop"));
    EXPECT_EQ(run_words({"events", "--follow", "--count", "1"}, daemon.path()).code, 2);
}

TEST(Events, a_connection_that_ends_is_told) {
    FakeDaemon daemon(streaming({told("event", {{"event", event("redirect")}})}, true));
    const Ran ran = run_words({"events"}, daemon.path());
    EXPECT_EQ(ran.code, 3);
    EXPECT_EQ(ran.out, kLine);
    EXPECT_NE(ran.err.find("broke"), std::string::npos);
    EXPECT_EQ(daemon.calls().size(), 1U);  // nothing is subscribed to anew behind the user's back
}

TEST(Trace, trees_until_the_end) {
    FakeDaemon daemon(streaming(
        {told("trace",
              {{"subscription", 2}, {"event", event("redirect")}, {"tree", "a\n└─ b\n"}, {"left", 1}}),
         told("trace", {{"subscription", 2}, {"event", event("redirect")}, {"tree", "c\n"}, {"left", 0}}),
         told("trace", {{"subscription", 2}, {"end", "count"}})}));
    const Ran ran =
        run_words({"trace", "--method", "INVITE", "--count", "2", "--seconds", "5"}, daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, std::string(kLine) + "a\n└─ b\n\n" + kLine + "c\n");
    EXPECT_EQ(ran.err, "2 messages\n");
    EXPECT_EQ(daemon.calls()[0].params, (json{{"method", "INVITE"}, {"count", 2}, {"seconds", 5}}));
}

TEST(Trace, an_early_end_is_no_success) {
    for (const std::string end : {"dataplane", "replaced"}) {
        FakeDaemon daemon(streaming({told("trace", {{"subscription", 2}, {"end", end}})}));
        EXPECT_EQ(run_words({"trace"}, daemon.path()).code, 3) << end;
    }
    FakeDaemon time(streaming({told("trace", {{"subscription", 2}, {"end", "time"}})}));
    EXPECT_EQ(run_words({"trace"}, time.path()).code, 0);
}

TEST(Capture, writes_the_pieces) {
    FakeDaemon daemon(
        streaming({told("capture", {{"data", base64(std::string("\n\r\r\n\0", 5))}, {"last", false}}),
                   told("capture", {{"data", base64("tail")}, {"last", false}}),
                   told("capture", {{"data", ""}, {"last", true}, {"end", "frames"}})}));
    const std::string file = daemon.folder() + "/c.pcapng";
    const Ran ran = run_words({"capture", "--edge", "e", "--outcome", "redirect", "--outcome", "drop",
                               "--generated", "--frames", "7", "--snaplen", "64", file},
                              daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(read_whole(file), std::string("\n\r\r\n\0tail", 9));
    EXPECT_EQ(ran.err, file + ": 9 bytes\n");
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    json params = daemon.calls()[0].params;
    EXPECT_EQ(params.erase("request_id"), 1U);
    EXPECT_EQ(params, (json{{"edge", "e"},
                            {"outcomes", {"redirect", "drop"}},
                            {"generated", true},
                            {"frames", 7},
                            {"snaplen", 64}}));
    const Ran pipe = run_words({"capture", "--outcome", "drop", "-"}, daemon.path());
    EXPECT_EQ(pipe.out, std::string("\n\r\r\n\0tail", 9));
}

TEST(Capture, a_refused_one_leaves_files_as_they_were) {
    FakeDaemon daemon([](const json& r, int) {
        return r["method"] == "hello" ? Reply{}
                                      : refusal(r, 1, "one is at work", {{"name", "capture-in-progress"}});
    });
    const std::string old = write_file(daemon.folder(), "old.pcapng", "hello");
    const std::string fresh = daemon.folder() + "/new.pcapng";
    EXPECT_EQ(run_words({"capture", "--outcome", "drop", old}, daemon.path()).code, 1);
    EXPECT_EQ(std::filesystem::file_size(old), 5U);
    EXPECT_EQ(run_words({"capture", "--outcome", "drop", fresh}, daemon.path()).code, 1);
    EXPECT_FALSE(std::filesystem::exists(fresh));
}

TEST(Capture, what_cannot_be_written_is_refused) {
    FakeDaemon daemon(streaming({told("capture", {{"data", base64("x")}, {"last", true}})}));
    EXPECT_EQ(run_words({"capture", "--outcome", "drop", "/nowhere/c.pcapng"}, daemon.path()).code, 2);
    EXPECT_TRUE(daemon.calls().empty());
    const Ran full = run_words({"capture", "--outcome", "drop", "/dev/full"}, daemon.path());
    EXPECT_EQ(full.code, 1);
    EXPECT_NE(full.err.find("cannot be written"), std::string::npos);
    EXPECT_EQ(run_words({"capture", "--json", "--outcome", "drop", "-"}, daemon.path()).code, 2);
    FakeDaemon odd(streaming({told("capture", {{"data", "%%%"}, {"last", true}})}));
    EXPECT_EQ(run_words({"capture", "--outcome", "drop", odd.folder() + "/c"}, odd.path()).code, 1);
}

std::string rows(std::size_t n) {
    std::string out = "domain,user,tags\n";
    for (std::size_t i = 0; i < n; ++i) out += "mc1,sip:u" + std::to_string(i) + "@mc1.example,roaming\n";
    return out;
}
FakeDaemon::Handler loading(json refused) {
    return [refused](const json& r, int) {
        if (r["method"] == "hello") return Reply{};
        const std::size_t n = r["params"]["rows"].size();
        return result(r, {{"set", n - refused.size()},
                          {"removed", r["params"]["last"] == true ? 4 : 0},
                          {"refused", refused},
                          {"more", 0},
                          {"count", 4001}});
    };
}

TEST(Load, in_chunks_of_two_thousand) {
    FakeDaemon daemon(loading(json::array()));
    const std::string file = write_file(daemon.folder(), "u.csv", rows(4001));
    const Ran ran = run_words({"user", "load", file, "--replace"}, daemon.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "4,001 set, 4 forgotten, 0 refused; 4,001 known\n");
    EXPECT_TRUE(ran.err.ends_with("4,001 of 4,001 rows, 100 %\n")) << ran.err;
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(calls[i].method, "user.load");
        EXPECT_EQ(calls[i].params["rows"].size(), i == 2 ? 1U : 2000U);
        EXPECT_EQ(calls[i].params["first"], i == 0);
        EXPECT_EQ(calls[i].params["last"], i == 2);
        EXPECT_EQ(calls[i].params["replace"], true);
        EXPECT_EQ(calls[i].connection, 1);
    }
    EXPECT_EQ(calls[1].params["rows"][0], (json{"mc1", "sip:u2000@mc1.example", "roaming"}));
}

TEST(Load, exactly_one_chunk_and_none) {
    FakeDaemon daemon(loading(json::array()));
    EXPECT_EQ(
        run_words({"user", "load", write_file(daemon.folder(), "u.csv", rows(2000))}, daemon.path()).code, 0);
    EXPECT_EQ(run_words({"user", "load", write_file(daemon.folder(), "n.csv", rows(0))}, daemon.path()).code,
              0);
    const auto calls = daemon.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].params["last"], true);
    EXPECT_EQ(calls[1].params["rows"], json::array());
    EXPECT_EQ(calls[1].params["first"], true);
    EXPECT_EQ(calls[1].params["last"], true);
    EXPECT_EQ(calls[1].params["replace"], false);
}

TEST(Load, a_bar_on_a_terminal) {
    FakeDaemon daemon(loading(json::array()));
    const Ran ran = run_words({"user", "load", write_file(daemon.folder(), "u.csv", rows(4000))},
                              daemon.path(), {.terminal = true});
    EXPECT_EQ(ran.err,
              "\r[###############...............]  50 %  2,000 of 4,000"
              "\r[##############################] 100 %  4,000 of 4,000\n");
}

TEST(Load, refused_rows_are_told_by_their_lines) {
    FakeDaemon daemon(loading(json{{2, "unknown tag `x`"}}));
    const std::string file =
        write_file(daemon.folder(), "u.csv", "domain,user,tags\n\nmc1,sip:a@b,\n\nmc1,sip:c@d,x\n");
    const Ran ran = run_words({"user", "load", file}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "1 set, 4 forgotten, 1 refused; 4,001 known\n");
    EXPECT_NE(ran.err.find(file + ":5: unknown tag `x`\n"), std::string::npos) << ran.err;
    const Ran as_json = run_words({"--json", "user", "load", file}, daemon.path());
    EXPECT_EQ(as_json.code, 1);
    EXPECT_EQ(json::parse(as_json.out)["set"], 1);
}

TEST(Load, nothing_is_sent_of_a_file_with_faults) {
    FakeDaemon daemon(loading(json::array()));
    const std::string file =
        write_file(daemon.folder(), "u.csv", "domain,user,tags\nmc1\n\"mc1,x,y\n,x,y\nmc1,sip:a@b,\n");
    const Ran ran = run_words({"user", "load", file}, daemon.path());
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(
        ran.err,
        "kmsgatectl: " + file + ":2: 1 fields; write three: domain,user,tags\nkmsgatectl: " + file +
            ":3: a quote that does not end; close it with \"\nkmsgatectl: " + file +
            ":4: an empty field; write domain and user, tags may be empty\nkmsgatectl: nothing was loaded\n");
    for (const std::string text : {"", "user,domain,tags\nmc1,sip:a@b,\n", "mc1,sip:a@b,x\n"})
        EXPECT_EQ(run_words({"user", "load", write_file(daemon.folder(), "h.csv", text)}, daemon.path()).code,
                  2)
            << text;
    EXPECT_EQ(run_words({"user", "load", "/nowhere.csv"}, daemon.path()).code, 2);
    EXPECT_EQ(run_words({"user", "load", daemon.folder()}, daemon.path()).code, 2);
    EXPECT_TRUE(daemon.calls().empty());
}

TEST(Load, a_load_that_ends_in_the_middle) {
    FakeDaemon daemon([](const json& r, int) {
        if (r["method"] == "hello") return Reply{};
        if (r["params"]["first"] == true) return result(r, {{"set", 2000}, {"refused", json::array()}});
        return refusal(r, 3, "the dataplane went away; start it", {{"name", "dataplane-not-reached"}});
    });
    const Ran ran = run_words({"user", "load", write_file(daemon.folder(), "u.csv", rows(2001))},
                              daemon.path(), {.terminal = true});
    EXPECT_EQ(ran.code, 3);
    EXPECT_NE(ran.err.find("\nkmsgatectl: the dataplane went away; start it\n"), std::string::npos)
        << ran.err;
    EXPECT_NE(ran.err.find("2,000 rows were loaded; load it again\n"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace kmsgate::control::cli::test

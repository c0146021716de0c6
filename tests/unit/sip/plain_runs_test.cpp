// SPDX-License-Identifier: BSD-3-Clause
// What the plain reader compares whole or tries first (usual_runs.cpp, values of their usual shape, the order
// of names), beside the full parser.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/sip/plain/names.hpp"
#include "dataplane/sip/plain/usual_runs.hpp"
#include "tests/unit/sip/looked.hpp"
#include "tests/unit/sip/plain_kit.hpp"

namespace kmsgate::sip::test {
namespace {

using plain::Run;
using plain::UsualRun;

std::string joined(std::initializer_list<std::string_view> pieces) {
    std::string text;
    for (const std::string_view piece : pieces) text += piece;
    return text;
}

std::string text_of(const UsualRun& run) {
    return {run.text.data(), run.size};
}
std::string text_of(Run run) {
    return text_of(*plain::usual_run(run));
}

/// Documents in the spelling of the runs: a word, then users, behind each.
std::vector<std::string> documents() {
    const std::string end = "\r\n";
    const std::string info = text_of(Run::info) + "private";
    const std::string caller = text_of(Run::caller) + "sip:alice@a.example";
    const std::string callee = text_of(Run::callee) + "sip:bob@b.example";
    const std::string both = callee + text_of(Run::callee_caller) + "sip:alice@a.example";
    const std::string client = text_of(Run::client) + "urn:uuid:12-34" + text_of(Run::client_end);
    const std::string lists = text_of(Run::lists) + "<entry uri=\"sip:bob@b.example\"/>";
    return {info + caller + text_of(Run::info_end) + end,
            info + caller + client + end,
            info + both + text_of(Run::info_end) + end,
            info + both + client,
            lists + text_of(Run::lists_end) + end,
            lists + "<entry uri=\"tel:+4420\"></entry>" + text_of(Run::lists_end)};
}

std::string in_parts(std::string_view info, std::string_view lists) {
    return "--b1\r\n" + text_of(Run::sdp_part) + sdp(key_line('A')) + "\r\n--b1\r\n" +
           text_of(Run::info_part) + std::string(info) + "\r\n--b1\r\n" + text_of(Run::lists_part) +
           std::string(lists) + "\r\n--b1--\r\n";
}

/// Nothing wrong at any level with any byte of [from, to) missing, or replaced.
void change_each(PlainCheck& check, const std::string& message, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        for (const char c : std::string_view("\0\r\n\t\"<>/=;:?&' -vA\x7f\x80", 20)) {
            std::string other = message;
            other[i] = c;
            const std::string said = check.at_every_level(other);
            ASSERT_FALSE(said.starts_with("wrong")) << other << ": " << said;
        }
        std::string less = message;
        less.erase(i, 1);
        const std::string said = check.at_every_level(less);
        ASSERT_FALSE(said.starts_with("wrong")) << less << ": " << said;
    }
}

TEST(PlainRuns, EachIsThereOnceAndWithinItsVectors) {
    std::size_t runs = 0;
    for (const UsualRun& run : plain::kUsualRuns.all) {
        if (run.size == 0) continue;
        ++runs;
        std::size_t bytes = 0;
        for (const std::uint32_t mask : run.mask) bytes += static_cast<std::size_t>(std::popcount(mask));
        EXPECT_EQ(bytes, run.size);
        EXPECT_TRUE(text_of(run).ends_with('>') || text_of(run).ends_with("\r\n\r\n"));
        // Whoever is tried in its place is another one, and the search ends.
        std::size_t others = 0;
        for (const UsualRun* other = run.other; other != nullptr; other = other->other)
            ASSERT_LT(++others, 20U);
    }
    EXPECT_EQ(runs, static_cast<std::size_t>(Run::count_) - 1);
}

TEST(PlainRuns, InDocuments) {
    PlainCheck check;
    for (const std::string& document : documents()) {
        const std::string message = typed("application/pidf+xml", document);
        EXPECT_EQ(check.at_every_level(message), "plain") << document;
        change_each(check, message, message.size() - document.size(), message.size());
        // Each at each distance from the message's end, where a vector would reach beyond it.
        for (std::size_t cut = 0; cut < document.size(); ++cut) {
            const std::string said =
                check.at_every_level(typed("application/pidf+xml", document.substr(0, cut)));
            ASSERT_FALSE(said.starts_with("wrong")) << document.substr(0, cut) << ": " << said;
        }
        for (std::size_t blanks = 0; blanks < 140; ++blanks)
            ASSERT_EQ(
                check.at_every_level(typed("application/pidf+xml", document + std::string(blanks, ' '))),
                "plain")
                << blanks;
    }
}

// Where a run stands deeper than it does as a rule, its tags say what they say there.
TEST(PlainRuns, AtAnotherDepth) {
    PlainCheck check;
    const std::string start = text_of(Run::info) + "private" + text_of(Run::caller);
    const std::string client = "w" + text_of(Run::client) + "w</mcpttString>";
    const std::string room(128, ' ');  // for the vectors of a long run
    for (const std::string& document :
         {joined({start, "<z>", client, "sip:c@c.example</a></b></c>", room}),
          joined({start, "<z><z>", client, "</a>sip:c@c.example</b>", room}),
          joined({start, "sip:a@a.example</mcpttURI></a><z>", client, "sip:c@c.example</a>", room})})
        EXPECT_EQ(check.at_every_level(typed("application/pidf+xml", document)), "plain") << document;
}

TEST(PlainRuns, InParts) {
    PlainCheck check;
    const std::vector<std::string> all = documents();
    for (const std::string& info : all)
        for (const std::string& lists : all)
            EXPECT_EQ(check.at_every_level(typed("multipart/mixed;boundary=b1", in_parts(info, lists))),
                      "plain");
    const std::string body = in_parts(all[1], all[4]);
    const std::string message = typed("multipart/mixed;boundary=b1", body);
    change_each(check, message, message.size() - body.size(), message.size());
}

TEST(PlainRuns, ValuesOfEverySizeAroundTheirVectors) {
    PlainCheck check;
    const auto request = [](std::string_view method, std::string_view via, std::string_view from,
                            std::string_view type) {
        return std::string(method) + " sip:bob@b.example SIP/2.0\r\nVia: " + std::string(via) +
               "\r\nFrom: " + std::string(from) + "\r\nTo: " + std::string(from) +
               "\r\nCall-ID: 1@a\r\nCSeq: 4711 " + std::string(method) +
               "\r\nContent-Type: " + std::string(type) +
               "\r\n\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b1--\r\n";
    };
    const std::string via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport";
    const std::string from = "<sip:alice@a.example>;tag=x";
    const std::string type = "multipart/mixed;boundary=b1";
    EXPECT_EQ(check.at_every_level(request("INVITE", via, from, type)), "plain");
    for (std::size_t n = 0; n < 80; ++n) {
        const std::string fill(n, 'x');
        for (const std::string& each :
             {request("INVITE", "SIP/2.0/UDP host.example" + fill + ":5060;branch=z9hG4bK1", from, type),
              request("INVITE", "SIP/2.0/UDP host.example" + fill, from, type),
              request("INVITE", joined({"SIP/2.0/UDP h;branch=", fill, ";rport;x=", fill}), from, type),
              request("INVITE", via, "<sip:alice@a" + fill + ">;tag=x", type),
              request("INVITE", via, "<sip:alice@a>;tag=x" + fill, type),
              request("INVITE", via, "<sip:alice@a>;x=" + fill + ";tag=x", type),
              request("INVITE", via, "<sip:alice@a" + fill + ">", type)})
            EXPECT_EQ(check.at_every_level(each), "plain") << each;
        EXPECT_EQ(check.at_every_level(request(std::string(n + 1, 'I'), via, from, type)),
                  n < 31 ? "plain" : "slow")
            << n;
        if (n == 0) continue;
        const std::string body = parts(fill, {part("application/sdp", "v=0\r\n")});
        EXPECT_EQ(check.at_every_level(typed("multipart/mixed;boundary=" + fill, body)),
                  n <= 70 ? "plain" : "slow")
            << n;
    }
    const std::string usual = request("INVITE", via, from, type);
    change_each(check, usual, 0, usual.find("\r\n\r\n"));
}

/// Whatever stood behind a name before, names are read as they are.
TEST(PlainRuns, HeadersInAnyOrder) {
    PlainCheck check;
    std::vector<std::string> lines = {"Via: SIP/2.0/UDP a;branch=z9hG4bK1",
                                      "Via: SIP/2.0/UDP b.example",
                                      "Max-Forwards: 70",
                                      "From: <sip:a@a>;tag=1",
                                      "To: <sip:b@b>",
                                      "Call-ID: 1@a",
                                      "CSeq: 1 BYE",
                                      "Contact: <sip:a@a>",
                                      "X-Unknown: y",
                                      "X-Unknown-2:y",
                                      "user-agent: z",
                                      "k: timer",
                                      "Content-Length: 0"};
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same lines each time
    const auto message = [&] {
        std::string text = "BYE sip:bob@b.example SIP/2.0\r\n";
        for (const std::string& line : lines) text += line + "\r\n";
        return text + "\r\n";
    };
    for (int i = 0; i < 2000; ++i) {
        std::shuffle(lines.begin(), lines.end(), random);
        ASSERT_EQ(check.at_every_level(message()), "plain") << message();
    }
    // Once only, wherever they stand.
    for (const std::string_view twice :
         {"From: <sip:c@c>;tag=2", "To: <sip:c@c>", "Call-ID: 2", "CSeq: 2 BYE", "Content-Length: 0",
          "f: <sip:c@c>;tag=2", "i: 2", "l: 0"}) {
        lines.emplace_back(twice);
        for (int i = 0; i < 50; ++i) {
            std::shuffle(lines.begin(), lines.end(), random);
            ASSERT_EQ(check.at_every_level(message()), "slow") << message();
        }
        std::erase(lines, twice);
        if (std::ranges::find(lines, "Content-Length: 0") == lines.end())
            lines.emplace_back("Content-Length: 0");
    }
}

}  // namespace
}  // namespace kmsgate::sip::test

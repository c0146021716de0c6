// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/tags.hpp"

#include <fmt/format.h>

#include <iterator>

#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

constexpr std::string_view kAlice = "sip:alice@mc1.example";

TEST(Tags, SetChangeRemove) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    json answer = c.call({{"op", "tags"}},
                         "mc1\tsip:alice@mc1.example\troaming\nmc1\tsip:bob@mc1.example\t\n"
                         "mc1\tsip:eve@mc1.example\troaming vip\n");
    EXPECT_EQ(answer["set"], 3);
    EXPECT_EQ(answer["removed"], 0);
    EXPECT_EQ(answer["refused"], json::array());
    EXPECT_EQ(answer["count"], 3);
    EXPECT_EQ(answer["capacity"], 1000);
    const auto bit = [&](std::string_view word) {
        return std::uint32_t{1} << *kit.publisher->tag_words().find(word);
    };
    EXPECT_EQ(kit.tags->get("mc1", kAlice), bit("roaming"));
    EXPECT_EQ(kit.tags->find("mc1", "sip:bob@mc1.example"), 0U) << "on the roster only";
    EXPECT_EQ(kit.tags->get("mc1", "sip:eve@mc1.example"), bit("roaming") | bit("vip"));
    // in force at once: a roamer may use C, not A
    kit.message(Kit::request(1, {.kmsi = kA, .idri = kAlice}));
    const auto events = c.events(1);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]["rule"]["initiator"], "roaming");
    EXPECT_EQ(events[0]["verdict"], "redirect");

    answer = c.call({{"op", "tags"}},
                    "mc1\tsip:alice@mc1.example\t-\nmc1\tsip:nobody@mc1.example\t-\n"
                    "mc1\tsip:eve@mc1.example\tvip");
    EXPECT_EQ(answer["removed"], 1);
    EXPECT_EQ(answer["set"], 1) << "the last line end may be missing";
    EXPECT_EQ(answer["refused"], json::array());
    EXPECT_EQ(answer["count"], 2);
    EXPECT_FALSE(kit.tags->find("mc1", kAlice).has_value());
    EXPECT_EQ(kit.tags->get("mc1", "sip:eve@mc1.example"), bit("vip"));
    EXPECT_EQ(kit.publisher->tag_words().worn(), bit("vip"));
    answer = c.call({{"op", "tags"}, {"clear", true}}, "mc1\tsip:zoe@mc1.example\troaming\n");
    EXPECT_EQ(answer["count"], 1);
    EXPECT_EQ(kit.publisher->tag_words().worn(), bit("roaming"));
    EXPECT_EQ(Client(kit.startup.table_socket).hello["tags"], 1);
}

TEST(Tags, HostileLines) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    using namespace std::string_view_literals;
    const json answer = c.call({{"op", "tags"}},
                               "mc1\tsip:a@x\n\nmc1\tsip:a@x\tw\textra\n\tsip:a@x\tw\nmc1\t\tw\n"
                               "mc 1\tsip:a@x\tw\nmc1\tsip:a x\tw\nmc1\tsip:a@x\tw\x01\n"
                               "mc1\tsip:a\0b@x\tw\nmc1\tsip:fine@x\t  one   two  \n\t\t\n"sv);
    EXPECT_EQ(answer["refused"], (json{1, 2, 3, 4, 5, 6, 7, 8, 9, 11}));
    EXPECT_EQ(answer["refused_total"], 10);
    EXPECT_EQ(answer["set"], 1);
    std::string words;
    for (int i = 0; i < 40; ++i) words += fmt::format("mc1\tsip:{}@x\tword{}\n", i, i);
    const json full = c.call({{"op", "tags"}}, words);
    EXPECT_EQ(full["set"], 30) << "32 words, two of them taken before";
    EXPECT_EQ(full["refused"], (json{31, 32, 33, 34, 35, 36, 37, 38, 39, 40}));
    EXPECT_EQ(c.call({{"op", "tags"}}, "mc1\t" + std::string(2000, 'x') + "\t\n")["refused"], json{1});
    EXPECT_EQ(c.call({{"op", "tags"}}, std::string(2'000'000, '\n'))["refused_total"], 2'000'000);
    EXPECT_EQ(c.call({{"op", "tags"}}, std::string(2'000'000, '\n'))["refused"].size(), kMaxRefused);
}

TEST(Tags, AHundredThousandLinesAndAFullTable) {
    Kit kit({.users = 100'000});
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    std::string lines;
    for (int i = 0; i < 100'000; ++i)
        fmt::format_to(std::back_inserter(lines), "mc1\tsip:user{}@mc1.example\t{}\n", i,
                       i % 3 == 0 ? "roaming" : "");
    json answer = c.call({{"op", "tags"}}, lines);
    EXPECT_EQ(answer["set"], 100'000);
    EXPECT_EQ(answer["count"], 100'000);
    EXPECT_NE(kit.tags->get("mc1", "sip:user99999@mc1.example"), 0U);
    answer =
        c.call({{"op", "tags"}}, "mc1\tsip:late@mc1.example\troaming\nmc1\tsip:user1@mc1.example\troaming\n");
    EXPECT_EQ(answer["refused"], json{1}) << "full, but who is there can be changed";
    EXPECT_EQ(answer["set"], 1);
    EXPECT_EQ(c.call({{"op", "status"}})["tags"], (json{{"count", 100'000}, {"capacity", 100'000}}));
}

}  // namespace
}  // namespace kmsgate::link::test

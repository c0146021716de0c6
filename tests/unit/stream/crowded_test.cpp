// SPDX-License-Identifier: BSD-3-Clause
// Streams of thousands of tiny segments: what stands there already is walked through no more than it has to
// be, and is read right all the same. What it costs is counted by bench/hostile.
#include <algorithm>

#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;
using core::Outcome;

class Crowded : public Gate {
  protected:
    /// Bytes of the client at `from` of `text`, which begins at its place.
    void part(std::string_view text, std::size_t from, std::size_t size, const std::string& flags = "A") {
        send({.from = Arrival::inside,
              .seq = at[0] + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = flags,
              .payload = std::string(text.substr(from, size)),
              .options = {}});
    }
};

TEST_F(Crowded, AHeadWhoseFirstByteComesLastIsReadToItsEnd) {
    shake_hands();
    const std::string text = message(std::string(300, 'b'), "X-Long: " + std::string(800, 'x') + "\r\n");
    for (std::size_t i = 1; i < text.size(); ++i) part(text, i, 1);
    EXPECT_TRUE(host->messages.empty());
    part(text, 0, 1);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    EXPECT_EQ(host->messages[0].second.size(), text.size());
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Crowded, MessagesThatCameEarlyAreReadOneBehindTheOther) {
    shake_hands();
    std::string all;
    std::vector<std::string> each;
    for (std::size_t i = 0; i < 40; ++i) all += each.emplace_back(message(std::string(i, 'b')));
    // pieces that end anywhere
    for (std::size_t from = 7; from < all.size(); from += 7) part(all, from, 7);
    part(all, 0, 7);
    ASSERT_EQ(host->messages.size(), each.size());
    for (std::size_t i = 0; i < each.size(); ++i) EXPECT_EQ(host->messages[i].first, each[i]) << i;
    EXPECT_EQ(passed_to(Arrival::outside), all);
}

TEST_F(Crowded, MessagesBehindOnesThatWaitForRoomAreReadFromTheirOwnBegin) {
    shake_hands({}, 5'000);
    const std::string first = message(std::string(4'800, 'b'));
    for (std::size_t from = 0; from < first.size(); from += 1'100) part(first, from, 1'100);
    ASSERT_EQ(host->messages.size(), 1U);
    at[0] += static_cast<Sequence>(first.size());
    std::string all;
    std::vector<std::string> each;
    for (std::size_t i = 0; i < 60; ++i) all += each.emplace_back(message(std::string(i, 'c')));
    std::size_t frames = 0;
    for (std::size_t from = 0; from < all.size(); from += 50, ++frames) part(all, from, 50);
    ASSERT_EQ(host->messages.size(), 1 + each.size());
    EXPECT_GT(streams->held(), frames / 2);  // judged, and no room for them
    std::size_t from = 0;
    const std::uint64_t before_them = number - frames;
    for (std::size_t i = 0; i < each.size(); ++i) {
        const auto& [text, numbers] = host->messages[1 + i];
        EXPECT_EQ(text, each[i]) << i;
        ASSERT_FALSE(numbers.empty());
        EXPECT_EQ(numbers.front(), before_them + 1 + from / 50) << i;
        from += each[i].size();
        EXPECT_EQ(numbers.back(), before_them + 1 + (from - 1) / 50) << i;
    }
}

TEST_F(Crowded, WhatOverlapsManySegmentsIsHeldAgainstEveryByteOfThem) {
    shake_hands();
    const std::string text = message(std::string(900, 'b'));
    // each a byte longer than the one before; of two with the same bytes the first one counts
    for (std::size_t size = 1; size < 400; ++size) part(text, 1, size);
    for (std::size_t i = 410; i < 800; i += 3) part(text, i, 2);  // and gaps
    const std::size_t held = streams->held();
    for (const std::size_t wrong : {1UL, 200UL, 399UL, 410UL, 600UL, 798UL}) {
        std::string other = text;
        other[wrong] ^= 0x20;
        part(other, 1, 850);
        EXPECT_EQ(streams->held(), held) << wrong;
    }
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 6U);
    part(text, 1, 850);
    EXPECT_EQ(streams->held(), held + 1);
    part(text, 850, text.size() - 850);
    part(text, 0, 1);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
}

TEST_F(Crowded, CopiesOfTheLastSegmentOfAStreamAreKeptOnce) {
    shake_hands();
    const std::string text = message(std::string(900, 'b'));
    for (int i = 0; i < 5; ++i) part(text, 1, text.size() - 1, "FA");
    EXPECT_EQ(streams->held(), 1U);
    EXPECT_EQ(ends(Outcome::tcp_duplicate), 4U);
    part(text, 1, 100);  // without its end: a copy as well
    EXPECT_EQ(streams->held(), 1U);
    part(text, 0, 1);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Crowded, AnEndIsKeptThoughItsBytesAre) {
    shake_hands();
    const std::string text = message(std::string(900, 'b'));
    part(text, 1, text.size() - 1);
    part(text, 1, text.size() - 1, "FA");
    EXPECT_EQ(streams->held(), 2U);
    part(text, 0, 1);
    EXPECT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(streams->held(), 0U);
}

/// More small segments wait than are looked through; one beyond a gap must not keep out what comes in order.
TEST_F(Crowded, WhatComesInOrderFindsItsPlaceBehindThousands) {
    shake_hands();
    const std::string text = message(std::string(1'500, 'b'));
    for (std::size_t i = 0; i < 1'200; ++i) part(text, i, 1);
    part(text, 1'400, 1);
    for (std::size_t i = 1'200; i < text.size(); ++i) part(text, i, 1);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    EXPECT_EQ(ends(Outcome::tcp_budget), 1U);  // the one beyond the gap
}

/// On another port, where a line is looked at while it grows.
TEST_F(Crowded, AFirstLineByteByByteIsSeenToBeSipWithItsEnd) {
    const std::string text = "\r\n \r\n" + message(std::string(20, 'b'));
    const std::size_t line = text.find("SIP/2.0\r") + 8;
    for (const std::string_view begin : {"", "\r\n\r\n   \r", "        "}) {
        build({});
        const std::string all = std::string(begin) + text;
        const auto one = [&](std::uint32_t seq, std::uint32_t ack, const std::string& flags,
                             std::string payload, Arrival from) {
            send({.from = from,
                  .seq = seq,
                  .ack = ack,
                  .flags = flags,
                  .payload = std::move(payload),
                  .options = {},
                  .server_port = 8'080});
        };
        one(kClient, 0, "S", {}, Arrival::inside);
        one(kServer, kClient + 1, "SA", {}, Arrival::outside);
        for (std::size_t i = 0; i < all.size(); ++i) {
            one(kClient + 1 + static_cast<Sequence>(i), kServer + 1, "A", all.substr(i, 1), Arrival::inside);
            const std::size_t end = begin.size() + line;  // what stands behind it is held, or refused
            if (i + 1 < all.size()) {
                EXPECT_EQ(passed_to(Arrival::outside).size(), std::min(i + 1, end - 1)) << i;
            }
        }
    }
}

}  // namespace
}  // namespace kmsgate::stream::test

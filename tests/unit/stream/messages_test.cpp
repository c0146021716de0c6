// SPDX-License-Identifier: BSD-3-Clause
// Messages in a connection: held until they are whole, let go as they came, each byte judged once.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using Messages = Gate;

TEST_F(Messages, OneInOneSegmentLeavesAsItCame) {
    shake_hands();
    EXPECT_EQ(ends(Outcome::passed), 3U);
    say(Arrival::inside, message("hello"));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, message("hello"));
    EXPECT_EQ(host->messages[0].second, std::vector<std::uint64_t>{4});
    EXPECT_EQ(passed_to(Arrival::outside), message("hello"));
    EXPECT_EQ(ends(Outcome::forward), 1U);
    EXPECT_TRUE(host->sent.empty());
}

TEST_F(Messages, IsHeldUntilItsLastByte) {
    shake_hands();
    const std::string text = message("some body");
    for (std::size_t i = 0; i + 1 < text.size(); ++i) say(Arrival::inside, text.substr(i, 1));
    EXPECT_EQ(passed_to(Arrival::outside), "");
    EXPECT_TRUE(host->messages.empty());
    say(Arrival::inside, text.substr(text.size() - 1));
    EXPECT_EQ(passed_to(Arrival::outside), text);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].second.size(), text.size());
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Messages, SeveralInOneSegmentAndAcross) {
    shake_hands();
    const std::string one = message("1"), two = message("22"), three = message("333");
    const std::string all = one + "\r\n" + two + three;
    say(Arrival::inside, all.substr(0, all.size() - 2));
    EXPECT_EQ(host->messages.size(), 2U);
    EXPECT_EQ(passed_to(Arrival::outside), "") << "its last message is not whole";
    say(Arrival::inside, all.substr(all.size() - 2));
    ASSERT_EQ(host->messages.size(), 3U);
    EXPECT_EQ(host->messages[2].first, three);
    EXPECT_EQ(host->messages[2].second, (std::vector<std::uint64_t>{4, 5}));
    EXPECT_EQ(passed_to(Arrival::outside), all);
}

TEST_F(Messages, KeepAlivesPassAtOnceInBothDirections) {
    shake_hands();
    say(Arrival::inside, "\r\n\r\n");
    say(Arrival::outside, "\r\n");
    EXPECT_EQ(ends(Outcome::keep_alive), 2U);
    EXPECT_EQ(passed_to(Arrival::outside), "\r\n\r\n");
    EXPECT_EQ(passed_to(Arrival::inside), "\r\n");
    say(Arrival::inside, message());
    EXPECT_EQ(passed_to(Arrival::outside), "\r\n\r\n" + message());
}

TEST_F(Messages, OutOfOrderSegmentsWaitAndLeaveInOrder) {
    shake_hands();
    const std::string text = message("0123456789");
    part(text, 50);
    part(text, 20, 50);
    EXPECT_EQ(passed_to(Arrival::outside), "");
    part(text, 0, 20);
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Messages, TheSameBytesAgainAreJudgedOnce) {
    shake_hands();
    const std::string text = message("0123456789");
    part(text, 0, 30);
    part(text, 10, 20);
    EXPECT_EQ(ends(Outcome::tcp_duplicate), 1U);
    part(text, 20, 50);  // overlaps, the same
    part(text, 50);
    EXPECT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    part(text, 0);  // its receiver may have lost all of it
    EXPECT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(read_back(host->ended.back().frame).payload, text);
    EXPECT_EQ(host->ended.back().outcome, Outcome::forward);
}

TEST_F(Messages, OtherBytesForTheSamePlaceNeverCount) {
    shake_hands();
    const std::string text = message("0123456789");
    say(Arrival::inside, text.substr(0, 40));
    std::string other = text;
    other[20] = 'x';
    part(other, 10);
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 1U);
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
    say(Arrival::inside, text.substr(40));
    EXPECT_EQ(passed_to(Arrival::outside), text);
    // also what was let go, as long as its receiver has not said that it came
    part(other, 0);
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 2U);
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Messages, BytesThatTheirReceiverHasAreNobodysMatter) {
    shake_hands();
    say(Arrival::inside, message());
    send({.from = Arrival::outside, .seq = at[1], .ack = at[0], .flags = "A", .payload = {}, .options = {}});
    EXPECT_EQ(room->kept(), 0U);
    part("zz", 0);
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
}

TEST_F(Messages, ShorterSegmentsNestedInALongerOneHideNothing) {
    shake_hands();
    const std::string text = message("0123456789012345678901234567890123456789");
    std::string other = text;
    other[39] = '#';
    part(text, 10, 20);
    part(text, 0, 42);
    part(other, 39, 57);
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 1U);
    part(text, 30, 40);
    EXPECT_EQ(ends(Outcome::tcp_duplicate), 1U);
    part(text, 42);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    EXPECT_EQ(passed_to(Arrival::outside).size(), 10 + text.size());
}

TEST_F(Messages, AFrameThatBroughtOnlyCopiesIsNotNamed) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    part(text, 0, 30);   // 4
    part(text, 40, 50);  // 5
    part(text, 30, 60);  // 6, of which 5 has a part
    part(text, 25);      // 7
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].second, (std::vector<std::uint64_t>{4, 5, 6, 7}));
    part(text, 0, 10);
    const std::string next = message("next");
    at[0] = start + static_cast<Sequence>(text.size());
    say(Arrival::inside, next);
    EXPECT_EQ(host->messages[1].second, std::vector<std::uint64_t>{9});
}

TEST_F(Messages, AFinLeavesBehindWhatStandsBeforeIt) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    part(text, 0, 60);
    send({.from = Arrival::inside,
          .seq = start + static_cast<Sequence>(text.size()),
          .ack = at[1],
          .flags = "FA",
          .payload = {},
          .options = {}});
    EXPECT_EQ(ends(Outcome::passed), 3U) << "the handshake";
    part(text, 60);
    ASSERT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(read_back(host->ended.back().frame).flags, "FA");
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Messages, AResetWhileItsMessageIsHeldReachesThePeerWhereItStands) {
    shake_hands();
    say(Arrival::inside, message("0123456789").substr(0, 60));
    send({.from = Arrival::inside, .seq = at[0], .flags = "R", .payload = {}, .options = {}});
    ASSERT_EQ(ours(Arrival::outside).size(), 1U);
    EXPECT_EQ(ours(Arrival::outside)[0].flags, "R");
    EXPECT_EQ(ours(Arrival::outside)[0].seq, kClient + 1);
    EXPECT_EQ(ends(Outcome::tcp_reset), 1U);
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Messages, ALateCopyOfWhatWasJudgedLeavesWhileTheNextMessageHasBegun) {
    shake_hands();
    const std::string text = message("0123456789") + message("another");
    const Sequence start = at[0];
    part(text, 0, 20);
    part(text, 20, message("0123456789").size() + 10);
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = start + 20,
          .flags = "A",
          .payload = {},
          .options = {}});
    part(text, 10, 40);
    part(text, 40);
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 20) + text.substr(10, 30) +
                                               text.substr(20, message("0123456789").size() - 10) +
                                               text.substr(40));
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = start + static_cast<Sequence>(text.size()),
          .flags = "A",
          .payload = {},
          .options = {}});
    EXPECT_EQ(room->kept(), 0U);
    EXPECT_EQ(host->ended.size(), number) << "every frame has ended";
}

}  // namespace
}  // namespace kmsgate::stream::test

// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "tests/unit/traffic/names.hpp"
#include "tools/traffic/acknowledge.hpp"
#include "tools/traffic/match.hpp"
#include "tools/traffic/pacer.hpp"

namespace kmsgate::traffic {
namespace {

class Matching : public testing::Test {
  protected:
    Matching() {
        for (Host* h : {&near_, &far_}) h->address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0};
        near_.address[15] = 1;
        far_.address[15] = 2;
    }
    std::vector<Frame> frames(bool from_near, const std::string& text) {
        std::vector<Frame> out;
        write_udp({from_near ? &near_ : &far_, from_near ? &far_ : &near_, {}, ++id_, 1500}, text, out);
        return out;
    }
    std::vector<Frame> invite(std::size_t size) {
        return frames(true,
                      request("INVITE", names_, Within::none, {}, {"text/plain", std::string(size, 'x')}));
    }
    std::vector<Frame> answer(const Body& body) {
        return frames(false, response(488, "Not Acceptable Here", "INVITE", names_, "kg1", {}, body));
    }
    void send(bool outside, const std::vector<Frame>& all, std::string_view outcome = {}) {
        auto note = std::make_shared<Note>();
        note->outcome = outcome;
        for (const Frame& f : all) matcher_.sent(1000, outside, f, note);
    }
    void receive(bool outside, const std::vector<Frame>& all) {
        for (const Frame& f : all) matcher_.received(3000, outside, f);
    }
    [[nodiscard]] static std::uint64_t fates(const Outcome& o, Fate fate) {
        return o.fates[static_cast<std::size_t>(fate)];
    }

    Host near_, far_;
    Names names_ = dialog();
    std::uint32_t id_ = 0;
    Matcher matcher_{kSecond, true};
};

TEST_F(Matching, forwarded_frame_by_frame) {
    const auto out = invite(3000);
    ASSERT_EQ(out.size(), 3U);
    send(false, out, "forward");
    receive(true, out);
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(fates(o, Fate::forwarded), 1U);
    EXPECT_EQ(o.lost + o.mismatches + o.unexpected + o.duplicates, 0U);
    EXPECT_EQ(o.forward.most(), 2000U);
}

TEST_F(Matching, a_refused_segment_goes_with_its_connection) {
    const Link on{&near_, &far_, {}, 1, 1500}, back{&far_, &near_, {}, 2, 1500};
    Segment data, ack, rst;
    data.payload = "INVITE sip:b@b.example SIP/2.0\r\n";
    rst.flags = kRst | kAck;
    const std::string krr =
        "<KmsRedirectResponse><ReceiverKmsList><KmsUri>kms.b.example</KmsUri></ReceiverKmsList>"
        "</KmsRedirectResponse>";
    const std::string text =
        response(488, "Not Acceptable Here", "INVITE", names_, "kg1", {}, {std::string(kKrr), krr});
    Segment answer;
    answer.payload = text;
    auto message = std::make_shared<Note>();
    message->call_id = names_.call_id;
    message->cseq = names_.cseq;
    message->method = message->label = "INVITE";
    message->expected = Expected{policy::decide::Verdict::redirect,
                                 "receiver-kms-not-allowed",
                                 {{std::nullopt, std::vector<std::string>{"kms.b.example"}}}};
    auto segment = std::make_shared<Note>();
    segment->outcome = "redirect";
    segment->made.answers = 1;
    segment->parts.push_back(message);
    matcher_.sent(1000, false, write_tcp(on, data), segment);
    EXPECT_FALSE(matcher_.settled());
    matcher_.received(2000, false, write_tcp(back, answer));
    matcher_.received(2000, false, write_tcp(back, rst));
    matcher_.received(2000, true, write_tcp(on, rst));
    EXPECT_TRUE(matcher_.settled());
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(fates(o, Fate::reset), 1U);
    EXPECT_EQ(o.made.answers, 1U);
    EXPECT_EQ(o.made.resets, 2U);
    EXPECT_EQ(o.lost + o.mismatches + o.unexpected, 0U) << (o.examples.empty() ? "" : o.examples[0]);
}

TEST_F(Matching, an_answer_that_does_not_come_by_its_connection_is_lost) {
    auto message = std::make_shared<Note>();
    message->call_id = names_.call_id;
    message->expected = Expected{policy::decide::Verdict::redirect, "receiver-kms-not-allowed", {}};
    auto segment = std::make_shared<Note>();
    segment->outcome = "redirect";
    segment->made.answers = 1;
    segment->parts.push_back(message);
    Segment data, rst;
    data.payload = "x";
    rst.flags = kRst;
    matcher_.sent(1000, false, write_tcp({&near_, &far_, {}, 1, 1500}, data), segment);
    matcher_.received(2000, true, write_tcp({&near_, &far_, {}, 3, 1500}, rst));
    EXPECT_EQ(matcher_.finish().lost, 1U);
}

TEST_F(Matching, a_lost_fragment_is_a_lost_datagram) {
    auto out = invite(3000);
    send(false, out, "forward");
    out.pop_back();
    receive(true, out);
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(fates(o, Fate::partly), 1U);
    EXPECT_EQ(o.lost, 1U);
}

TEST_F(Matching, a_changed_byte_is_no_forwarding) {
    auto out = invite(100);
    send(false, out, "forward");
    out[0].back() ^= 1;
    receive(true, out);
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(o.lost, 1U);
    EXPECT_EQ(o.unexpected, 1U);
}

TEST_F(Matching, what_comes_back_by_its_own_side_is_not_forwarded) {
    const auto out = invite(100);
    send(false, out, "forward");
    receive(false, out);
    EXPECT_EQ(matcher_.finish().lost, 1U);
}

TEST_F(Matching, once_more_than_it_went_in) {
    const auto out = invite(100);
    send(false, out, "forward");
    receive(true, out);
    receive(true, out);
    EXPECT_EQ(matcher_.finish().duplicates, 1U);
}

TEST_F(Matching, refused_with_a_krr_or_without) {
    send(false, invite(3000), "redirect");
    receive(false, answer({std::string(kKrr),
                           "<KmsRedirectResponse><InitiatorKmsList><KmsUri>k</KmsUri></InitiatorKmsList>"}));
    names_.call_id = "other@h";
    send(false, invite(3000), "reject");
    receive(false, answer({}));
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(fates(o, Fate::redirected), 1U);
    EXPECT_EQ(fates(o, Fate::rejected), 1U);
    EXPECT_EQ(o.lost + o.mismatches, 0U);
    EXPECT_EQ(o.krr_lists.count("initiator [k] receiver ANY"), 1U);
}

TEST_F(Matching, refused_and_let_through_is_a_leak) {
    const auto out = invite(3000);
    send(false, out, "redirect");
    receive(false, answer({std::string(kKrr), ""}));
    receive(true, {out.front()});
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(fates(o, Fate::leaked), 1U);
    EXPECT_EQ(o.mismatches, 1U);
}

TEST_F(Matching, forwarded_though_it_should_be_refused) {
    const auto out = invite(100);
    send(false, out, "redirect");
    receive(true, out);
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(o.mismatches, 1U);
    EXPECT_EQ(o.lost, 0U);
    EXPECT_FALSE(o.examples.empty());
}

TEST_F(Matching, a_response_with_another_body_is_rewritten) {
    send(true, answer({std::string(kKrr), "<old/>"}), "rewrite");
    receive(false, answer({std::string(kKrr), "<new/>"}));
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(fates(o, Fate::rewritten), 1U);
    EXPECT_EQ(o.lost + o.mismatches + o.unexpected, 0U);
}

TEST_F(Matching, what_should_be_gone_and_is_is_no_loss) {
    send(false, invite(100), "drop");
    names_.call_id = "ack@h";
    send(false, frames(true, request("ACK", names_, Within::dialog, {}, {})), "absorb");
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(o.lost + o.mismatches, 0U);
    EXPECT_EQ(fates(o, Fate::gone), 2U);
}

TEST_F(Matching, what_is_late_is_lost_and_memory_is_given_back) {
    const auto out = invite(100);
    send(false, out, "forward");
    matcher_.expire(500);
    EXPECT_EQ(matcher_.waiting(), 1U);
    matcher_.expire(2 * kSecond);
    EXPECT_EQ(matcher_.waiting(), 0U);
    receive(true, out);
    const Outcome& o = matcher_.finish();
    EXPECT_EQ(o.lost, 1U);
    EXPECT_EQ(o.unexpected, 1U);
}

TEST_F(Matching, overtaking_between_two_hosts) {
    const auto first = invite(100), second = invite(120);
    send(false, first);
    send(false, second);
    receive(true, second);
    receive(true, first);
    EXPECT_EQ(matcher_.finish().reordered, 1U);
}

TEST_F(Matching, the_ack_of_a_refusal_has_its_branch_and_tags) {
    std::vector<Frame> ack;
    matcher_.on_answer([&](const Head& head, const Packet& packet, std::span<const std::uint8_t> frame) {
        ack = acknowledge(head, packet, frame).value_or(std::vector<Frame>{});
    });
    names_.rport = true;
    send(false, invite(100), "redirect");
    receive(false, answer({std::string(kKrr), ""}));
    ASSERT_EQ(ack.size(), 1U);
    const auto packet = read_packet(ack[0]);
    ASSERT_TRUE(packet.has_value());
    EXPECT_EQ(packet->source, near_.address);
    EXPECT_EQ(packet->destination, far_.address);
    const auto head = read_head(read_transport(packet->protocol, packet->payload)->data);
    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->method, "ACK");
    EXPECT_EQ(head->cseq, names_.cseq);
    EXPECT_EQ(parameter(head->to, "tag"), "kg1");
    EXPECT_EQ(parameter(head->via, "branch"), "z9hG4bK1");
}

TEST(Pacer, makes_good_for_a_short_delay_and_not_for_a_long_one) {
    Pacer pacer(1000, 10);  // 10 ms
    pacer.left(kSecond, kSecond + 5 * kMillisecond);
    EXPECT_EQ(pacer.due(2 * kSecond), 2 * kSecond);
    pacer.left(2 * kSecond, 2 * kSecond + 50 * kMillisecond);
    EXPECT_EQ(pacer.due(3 * kSecond), 3 * kSecond + 40 * kMillisecond);
    EXPECT_EQ(pacer.shift(), 40 * kMillisecond);
}

}  // namespace
}  // namespace kmsgate::traffic

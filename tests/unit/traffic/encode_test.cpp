// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "dataplane/mikey/message.hpp"
#include "tests/unit/traffic/names.hpp"
#include "tools/traffic/encode/i_message.hpp"
#include "tools/traffic/encode/sip.hpp"
#include "tools/traffic/encode/wire.hpp"
#include "tools/traffic/histogram.hpp"
#include "tools/traffic/hostile.hpp"
#include "tools/traffic/ids.hpp"
#include "tools/traffic/sip_read.hpp"
#include "tools/traffic/wire_read.hpp"

namespace kmsgate::traffic {
namespace {

Host host(std::uint8_t last, bool v6) {
    Host out;
    out.mac = {2, 0, 0, 0, 0, last};
    out.v6 = v6;
    if (v6)
        out.address = {0x20, 0x01, 0x0D, 0xB8};
    else
        out.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 0};
    out.address[15] = last;
    name(out);
    return out;
}

std::span<const std::uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(IMessage, has_the_size_that_was_asked_for_and_keeps_every_rule) {
    Random random(7);
    IMessage m;
    m.initiator = "sip:alice@mc1.example";
    m.receiver = "sip:bob@mc2.example";
    m.kmsi = "kms.a.example";
    m.kmsr = "kms.b.example";
    for (const std::size_t size :
         {kLeastIMessage + 100, std::size_t{650}, std::size_t{711}, std::size_t{1400}})
        for (const MapType map : {MapType::srtp, MapType::empty, MapType::generic}) {
            m.size = size;
            m.map = map;
            const std::string made = encode(m, random);
            EXPECT_EQ(made.size(), size);
            const auto read = mikey::read(bytes(made));
            EXPECT_FALSE(read.fault.has_value());
            EXPECT_EQ(read.text(mikey::Role::idrkmsi), "kms.a.example");
            EXPECT_EQ(read.text(mikey::Role::idrr), "sip:bob@mc2.example");
        }
    m.size = 300;
    EXPECT_EQ(encode(m, random), "");
}

TEST(IMessage, base64_of_every_remainder) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("\xFB\xEF\xBE"), "++++");
}

TEST(Wire, a_datagram_comes_back_from_its_fragments_in_any_order) {
    for (const bool v6 : {false, true})
        for (const std::size_t size : {0U, 1U, 1400U, 1473U, 6500U, 65000U}) {
            const Host a = host(1, v6), b = host(2, v6);
            const std::uint16_t vlans[] = {7, 9};
            const Link link{&a, &b, vlans, 77, 1500};
            const std::string payload(size, 'x');
            std::vector<Frame> frames;
            write_udp(link, payload, frames);
            Assembler assembler;
            std::size_t whole = 0;
            for (std::size_t i = frames.size(); i-- > 0;) {
                EXPECT_LE(frames[i].size(), 14U + 8 + 1500);
                const auto packet = read_packet(frames[i]);
                ASSERT_TRUE(packet.has_value());
                EXPECT_EQ(packet->vlans, 2U);
                const auto data = assembler.add(*packet);
                if (!data) continue;
                ++whole;
                const auto udp = read_transport(packet->protocol, *data);
                ASSERT_TRUE(udp.has_value());
                EXPECT_EQ(udp->data, payload);
            }
            EXPECT_EQ(whole, 1U);
            EXPECT_EQ(assembler.waiting(), 0U);
        }
}

TEST(Wire, the_sum_is_that_of_rfc_1071_at_every_length_and_alignment) {
    Random random(3);
    const std::string data = random.bytes(200);
    for (std::size_t from = 0; from < 9; ++from)
        for (std::size_t size = 0; size + from < 180; ++size) {
            std::uint64_t slow = 0;
            for (std::size_t i = 0; i < size; ++i)
                slow += std::uint64_t{static_cast<std::uint8_t>(data[from + i])} << (i % 2 == 0 ? 8 : 0);
            EXPECT_EQ(fold(ones_sum(0, bytes(data).subspan(from, size))), fold(slow)) << from << " " << size;
        }
}

TEST(Wire, bytes_that_are_no_packet_are_refused) {
    const Host a = host(1, false), b = host(2, false);
    std::vector<Frame> frames;
    write_udp({&a, &b, {}, 1, 1500}, "hello", frames);
    const Frame good = frames.front();
    for (std::size_t cut = 0; cut < 33; ++cut)
        EXPECT_FALSE(read_packet(std::span(good).first(cut)).has_value()) << cut;
    Frame longer = good;
    longer[16] = 0xFF;
    EXPECT_FALSE(read_packet(longer).has_value());
}

TEST(Wire, identifications_of_a_pair_do_not_come_again_soon) {
    Ids ids;
    const Host a = host(1, false), b = host(2, false);
    std::set<std::uint16_t> seen;
    for (int i = 0; i < 65536; ++i) seen.insert(static_cast<std::uint16_t>(ids.next(a, b)));
    EXPECT_EQ(seen.size(), 65536U);
}

TEST(SipRead, takes_messages_that_were_made_and_nothing_else) {
    const Names n = dialog();
    const std::string text = request("INVITE", n, Within::dialog, {}, {"text/plain", "hi"});
    const auto head = read_head(text);
    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->method, "INVITE");
    EXPECT_EQ(head->call_id, "abc@h");
    EXPECT_EQ(head->cseq, 77U);
    EXPECT_EQ(head->cseq_method, "INVITE");
    EXPECT_EQ(parameter(head->to, "tag"), "t1");
    EXPECT_EQ(parameter(head->via, "branch"), "z9hG4bK1");
    EXPECT_EQ(head->body, "hi");
    for (std::size_t cut = 0; cut < text.size() - 2; ++cut)
        EXPECT_FALSE(read_head(text.substr(0, cut)).has_value());
    EXPECT_FALSE(read_head("\x80rtp").has_value());
}

TEST(SipRead, lists_of_a_krr) {
    Krr k;
    k.seconds = 1'795'262'400;
    k.receiver_list = {"kms.a.example", "kms.b.example"};
    const std::string xml = krr(k);
    EXPECT_FALSE(krr_list(xml, "InitiatorKmsList").has_value());
    EXPECT_EQ(krr_list(xml, "ReceiverKmsList"), (std::vector<std::string>{"kms.a.example", "kms.b.example"}));
    EXPECT_NE(xml.find("2026-11-21T12:00:00Z"), std::string::npos);
    EXPECT_EQ(krr_list("<a><InitiatorKmsList/></a>", "InitiatorKmsList"), std::vector<std::string>{});
    EXPECT_FALSE(krr_list("<a/>", "InitiatorKmsList").has_value());
}

TEST(Histogram, percentiles_within_the_width_of_a_bucket) {
    Histogram h;
    EXPECT_EQ(h.percentile(0.5), 0U);
    for (std::uint64_t i = 1; i <= 100'000; ++i) h.add(i * 1000);
    for (const double share : {0.5, 0.9, 0.99, 0.999}) {
        const double exact = share * 1e8;
        EXPECT_NEAR(static_cast<double>(h.percentile(share)), exact, exact * 0.016) << share;
    }
    EXPECT_EQ(h.percentile(1.0), 100'000'000U);
    EXPECT_EQ(h.most(), 100'000'000U);
    h.add(~std::uint64_t{0});
    EXPECT_EQ(h.most(), ~std::uint64_t{0});
}

TEST(Hostile, names_are_unique) {
    std::set<std::string_view> names;
    for (const Shape& s : hostile_shapes()) EXPECT_TRUE(names.insert(s.name).second) << s.name;
    EXPECT_EQ(find_shape("nothing"), nullptr);
}

}  // namespace
}  // namespace kmsgate::traffic

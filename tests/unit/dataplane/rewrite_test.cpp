// SPDX-License-Identifier: BSD-3-Clause
// Messages and frames with another body: lengths and checksums follow, nothing else moves.
#include "dataplane/rewrite/rewrite.hpp"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::rewrite {
namespace {

using namespace kmsgate::test;

class Message {
  public:
    explicit Message(std::string text) : text_(std::move(text)), storage_(1 << 20), arena(storage_) {
        seen.message = sip::parse(text_, arena);
        seen.contents = sip::look_into(seen.message, arena);
    }
    [[nodiscard]] std::string replaced(std::string_view body) {
        return std::string(replace_krr(text_, seen, body, arena));
    }

  private:
    std::string text_;
    std::vector<std::byte> storage_;

  public:
    sip::Arena arena;
    inspect::Inspection seen;
};

const std::string kHead =
    "SIP/2.0 488 No\r\nVia: SIP/2.0/UDP "
    "h;branch=z9hG4bK1\r\nf:<sip:a@x>;tag=1\r\nt:<sip:b@x>;tag=2\r\ni:c\r\nCSeq: 1 INVITE\r\n";
const std::string kOld = krr_text("<KmsUri>kms.b.example</KmsUri>");

TEST(Rewrite, LengthInEverySpelling) {
    const std::string size = std::to_string(kOld.size());
    for (const auto& [before, after] :
         std::vector<std::pair<std::string, std::string>>{{"Content-Length: ", "\r\n"},
                                                          {"l:", "\r\n"},
                                                          {"CONTENT-LENGTH\t:  ", " \r\n"},
                                                          {"Content-Length:\r\n ", "\r\n"},
                                                          {"l: 000", "\r\n"}}) {
        Message m(kHead + "Content-Type: " + kKrrType + "\r\n" + before + size + after + "\r\n" + kOld);
        ASSERT_EQ(m.seen.contents.krrs.size(), 1U) << before;
        const std::string zeros = before.ends_with("000") ? before.substr(0, before.size() - 3) : before;
        EXPECT_EQ(m.replaced("<new/>"),
                  kHead + "Content-Type: " + kKrrType + "\r\n" + zeros + "6" + after + "\r\n<new/>");
    }
    Message twice(kHead + "l: " + size + "\r\nc: " + kKrrType + "\r\nContent-Length: " + size + "\r\n\r\n" +
                  kOld);
    EXPECT_EQ(twice.replaced("12345678"),
              kHead + "l: 8\r\nc: " + kKrrType + "\r\nContent-Length: 8\r\n\r\n12345678");
    Message none(kHead + "c: " + kKrrType + "\r\n\r\n" + kOld);
    EXPECT_EQ(none.replaced("x"), kHead + "c: " + kKrrType + "\r\n\r\nx");
}

TEST(Rewrite, LeadingLineEndsStay) {
    Message m("\r\n\r\n" + kHead + "c: " + kKrrType + "\r\nl: " + std::to_string(kOld.size()) + "\r\n\r\n" +
              kOld);
    EXPECT_EQ(m.replaced("xyz"), "\r\n\r\n" + kHead + "c: " + kKrrType + "\r\nl: 3\r\n\r\nxyz");
}

TEST(Rewrite, WithoutBody) {
    Message m(kHead + "Content-Type: " + kKrrType +
              "\r\ne: identity\r\nContent-Disposition: x\r\nX-Other: kept\r\n folded\r\nl: 3\r\n\r\nabc");
    EXPECT_EQ(std::string(without_body(m.seen.message, m.arena)),
              "SIP/2.0 488 No\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:a@x>;tag=1\r\nt: "
              "<sip:b@x>;tag=2\r\ni: c\r\nCSeq: 1 INVITE\r\n"
              "X-Other: kept\r\n folded\r\nContent-Length: 0\r\n\r\n");
    std::string lines =
        "SIP/2.0 488 No\nVia:SIP/2.0/UDP h\nf:<sip:a@x>;tag=1\nt:<sip:b@x>;tag=2\ni:c\nCSeq:1 INVITE\n";
    for (int i = 0; i < 400; ++i) lines += "x:y\n";
    Message many(lines + "l:3\n\nabc");
    const std::string out(without_body(many.seen.message, many.arena));
    EXPECT_TRUE(out.ends_with("x: y\r\nContent-Length: 0\r\n\r\n")) << "short lines grow and still fit";
}

TEST(Rewrite, UsedUpArena) {
    Message m(kHead + "c: " + kKrrType + "\r\nl: " + std::to_string(kOld.size()) + "\r\n\r\n" + kOld);
    std::vector<std::byte> small(100);
    sip::Arena arena(small);
    EXPECT_TRUE(replace_krr(kHead, m.seen, "x", arena).empty());
    EXPECT_TRUE(without_body(m.seen.message, arena).empty());
    EXPECT_EQ(replace_payload(Bytes(200, 0), 14, 134, "x", gate_pool(), arena), nullptr);
}

TEST(Rewrite, PayloadOfAFrame) {
    std::vector<std::byte> storage(4096);
    sip::Arena arena(storage);
    for (const std::size_t size : {0U, 1U, 2U, 777U, 4000U}) {
        const std::string payload(size, 'p');
        const Bytes four =
            ether(0x0800, ipv4({.field = 0x4000, .options = Bytes(12, 1)}, udp(5060, 5061, bytes("old"))));
        core::Mbuf m = replace_payload(four, 14, 14 + 32, payload, gate_pool(), arena);
        ASSERT_NE(m, nullptr);
        std::vector<std::uint8_t> scratch(8192);
        auto b = core::linear(m.get(), scratch);
        EXPECT_EQ(receive({Bytes(b.begin(), b.end())}).payload, payload);
        EXPECT_EQ(part({b.begin(), b.end()}, 14 + 20, 12), Bytes(12, 1));
        const Bytes six = ether(0x86DD, ipv6({}, udp(5060, 5061, bytes("old"))));
        m = replace_payload(six, 14, 54, payload, gate_pool(), arena);
        ASSERT_NE(m, nullptr);
        b = core::linear(m.get(), scratch);
        EXPECT_EQ(receive({Bytes(b.begin(), b.end())}).payload, payload);
        arena.reset();
    }
    EXPECT_EQ(replace_payload(Bytes(40, 0x45), 14, 34, "x", gate_pool(), arena), nullptr)
        << "no whole UDP header";
}

}  // namespace
}  // namespace kmsgate::rewrite

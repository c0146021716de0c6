// SPDX-License-Identifier: BSD-3-Clause
// The answer to a refused request, header by header (RFC 3261 8.2.6.2, 18.2; RFC 3581 4).
#include "dataplane/emit/response.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/sip/message.hpp"
#include "tests/unit/dataplane/frames.hpp"

namespace kmsgate::emit {
namespace {

using test::kA6;

core::Endpoint v4(std::uint8_t last, std::uint16_t port) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, last}, port, false};
}

class Request {
  public:
    explicit Request(std::string via, std::string to = "<sip:bob@mc1.example>", std::string more = "")
        : text_("INVITE sip:bob@mc1.example SIP/2.0\r\n" + via +
                "From: \"A\" <sip:alice@mc1.example>;tag=f1\r\nTo: " + to +
                "\r\nCall-ID: c1@host\r\nCSeq: 7 INVITE\r\n" + more + "Content-Length: 0\r\n\r\n"),
          storage_(65536),
          arena_(storage_),
          message(sip::parse(text_, arena_)) {
        EXPECT_TRUE(message.answerable()) << text_;
    }
    [[nodiscard]] std::string answer(const core::Endpoint& source, const ResponseParts& parts) const {
        std::vector<char> out(8192);
        return std::string(write_response(message, source, parts, out));
    }

  private:
    std::string text_;
    std::vector<std::byte> storage_;
    sip::Arena arena_;

  public:
    sip::Message message;
};

const ResponseParts kPlain = {488, "Not Acceptable Here", "kg0123456789abcdef", {}, {}, {}};

/// The Via lines of an answer, in order.
std::vector<std::string> vias(const std::string& answer) {
    std::vector<std::string> out;
    for (std::size_t at = 0, end = 0; (end = answer.find("\r\n", at)) != std::string::npos; at = end + 2)
        if (answer.compare(at, 5, "Via: ") == 0) out.push_back(answer.substr(at + 5, end - at - 5));
    return out;
}
std::string top_via(const std::string& via, const core::Endpoint& source) {
    const auto all = vias(Request("Via: " + via + "\r\n").answer(source, kPlain));
    return all.size() == 1 ? all[0] : "not one Via";
}

TEST(Response, WholeText) {
    const Request r("Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKx\r\n", "Bob <sip:bob@mc1.example>",
                    "Timestamp: 54\r\nContact: <sip:a@b>\r\nRecord-Route: <sip:p;lr>\r\n");
    EXPECT_EQ(
        r.answer(v4(1, 5062), {488, "Not Acceptable Here", "kgtag", "some words", "application/x", "body"}),
        "SIP/2.0 488 Not Acceptable Here\r\n"
        "Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKx\r\n"
        "From: \"A\" <sip:alice@mc1.example>;tag=f1\r\n"
        "To: Bob <sip:bob@mc1.example>;tag=kgtag\r\n"
        "Call-ID: c1@host\r\n"
        "CSeq: 7 INVITE\r\n"
        "Warning: 399 kmsgate \"some words\"\r\n"
        "Content-Type: application/x\r\n"
        "Content-Length: 4\r\n\r\nbody");
}

TEST(Response, ToTagOnlyWhereThereIsNone) {
    const std::string via = "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx\r\n";
    EXPECT_NE(Request(via, "<sip:b@x>;tag=dlg").answer(v4(1, 5060), kPlain).find("To: <sip:b@x>;tag=dlg\r\n"),
              std::string::npos);
    EXPECT_NE(
        Request(via, "sip:b@x").answer(v4(1, 5060), kPlain).find("To: sip:b@x;tag=kg0123456789abcdef\r\n"),
        std::string::npos);
    // a tag inside the URI is none of the header
    EXPECT_NE(Request(via, "<sip:b@x;tag=u>").answer(v4(1, 5060), kPlain).find("To: <sip:b@x;tag=u>;tag=kg"),
              std::string::npos);
    EXPECT_NE(Request(via, "\"a;tag=q\" <sip:b@x>").answer(v4(1, 5060), kPlain).find("<sip:b@x>;tag=kg"),
              std::string::npos);
}

TEST(Response, ReceivedAndRport) {
    const auto source = v4(1, 6000);
    EXPECT_EQ(top_via("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1", source),
              "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1");
    EXPECT_EQ(top_via("SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1", source),
              "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;received=10.0.0.1");
    EXPECT_EQ(top_via("SIP/2.0/UDP host.example;branch=z9hG4bK1", source),
              "SIP/2.0/UDP host.example;branch=z9hG4bK1;received=10.0.0.1");
    EXPECT_EQ(top_via("SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1", source),
              "SIP/2.0/UDP 10.0.0.1;rport=6000;branch=z9hG4bK1;received=10.0.0.1")
        << "with rport, received always (RFC 3581 4)";
    EXPECT_EQ(top_via("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport", source),
              "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=6000;received=10.0.0.1");
    EXPECT_EQ(top_via("SIP/2.0/UDP 10.0.0.1;RPORT=1;branch=z9hG4bK1", source),
              "SIP/2.0/UDP 10.0.0.1;rport=6000;branch=z9hG4bK1;received=10.0.0.1");
    EXPECT_EQ(top_via("SIP/2.0/UDP h;received=1.2.3.4;branch=z9hG4bK1;rport", source),
              "SIP/2.0/UDP h;received=10.0.0.1;branch=z9hG4bK1;rport=6000")
        << "what the sender claims of itself is replaced";
    EXPECT_EQ(top_via("SIP/2.0/UDP h;rport;received=1.2.3.4", source),
              "SIP/2.0/UDP h;rport=6000;received=10.0.0.1");
}

TEST(Response, Ipv6) {
    core::Endpoint source{kA6, 5060, true};
    EXPECT_EQ(top_via("SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1", source),
              "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1");
    EXPECT_EQ(top_via("SIP/2.0/UDP [2001:DB8:0:0::1];branch=z9hG4bK1", source),
              "SIP/2.0/UDP [2001:DB8:0:0::1];branch=z9hG4bK1")
        << "another spelling of the same address";
    EXPECT_EQ(top_via("SIP/2.0/UDP [2001:db8::9];branch=z9hG4bK1;rport", source),
              "SIP/2.0/UDP [2001:db8::9];branch=z9hG4bK1;rport=5060;received=2001:db8::1");
}

TEST(Response, SeveralVias) {
    const auto source = v4(1, 5060);
    auto all = vias(Request("Via: SIP/2.0/UDP a;branch=z9hG4bK1;rport , SIP/2.0/TCP b;branch=z9hG4bK2\r\nv: "
                            "SIP/2.0/UDP c, SIP/2.0/UDP d;rport\r\n")
                        .answer(source, kPlain));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0],
              "SIP/2.0/UDP a;branch=z9hG4bK1;rport=5060;received=10.0.0.1 , SIP/2.0/TCP b;branch=z9hG4bK2");
    EXPECT_EQ(all[1], "SIP/2.0/UDP c, SIP/2.0/UDP d;rport") << "only the top one is ours to change";
    all = vias(Request("Via: SIP/2.0/UDP a\r\n ;branch=z9hG4bK1\r\n\t;rport\r\nVia: SIP/2.0/UDP\r\n  c\r\n")
                   .answer(source, kPlain));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0], "SIP/2.0/UDP a ;branch=z9hG4bK1 ;rport=5060;received=10.0.0.1");
    EXPECT_EQ(all[1], "SIP/2.0/UDP c");
}

TEST(Response, RepeatedHeadersAreSaidOnce) {
    const Request r("Via: SIP/2.0/UDP 10.0.0.1\r\n", "<sip:b@x>",
                    "Call-ID: c1@host\r\nf: \"A\" <sip:alice@mc1.example>;tag=f1\r\n");
    const std::string a = r.answer(v4(1, 5060), kPlain);
    EXPECT_EQ(a.find("Call-ID:", a.find("Call-ID:") + 1), std::string::npos);
    EXPECT_EQ(a.find("From:", a.find("From:") + 1), std::string::npos);
}

TEST(Response, EverySizeOfStorage) {
    const Request r("Via: SIP/2.0/UDP h;rport\r\n");
    const ResponseParts parts = {488,    "Not Acceptable Here", "kg0123456789abcdef",
                                 "text", "application/x",       "0123456789"};
    const std::string whole = r.answer(v4(1, 5060), parts);
    ASSERT_FALSE(whole.empty());
    for (std::size_t n = 0; n <= whole.size(); ++n) {
        std::vector<char> out(n);
        const auto text = write_response(r.message, v4(1, 5060), parts, out);
        EXPECT_EQ(text, n < whole.size() ? "" : whole) << n << ": all or nothing";
    }
}

TEST(Response, Destination) {
    const auto to = [](const std::string& via) {
        return answer_destination(Request("Via: " + via + "\r\n").message, v4(1, 6000));
    };
    EXPECT_EQ(to("SIP/2.0/UDP 10.0.0.9:7000")->port, 7000);
    EXPECT_EQ(to("SIP/2.0/UDP 10.0.0.9:7000")->address, v4(1, 0).address) << "always the source";
    EXPECT_EQ(to("SIP/2.0/UDP 10.0.0.9")->port, 5060);
    EXPECT_EQ(to("SIP/2.0/UDP 10.0.0.9:7000;rport")->port, 6000);
    EXPECT_TRUE(to("SIP/2.0/UDP 10.0.0.9;maddr=10.0.0.1").has_value());
    EXPECT_FALSE(to("SIP/2.0/UDP 10.0.0.9;maddr=10.0.0.2").has_value());
    EXPECT_FALSE(to("SIP/2.0/UDP 10.0.0.9;maddr=host.example").has_value());
    EXPECT_FALSE(to("SIP/2.0/UDP 10.0.0.9;rport;maddr=224.2.0.1").has_value());
}

TEST(Response, TransactionKey) {
    const memory::TagHash key({1, 2});
    const auto of = [&](const std::string& via) {
        return transaction_key(Request("Via: " + via + "\r\n").message, key);
    };
    const auto base = of("SIP/2.0/UDP h:1;branch=z9hG4bKa");
    EXPECT_EQ(base, of("SIP/2.0/UDP h:1;rport;branch=z9hG4bKa"));
    EXPECT_NE(base, of("SIP/2.0/UDP h:1;branch=z9hG4bKb"));
    EXPECT_NE(base, of("SIP/2.0/UDP h:2;branch=z9hG4bKa"));
    EXPECT_NE(
        transaction_key(Request("Via: SIP/2.0/UDP h:1;branch=z9hG4bKa\r\n").message, memory::TagHash({1, 3})),
        base);
    const ToTag tag = to_tag(base);
    EXPECT_EQ(std::string_view(tag.data(), 2), "kg");
    for (std::size_t i = 2; i < tag.size(); ++i)
        EXPECT_NE(std::string_view("0123456789abcdef").find(tag[i]), std::string_view::npos);
}

}  // namespace
}  // namespace kmsgate::emit

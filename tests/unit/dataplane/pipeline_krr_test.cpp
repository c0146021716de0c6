// SPDX-License-Identifier: BSD-3-Clause
// KRRs that pass back: narrowed, with nothing else of the message changed.
#include "dataplane/krr/emit.hpp"
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

std::string uri(std::string_view name) {
    return "<KmsUri>" + std::string(name) + "</KmsUri>";
}

Sip answer(std::string body) {
    Sip s;
    s.status = 488;
    s.to += ";tag=far";
    s.type = kKrrType;
    s.body = std::move(body);
    return s;
}
/// The InitiatorKmsList of the outermost KRR in a payload.
std::string initiator_list(const std::string& payload) {
    const std::size_t from = payload.find("<InitiatorKmsList");
    return payload.substr(from, payload.find("<ReceiverKmsList", from) - from);
}

TEST(KrrBack, AdheringIsForwarded) {
    Gate g;
    EXPECT_EQ(g.message(answer(krr_text(uri(kA))), Arrival::outside).inside.size(), 1U);
    EXPECT_EQ(g.last(), "forward krr-adheres");
}

TEST(KrrBack, OnlyBodyAndLengthsChange) {
    Gate g;
    const std::string old = krr_text(uri(kB) + uri(kA));
    Sip s = answer(old);
    s.extra = "X-Odd :  kept \r\n folded\r\n";
    const Bytes options = Bytes(8, 1);
    const Bytes frame =
        tagged({{0x8100, 3}}, 0x0800, ipv4({.options = options}, udp(5060, 5060, bytes(s.text())))) +
        Bytes(3, 0);
    const auto out = g.send(frame, Arrival::outside);
    EXPECT_EQ(g.last(), "rewrite krr-initiator-narrowed");
    ASSERT_EQ(out.inside.size(), 1U);
    const Bytes& f = out.inside[0];
    const std::size_t ip = 18, udp_at = ip + 28;
    EXPECT_EQ(part(f, 0, ip + 2), part(frame, 0, ip + 2));
    EXPECT_EQ(part(f, ip + 4, 6), part(frame, ip + 4, 6)) << "id, flags, TTL, protocol";
    EXPECT_EQ(part(f, ip + 12, 16), part(frame, ip + 12, 16)) << "addresses and options";
    EXPECT_EQ(part(f, udp_at, 4), part(frame, udp_at, 4)) << "ports";
    const Received r = receive(out.inside, ip);
    const std::string& before = s.text();
    const std::string head = before.substr(0, before.find("Content-Length: ") + 16);
    EXPECT_EQ(r.payload.rfind(head, 0), 0U) << "every header but Content-Length stays, with its spelling";
    const std::size_t body = r.payload.find("\r\n\r\n") + 4;
    EXPECT_EQ(r.payload.substr(head.size(), body - head.size()),
              std::to_string(r.payload.size() - body) + "\r\n\r\n");
    EXPECT_NE(initiator_list(r.payload).find(uri(kA)), std::string::npos);
    EXPECT_EQ(initiator_list(r.payload).find(uri(kB)), std::string::npos);
    EXPECT_NE(r.payload.find(old.substr(old.find("?>") + 2)), std::string::npos)
        << "the old KRR is embedded byte for byte";
}

TEST(KrrBack, InAMultipart) {
    Gate g;
    const std::string before =
        "preamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: " + kKrrType +
        "\r\n\r\n";
    const std::string after = "\r\n--b1\r\nContent-Type: text/plain\r\n\r\nbye\r\n--b1--\r\nepilogue";
    Sip s = answer(before + krr_text(uri(kB)) + after);
    s.type = "multipart/mixed;boundary=b1";
    const auto out = g.message(s, Arrival::outside);
    EXPECT_EQ(g.last(), "rewrite empty-intersection");
    const Received r = receive(out.inside);
    const std::string body = r.payload.substr(r.payload.find("\r\n\r\n") + 4);
    EXPECT_EQ(body.rfind(before, 0), 0U);
    EXPECT_TRUE(body.ends_with(after));
    EXPECT_NE(r.payload.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"),
              std::string::npos);
}

std::string encoded_part(const std::string& encoding, const std::string& text, bool length) {
    return "--b1\r\nContent-Type: " + kKrrType + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n" +
           (length ? "Content-Length: " + std::to_string(text.size()) + "\r\n" : "") + "\r\n" + text +
           "\r\n--b1--\r\n";
}
std::string base64_of(const std::string& text) {
    return mikey::test::base64(mikey::test::Octets(text.begin(), text.end()));
}

TEST(KrrBack, UnderATransferEncodingItGoesOnInIt) {
    const std::string old = krr_text(uri(kB) + uri(kA));
    std::string quoted;
    for (const char c : old) quoted += c == '=' ? "=3D" : std::string(1, c);
    for (const auto& [encoding, text] : std::vector<std::pair<std::string, std::string>>{
             {"8bit", old}, {"binary", old}, {"Base64", base64_of(old)}, {"quoted-printable", quoted}}) {
        Gate g;
        Sip s = answer(encoded_part(encoding, text, true));
        s.type = "multipart/mixed;boundary=b1";
        const auto out = g.message(s, Arrival::outside);
        ASSERT_EQ(g.last(), "rewrite krr-initiator-narrowed") << encoding;
        const std::string sent = receive(out.inside).payload;
        // A second edge of the same policy reads it and finds nothing to do.
        Gate next;
        const Bytes frame = frame4(bytes(sent));
        EXPECT_EQ(next.send(frame, Arrival::outside).inside, std::vector<Bytes>{frame});
        EXPECT_EQ(next.last(), "forward krr-adheres") << encoding;
        const std::size_t at = sent.find("\r\n\r\n", sent.find("--b1")) + 4;
        const std::string body = sent.substr(at, sent.find("\r\n--b1--") - at);
        EXPECT_NE(sent.find("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body),
                  std::string::npos)
            << encoding;
        EXPECT_EQ(body.find("<EmbeddedKrr>") == std::string::npos, encoding == "Base64");
    }
}

TEST(KrrBack, WhereItCannotBeReplacedItIsOutOfPlace) {
    const std::string krr = krr_text(uri(kB));
    const std::string part = "--b1\r\nContent-Type: " + kKrrType + "\r\n\r\n" + krr + "\r\n--b1--\r\n";
    const std::string inside = answer(krr).text();
    std::vector<Sip> hidden;
    hidden.push_back(answer(base64_of(part)));  // a multipart under base64
    hidden.back().type = "multipart/mixed;boundary=b1";
    hidden.back().extra = "Content-Transfer-Encoding: base64\r\n";
    hidden.push_back(answer(inside));  // a 488 inside the 488
    hidden.back().type = "message/sip";
    hidden.push_back(answer(krr));  // beyond Content-Length
    hidden.back().length = 0;
    for (const Sip& s : hidden) {
        Gate g;
        EXPECT_TRUE(g.message(s, Arrival::outside).inside.empty()) << s.text();
        EXPECT_EQ(g.last(), "drop krr-out-of-place") << s.text();
    }
}

/// The eighth layer could be embedded, the ninth cannot: the setting of unparsable-krr decides, in shadow
/// too.
TEST(KrrBack, TooDeepToNarrow) {
    std::string krr = krr_text(uri(kB));
    for (unsigned depth = 1; depth <= krr::kMaxDepth; ++depth) {
        krr::Document d;
        d.id = "x";
        d.processor = "sip:p@mc2.example";
        d.time = "2026-01-01T00:00:00Z";
        d.initiator_list = {false, true, {std::string(kB)}};
        d.embedded = krr.substr(krr.find("<Kms"));
        krr = krr::emit(d);
        if (depth + 1 < krr::kMaxDepth) continue;
        const bool fits = depth < krr::kMaxDepth;
        Gate g;
        g.message(answer(krr), Arrival::outside);
        EXPECT_EQ(g.last(), fits ? "rewrite empty-intersection" : "drop unparsable-krr") << depth;
        Gate shadow;
        shadow.judge.mode = Mode::shadow;
        shadow.message(answer(krr), Arrival::outside);
        EXPECT_EQ(shadow.lines.back().would, fits ? "rewrite" : "drop");
        Gate lax(policy_text("    failure: {unparsable-krr: forward}\n"));
        const Bytes frame = frame4(bytes(answer(krr).text()));
        const auto out = lax.send(frame, Arrival::outside).inside;
        EXPECT_EQ(out == std::vector<Bytes>{frame}, !fits);
        EXPECT_EQ(lax.last(), fits ? "rewrite empty-intersection" : "forward unparsable-krr");
    }
}

TEST(KrrBack, GrownBeyondTheMtu) {
    Gate g(policy_text(), {.mtu = 600});
    const auto frames = fragments6(udp(5060, 5060, bytes(answer(krr_text(uri(kB))).text())), 400);
    const auto out = g.send(frames, Arrival::outside);
    EXPECT_EQ(g.last(), "rewrite empty-intersection");
    ASSERT_GT(out.inside.size(), 1U);
    const Received r = receive(out.inside);
    EXPECT_LE(r.largest, 600U);
    EXPECT_EQ(r.source, bytes(kA6)) << "from whom it came";
    EXPECT_EQ(part(out.inside[0], 0, 12), kMacs) << "on to where it went";
}

/// A call that turns around behind an is edge crosses it twice, each time as another transaction. What the
/// first crossing back narrowed, the second passes byte for byte.
TEST(KrrBack, NarrowedOnceOnACallThatCrossesTwice) {
    Gate g(policy_text("", "", "is",
                       "      - {name: i, side: initiator, allow: [A, C], other: any}\n"
                       "      - {name: r, side: receiver, allow: [C, A]}\n"));
    Sip call = invite({});  // both users are of the domain: both sides, one KRR
    g.message(call);
    ASSERT_EQ(g.last(), "forward allowed");
    Sip turned = call;
    turned.via = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKturned\r\nVia: " + call.via;
    g.message(turned, Arrival::outside);
    ASSERT_EQ(g.last(), "forward allowed");
    const auto back = [&](const Sip& s) {
        Sip r = answer(krr_text(uri("ANY"), uri(kB) + uri(kA)));
        r.via = s.via;
        return r;
    };
    const auto first = g.message(back(turned), Arrival::inside).outside;
    EXPECT_EQ(g.last(), "rewrite krr-initiator-narrowed");
    std::string sent = receive(first).payload;
    EXPECT_NE(initiator_list(sent).find(uri(kA) + uri(kC)), std::string::npos);
    const std::size_t receiver = sent.find("<ReceiverKmsList");
    EXPECT_EQ(sent.substr(receiver, sent.find("</", receiver) - receiver),
              "<ReceiverKmsList><KmsUri>kms.a.example");
    const std::string top = "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKturned\r\n";
    ASSERT_NE(sent.find(top), std::string::npos);
    sent.erase(sent.find(top), top.size());  // as the proxy behind does
    const Bytes frame = frame4(bytes(sent));
    EXPECT_EQ(g.send(frame, Arrival::outside).inside, std::vector<Bytes>{frame});
    EXPECT_EQ(g.last(), "forward krr-adheres");
}

TEST(KrrBack, CopiesAreRewrittenIdentically) {
    Gate g;
    const Sip s = answer(krr_text(uri(kB)));
    const auto first = receive(g.message(s, Arrival::outside).inside).payload;
    g.now += 3 * kSecond;
    EXPECT_EQ(receive(g.message(s, Arrival::outside).inside).payload, first);
}

TEST(KrrBack, OutOfBuffers) {
    const auto none = replay::make_pool("krr-none", 1);
    ASSERT_TRUE(none);
    Gate g(policy_text(), {.pool = none->get()});
    const Mbuf taken(rte_pktmbuf_alloc(none->get()));
    EXPECT_TRUE(g.message(answer(krr_text(uri(kB))), Arrival::outside).inside.empty())
        << "never the old KRR instead";
    EXPECT_EQ(g.counters().get(Counter::unsent_answers), 1U);
}

}  // namespace
}  // namespace kmsgate::core

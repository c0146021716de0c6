// SPDX-License-Identifier: BSD-3-Clause
// Disguises, what cannot be looked into, malformed SIP and frames. Malformed I_MESSAGEs stand in
// hostile_mikey.cpp.
#include "tools/traffic/hostile.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "tools/traffic/encode/text.hpp"
#include "tools/traffic/hostile_answer.hpp"
#include "tools/traffic/hostile_mikey.hpp"

namespace kmsgate::traffic {

namespace {

using policy::decide::MessageClass;

constexpr std::string_view kBoundary = "kgb-1f2e3d";

std::string key_text(World& w, const Conversation& c) {
    return base64(c.key(w));
}
std::string session(World& w, const Conversation& c, const std::string& lines) {
    return c.offer(w, true, lines, false);
}
std::string plain_session(World& w, const Conversation& c) {
    return session(w, c, "a=key-mgmt:mikey " + key_text(w, c) + "\r\n");
}

/// A short INVITE with one body.
void invite(World& w, const Conversation& c, Crafted& out, std::string type, std::string body,
            std::string_view more = {}) {
    out.text = request("INVITE", c.names, Within::none, c.headers(w) + std::string(more),
                       {std::move(type), std::move(body)});
}
/// The same around a session description: judged as any other.
void judged(World& w, const Conversation& c, Crafted& out, std::string body,
            std::string type = std::string(kSdp), std::string_view more = {}) {
    invite(w, c, out, std::move(type), std::move(body), more);
    out.truth = c.keyed_truth();
}
/// The SIP headers alone say whose it is.
void nameless(const Conversation& c, Crafted& out) {
    out.truth = c.truth();
    out.truth.visited = c.visited;
    out.truth.parties[0] = {{c.caller.uri, false, c.caller.tags}};
    out.truth.parties[1] = {{c.names.target, false, 0}};
}
void uninspectable(World& w, const Conversation& c, Crafted& out, std::string type, std::string body,
                   std::string_view more = {}) {
    invite(w, c, out, std::move(type), std::move(body), more);
    nameless(c, out);
    out.truth.uninspectable = true;
}
/// An INVITE with an ordinary offer of which the text is changed afterwards.
void malformed(World& w, const Conversation& c, Crafted& out, bool answerable) {
    judged(w, c, out, plain_session(w, c));
    out.truth.malformed_sip = true;
    out.truth.mikey_claim = true;
    out.truth.unanswerable = !answerable;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at != std::string::npos) text.replace(at, from.size(), to);
}
void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// Session descriptions.
void two_lines(World& w, const Conversation& c, Crafted& out) {
    const std::string line = "a=key-mgmt:mikey " + key_text(w, c) + "\r\n";
    std::string body = session(w, c, line);
    replace(body, "a=ptime:20\r\n", "a=ptime:20\r\na=key-mgmt:mikey " + key_text(w, c) + "\r\n");
    judged(w, c, out, std::move(body));
    out.truth.keys.push_back(out.truth.keys.front());
}
void attribute_case(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, session(w, c, "A=Key-Mgmt:MIKEY " + key_text(w, c) + "\r\n"));
}
void attribute_blanks(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, session(w, c, "a = key-mgmt : mikey\t " + key_text(w, c) + "\r\n"));
}
void run_together(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, session(w, c, "a=key-mgmt:mikey" + key_text(w, c) + "\r\n"));
}
void line_feeds(World& w, const Conversation& c, Crafted& out) {
    std::string body = plain_session(w, c);
    replace_all(body, "\r\n", "\n");
    judged(w, c, out, std::move(body));
}
void capability(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, session(w, c, "a=acap:1 key-mgmt:mikey " + key_text(w, c) + "\r\n"));
}

// Types and encodings.
void type_comment(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, plain_session(w, c), "Application / SDP (an offer) ;x=y");
}
void two_types(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, plain_session(w, c), "text/plain\r\nContent-Type: application/sdp");
}
void untyped(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, plain_session(w, c));
    replace(out.text, "Content-Type: application/sdp\r\n", "");
}
void base64_session(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, base64(plain_session(w, c)), std::string(kSdp),
           "Content-Transfer-Encoding: BASE64\r\n");
}
void quoted_printable(World& w, const Conversation& c, Crafted& out) {
    std::string body = plain_session(w, c);
    replace_all(body, "=", "=3D");
    replace(body, "mikey", "mi=\r\nkey");
    judged(w, c, out, std::move(body), std::string(kSdp), "Content-Transfer-Encoding: quoted-printable\r\n");
}
void binary_mikey(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, c.key(w), std::string(kMikey));
}
void unsaid_base64(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, key_text(w, c), std::string(kMikey));
}

// Multiparts and messages.
std::string mixed(std::string_view boundary) {
    return text_of("multipart/mixed;boundary=", boundary);
}
void nested(World& w, const Conversation& c, Crafted& out) {
    std::string body = multipart({{std::string(kSdp), {}, plain_session(w, c)}}, "inner");
    for (const std::string_view outer : {"middle", "outer"})
        body = multipart(
            {{outer == std::string_view("middle") ? "multipart/alternative;boundary=inner" : mixed("middle"),
              {},
              body}},
            outer);
    judged(w, c, out, std::move(body), mixed("outer"));
}
void quoted_boundary(World& w, const Conversation& c, Crafted& out) {
    constexpr std::string_view kOdd = "=_odd ' boundary?";
    judged(w, c, out, multipart({{std::string(kSdp), {}, plain_session(w, c)}}, kOdd),
           text_of("multipart/mixed; boundary=\"", kOdd, "\""));
}
void no_close(World& w, const Conversation& c, Crafted& out) {
    std::string body = multipart({{std::string(kSdp), {}, plain_session(w, c)}}, kBoundary);
    body.resize(body.rfind("--" + std::string(kBoundary) + "--"));
    judged(w, c, out, std::move(body), mixed(kBoundary));
}
void behind_length(World& w, const Conversation& c, Crafted& out) {
    const std::string body = plain_session(w, c);
    judged(w, c, out, body);
    replace(out.text, text_of("Content-Length: ", body.size()),
            text_of("Content-Length: ", body.find("a=key-mgmt")));
}
void compact_headers(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, plain_session(w, c));
    for (const auto& [whole, compact] : {std::pair<std::string_view, std::string_view>{"\r\nVia:", "\r\nv:"},
                                         {"\r\nFrom:", "\r\nf:"},
                                         {"\r\nTo:", "\r\nt :"},
                                         {"\r\nCall-ID:", "\r\ni:"},
                                         {"\r\nContent-Type:", "\r\nc:"},
                                         {"\r\nContent-Length:", "\r\nL:"}})
        replace(out.text, whole, compact);
}
void folded_headers(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out, plain_session(w, c));
    replace(out.text, "Content-Type: application/sdp", "Content-Type:\r\n\tapplication/sdp");
}
void message_in_message(World& w, const Conversation& c, Crafted& out) {
    Crafted inner;
    invite(w, c, inner, std::string(kSdp), plain_session(w, c));
    judged(w, c, out, std::move(inner.text), "message/sip");
}
void xml_text(World& w, const Conversation& c, Crafted& out) {
    judged(w, c, out,
           text_of("<?xml version=\"1.0\"?>\r\n<keys><key>\r\n  ", key_text(w, c), "\r\n</key></keys>\r\n"),
           "application/xml");
}
void uri_body(World& w, const Conversation& c, Crafted& out) {
    std::string escaped;
    for (const char ch : plain_session(w, c)) {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(ch);
        if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9'))
            escaped += ch;
        else
            put(escaped, '%', kDigits[byte >> 4], kDigits[byte & 15]);
    }
    out.method = "REFER";
    out.text = request("REFER", c.names, Within::none,
                       text_of(c.headers(w), "Refer-To: <",
                               c.callee.uri.starts_with("sip:") ? c.callee.uri : "sip:a@b.example",
                               "?Content-Type=application%2Fsdp&body=", escaped, ">\r\n"),
                       {});
    out.truth = c.keyed_truth();
}

// Harmless, however odd.
void other_attribute(World& w, const Conversation& c, Crafted& out) {
    invite(w, c, out, std::string(kSdp),
           session(w, c,
                   "i=a=key-mgmt:mikey is not spoken here\r\na=note:key-mgmt mikey\r\na=x-key-mgmt:mikey " +
                       key_text(w, c) + "\r\n"));
    out.truth = c.truth();
}
void decoy_text(World& w, const Conversation& c, Crafted& out) {
    out.method = "MESSAGE";
    out.text =
        request("MESSAGE", c.names, Within::none, c.headers(w),
                {"text/plain", "You wrote:\r\na=key-mgmt:mikey " + key_text(w, c) + "\r\nWhat is that?\r\n"});
    out.truth = c.truth();
}
void decoy_header(World& w, const Conversation& c, Crafted& out) {
    out.method = "OPTIONS";
    const std::string headers = c.headers(w);
    out.text = request("OPTIONS", c.names, Within::none,
                       headers + "X-Note: a=key-mgmt:mikey " + key_text(w, c) + "\r\n", {});
    out.truth = c.truth();
}

// What cannot be looked into.
void content_encoding(World& w, const Conversation& c, Crafted& out) {
    uninspectable(w, c, out, std::string(kSdp), std::string("\x1f\x8b\x08\x00", 4) + w.random.bytes(300),
                  "Content-Encoding: gzip\r\n");
}
void unknown_encoding(World& w, const Conversation& c, Crafted& out) {
    uninspectable(w, c, out, std::string(kSdp), "x:" + hex(w.random, 16) + "\r\n",
                  "Content-Transfer-Encoding: x-odd\r\n");
}
void external_body(World& w, const Conversation& c, Crafted& out) {
    uninspectable(w, c, out, "message/external-body;access-type=URL;URL=\"http://files.example/offer\"",
                  "Content-Type: application/sdp\r\n\r\n");
}
void partial(World& w, const Conversation& c, Crafted& out) {
    uninspectable(w, c, out, "message/partial;number=1;total=2;id=\"7\"",
                  "Content-Type: application/sdp\r\n\r\nv=0\r\n");
}
void encrypted(World& w, const Conversation& c, Crafted& out) {
    uninspectable(w, c, out, "application/pkcs7-mime;smime-type=enveloped-data",
                  std::string("\x30\x82", 2) + w.random.bytes(400));
}
void deep(World& w, const Conversation& c, Crafted& out) {
    std::string body = "x";
    std::string type = "text/plain";
    for (std::uint64_t n = 0; n < 12; ++n) {
        const std::string boundary = text_of("level-", n);
        body = multipart({{type, {}, body}}, boundary);
        type = mixed(boundary);
    }
    uninspectable(w, c, out, type, std::move(body));
}
void utf16(World& w, const Conversation& c, Crafted& out) {
    std::string body("\xFE\xFF", 2);
    for (const char ch : std::string_view("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>1</a>")) {
        body += '\0';
        body += ch;
    }
    uninspectable(w, c, out, "application/xml", std::move(body));
}
void sigcomp(World& w, const Conversation& c, Crafted& out) {
    out.text = "\xF8" + w.random.bytes(w.random.between(200, 900));
    out.truth = c.truth();
    out.truth.message_class = MessageClass::unknown;
    out.truth.malformed_sip = out.truth.uninspectable = out.truth.unanswerable = true;
    out.method.clear();
}

// Malformed SIP.
void length_too_large(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, true);
    replace(out.text, "Content-Length: ", "Content-Length: 9");
}
void length_negative(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, true);
    replace(out.text, "Content-Length: ", "Content-Length: -");
}
void lengths_differ(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, true);
    replace(out.text, "Content-Length: ", "Content-Length: 7\r\nContent-Length: ");
}
void cseq_method(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, true);
    replace(out.text, " INVITE\r\nContact", " OPTIONS\r\nContact");
}
void no_colon(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, true);
    replace(out.text, "Max-Forwards: 70", "Max-Forwards: 70\r\nthis is no header");
}
void no_call_id(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, false);
    replace(out.text, "Call-ID: ", "X-Call: ");
}
void two_froms(World& w, const Conversation& c, Crafted& out) {
    malformed(w, c, out, true);
    replace(out.text, "From: ", "From: <sip:nobody@elsewhere.example>;tag=1\r\nFrom: ");
    out.truth.parties[0].push_back({"sip:nobody@elsewhere.example", false, 0});
}
void malformed_without_key(World& w, const Conversation& c, Crafted& out) {
    out.method = "OPTIONS";
    out.text = request("OPTIONS", c.names, Within::none, c.headers(w), {});
    replace(out.text, "Max-Forwards: 70", "Max-Forwards: 70\r\nthis is no header");
    nameless(c, out);
    out.truth.malformed_sip = true;
}

// Frames.
template <Cut cut>
void cut_up(World& w, const Conversation& c, Crafted& out) {
    out.text = c.invite(w);
    out.truth = c.keyed_truth();
    out.cut = cut;
}

// Streams: a call as any other, over a connection that is none.
void streamed(World& w, const Conversation& c, Crafted& out) {
    out.text = c.invite(w);
    out.truth = c.keyed_truth();
}
void without_length(World& w, const Conversation& c, Crafted& out) {
    streamed(w, c, out);
    replace(out.text, "Content-Length: ", "X-Length: ");
}
void odd_length(World& w, const Conversation& c, Crafted& out) {
    streamed(w, c, out);
    replace(out.text, "Content-Length: ", "Content-Length: +");
}
void contrary_lengths(World& w, const Conversation& c, Crafted& out) {
    streamed(w, c, out);
    replace(out.text, "Content-Length: ", "l: 7\r\nContent-Length: ");
}
constexpr Shape over_tcp(std::string_view name, std::string_view meaning, Trick trick,
                         void (*make)(World&, const Conversation&, Crafted&) = streamed) {
    return {name, meaning, make, mikey::Rule::count_, trick};
}

constexpr std::array kShapes = {
    Shape{"two-lines", "an I_MESSAGE at session level and another at media level", two_lines},
    Shape{"attribute-case", "the attribute in other letter cases", attribute_case},
    Shape{"attribute-blanks", "blanks around everything", attribute_blanks},
    Shape{"run-together", "no blank between `mikey` and the data", run_together},
    Shape{"line-feeds", "SDP lines that end in LF", line_feeds},
    Shape{"capability", "the attribute as a capability (RFC 5939)", capability},
    Shape{"type-comment", "Content-Type with blanks, comment and other letter case", type_comment},
    Shape{"two-types", "two Content-Types", two_types},
    Shape{"untyped", "no Content-Type", untyped},
    Shape{"base64-session", "SDP in base64", base64_session},
    Shape{"quoted-printable", "SDP in quoted-printable with a soft break", quoted_printable},
    Shape{"binary-mikey", "application/mikey alone", binary_mikey},
    Shape{"unsaid-base64", "application/mikey in base64, which nothing says", unsaid_base64},
    Shape{"nested", "SDP in a multipart in a multipart in a multipart", nested},
    Shape{"quoted-boundary", "an odd boundary in quotes", quoted_boundary},
    Shape{"no-close", "a multipart without its close delimiter", no_close},
    Shape{"behind-length", "the attribute behind Content-Length", behind_length},
    Shape{"compact-headers", "compact header names", compact_headers},
    Shape{"folded-headers", "a folded Content-Type", folded_headers},
    Shape{"message-in-message", "an INVITE in message/sip", message_in_message},
    Shape{"xml-text", "an I_MESSAGE as the text of an XML element", xml_text},
    Shape{"uri-body", "SDP in the body parameter of Refer-To", uri_body},
    Shape{"other-attribute", "harmless: attributes of similar names", other_attribute},
    Shape{"decoy-text", "harmless: the attribute quoted in a text", decoy_text},
    Shape{"decoy-header", "harmless: the attribute in a header", decoy_header},
    Shape{"content-encoding", "a compressed body", content_encoding},
    Shape{"unknown-encoding", "an unknown transfer encoding", unknown_encoding},
    Shape{"external-body", "a body that is elsewhere", external_body},
    Shape{"partial", "a piece of a body", partial},
    Shape{"encrypted", "an S/MIME body", encrypted},
    Shape{"deep", "more containers in each other than are looked into", deep},
    Shape{"utf-16", "XML in UTF-16", utf16},
    Shape{"sigcomp", "a SigComp message", sigcomp},
    Shape{"length-too-large", "Content-Length beyond the datagram", length_too_large},
    Shape{"length-negative", "a negative Content-Length", length_negative},
    Shape{"lengths-differ", "two Content-Lengths", lengths_differ},
    Shape{"cseq-method", "another method in CSeq", cseq_method},
    Shape{"no-colon", "a header line without colon", no_colon},
    Shape{"no-call-id", "no Call-ID", no_call_id},
    Shape{"two-froms", "two Froms", two_froms},
    Shape{"malformed-without-key", "a header line without colon, and no I_MESSAGE", malformed_without_key},
    Shape{"krr-in-ok", "a KRR in a 200", krr_in_ok},
    Shape{"krr-in-request", "a KRR in a request", krr_in_request},
    Shape{"krr-doctype", "a KRR with a DOCTYPE", krr_with_doctype},
    Shape{"krr-cut", "a KRR that ends within an element", krr_cut},
    Shape{"krr-unasked", "a sound KRR that answers no request", krr_unasked},
    Shape{"key-in-response", "an I_MESSAGE in a 183", key_in_response},
    Shape{"key-in-ack", "an I_MESSAGE in an ACK", key_in_ack},
    Shape{"ip-checksum", "a bad IPv4 header checksum", cut_up<Cut::bad_ip_checksum>},
    Shape{"ip-length", "an IP length beyond the frame", cut_up<Cut::short_ip>},
    Shape{"udp-length", "a UDP length beyond the packet", cut_up<Cut::udp_length>},
    Shape{"udp-checksum", "a bad UDP checksum: judged as if good", cut_up<Cut::bad_udp_checksum>},
    Shape{"overlap", "fragments that overlap and differ", cut_up<Cut::overlap>},
    Shape{"missing-fragment", "the last fragment never comes", cut_up<Cut::missing>},
    Shape{"tiny-fragments", "fragments of 64 bytes", cut_up<Cut::tiny>},
    over_tcp("tcp-checksum", "TCP: other bytes under a bad checksum, then the right ones", Trick::checksum),
    over_tcp("tcp-urgent", "TCP: urgent data, then the same as any other", Trick::urgent),
    over_tcp("tcp-old-timestamp", "TCP: other bytes with a timestamp of the past", Trick::old_timestamp),
    over_tcp("tcp-outside-window", "TCP: other bytes beyond the window", Trick::outside),
    over_tcp("tcp-other-bytes", "TCP: other bytes in the place of those that came", Trick::other_bytes),
    over_tcp("tcp-out-of-order", "TCP: the last segment first", Trick::out_of_order),
    over_tcp("tcp-tiny-segments", "TCP: segments of 7 bytes", Trick::tiny),
    over_tcp("tcp-several", "TCP: an OPTIONS, an INVITE, an OPTIONS in the same segments", Trick::several),
    over_tcp("tcp-no-length", "TCP: no Content-Length", Trick::text, without_length),
    over_tcp("tcp-odd-length", "TCP: a Content-Length with a sign", Trick::text, odd_length),
    over_tcp("tcp-two-lengths", "TCP: two Content-Lengths", Trick::text, contrary_lengths),
    over_tcp("tcp-syn-data", "TCP: the first bytes on the SYN, then a connection as any other",
             Trick::syn_data),
    over_tcp("tcp-mid-stream", "TCP: a connection without its beginning", Trick::mid_stream),
    over_tcp("tcp-fin-inside", "TCP: FIN in the middle of a message", Trick::fin_inside),
    over_tcp("tcp-other-port", "TCP: SIP to a port where none is spoken", Trick::other_port),
#define X(name, text, relaxable, meaning) \
    Shape{"mikey-" text, meaning, broken_key<mikey::Rule::name>, mikey::Rule::name},
#include "dataplane/mikey/rule.def"
#undef X
};

}  // namespace

std::span<const Shape> hostile_shapes() noexcept {
    return kShapes;
}

const Shape* find_shape(std::string_view name) noexcept {
    const auto at = std::ranges::find(kShapes, name, &Shape::name);
    return at == kShapes.end() ? nullptr : &*at;
}

}  // namespace kmsgate::traffic

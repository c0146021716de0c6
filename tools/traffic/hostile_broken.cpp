// SPDX-License-Identifier: BSD-3-Clause
// What cannot be looked into, and malformed SIP. Malformed I_MESSAGEs stand in hostile_mikey.cpp.
#include <array>
#include <utility>

#include "tools/traffic/encode/text.hpp"
#include "tools/traffic/hostile_kit.hpp"

namespace kmsgate::traffic {

namespace {

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
    out.truth.message_class = policy::decide::MessageClass::unknown;
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

constexpr std::array kShapes = {
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
};

}  // namespace

std::span<const Shape> broken_messages() noexcept {
    return kShapes;
}

}  // namespace kmsgate::traffic

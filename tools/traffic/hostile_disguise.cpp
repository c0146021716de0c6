// SPDX-License-Identifier: BSD-3-Clause
// I_MESSAGEs where a lenient reader would find them, and harmless messages that look as if they had one.
#include <array>
#include <utility>

#include "tools/traffic/encode/text.hpp"
#include "tools/traffic/hostile_kit.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::string_view kBoundary = "kgb-1f2e3d";

std::string key_text(World& w, const Conversation& c) {
    return base64(c.key(w));
}
std::string session(World& w, const Conversation& c, const std::string& lines) {
    return c.offer(w, true, lines, false);
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
};

}  // namespace

std::span<const Shape> disguises() noexcept {
    return kShapes;
}

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/hostile/attacks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/stages/i_message.hpp"
#include "bench/stages/random.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::string_view kSip = "application/sdp";
/// Listed users who are no crowd yet.
constexpr std::size_t kTold = 110;
constexpr std::string_view kEntry = "<entry uri=\"sip:u{}@mc{}.example\"/>";

/// A request with these header lines and this body, which is cut or padded to nothing: it is what it is.
std::string request(std::string_view headers, std::string_view body) {
    return fmt::format(
        "MESSAGE sip:bob@mc2.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKhostile\r\n"
        "From: <sip:alice@mc1.example>;tag=1\r\nTo: <sip:bob@mc2.example>\r\nCall-ID: hostile@bench\r\n"
        "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n{}Content-Length: {}\r\n\r\n{}",
        headers, body.size(), body);
}

std::string typed(std::string_view type, std::string_view body) {
    return request(fmt::format("Content-Type: {}\r\n", type), body);
}

/// What still fits into a message of `bytes` beside the lines that every one has.
std::size_t room(std::size_t bytes, std::size_t taken = 0) {
    const std::size_t used = request({}, {}).size() + 64 + taken;
    return bytes > used ? bytes - used : 0;
}

/// `piece(n)` one behind the other while there is room.
template <class Piece>
std::string filled(std::size_t space, Piece&& piece) {
    std::string out;
    for (std::size_t n = 0;; ++n) {
        const std::string next = piece(n);
        if (next.empty() || out.size() + next.size() > space) return out;
        out += next;
    }
}

std::string repeated(std::size_t space, std::string_view piece) {
    return filled(space, [&](std::size_t) { return std::string(piece); });
}

std::string i_message(std::size_t n, bool hashed) {
    Random random(n + 1);
    IMessage m;
    const std::string alice = fmt::format("sip:alice{}@mc1.example", n);
    const std::string bob = fmt::format("sip:bob{}@mc2.example", n);
    m.initiator = hashed ? std::string_view("0123456789abcdef0123456789abcdef") : std::string_view(alice);
    m.receiver = hashed ? std::string_view("fedcba9876543210fedcba9876543210") : std::string_view(bob);
    m.hashed = hashed;
    m.kmsi = m.kmsr = "kms.a.example";
    m.size = 650;
    return base64(encode(m, random));
}

std::string key_mgmt(std::size_t space, bool hashed) {
    return "v=0\r\n" +
           filled(space, [&](std::size_t n) { return "a=key-mgmt:mikey " + i_message(n, hashed) + "\r\n"; });
}

std::string entries(std::size_t space) {
    return "<resource-lists><list>" +
           filled(space, [](std::size_t n) { return fmt::format(fmt::runtime(kEntry), n, n % 7); }) +
           "</list></resource-lists>";
}

std::string in_parts(std::string_view sdp, std::string_view xml) {
    return fmt::format(
        "--b\r\nContent-Type: application/sdp\r\n\r\n{}\r\n--b\r\nContent-Type: "
        "application/resource-lists+xml\r\n\r\n{}\r\n--b--\r\n",
        sdp, xml);
}

// ---- what is plain

std::string plain_sdp(std::size_t bytes) {
    return typed(kSip, "v=0\r\n" + repeated(room(bytes), "a=rtpmap:97 AMR-WB/16000\r\n"));
}
std::string plain_text(std::size_t bytes) {
    return typed("text/plain", repeated(room(bytes), "nothing to see here, nothing at all; "));
}

// ---- the head

std::string many_headers(std::size_t bytes) {
    return request(repeated(room(bytes), "X-A: b\r\n"), {});
}
std::string many_vias(std::size_t bytes) {
    return request(repeated(room(bytes), "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"), {});
}
std::string one_long_via(std::size_t bytes) {
    return request("Via: SIP/2.0/UDP h" + repeated(room(bytes), ", SIP/2.0/UDP h") + "\r\n", {});
}
std::string many_types(std::size_t bytes) {
    return request(repeated(room(bytes) / 2, "Content-Type: application/sdp\r\n"),
                   "v=0\r\n" + repeated(room(bytes) / 2, "a=x\r\n"));
}
std::string folded_header(std::size_t bytes) {
    return request("Subject: x" + repeated(room(bytes), "\r\n y") + "\r\n", {});
}
std::string lone_line_ends(std::size_t bytes) {
    return request(repeated(room(bytes), "A: b\nC: d\r") + "E: f\r\n", {});
}
std::string open_quotes(std::size_t bytes) {
    return request("Contact: " + repeated(room(bytes), "\"<sip:a@b>;,") + "\r\n", {});
}
std::string visited_networks(std::size_t bytes) {
    return request("P-Visited-Network-ID: " + repeated(room(bytes), "\"net.example\", ") + "x\r\n", {});
}
std::string asserted_identities(std::size_t bytes) {
    std::string value =
        filled(room(bytes, 1200), [](std::size_t n) { return fmt::format("<sip:u{}@mc1.example>, ", n); });
    return request("P-Asserted-Identity: " + value + "<tel:+44201>\r\nContent-Type: application/sdp\r\n",
                   key_mgmt(1000, true));
}

// ---- bodies

std::string many_boundaries(std::size_t bytes) {
    const std::string parameters =
        filled(room(bytes) / 2, [](std::size_t n) { return fmt::format(";boundary=b{}", n % 20); });
    return typed("multipart/mixed" + parameters, filled(room(bytes) / 2, [](std::size_t n) {
                     return fmt::format("--b{}\r\n\r\nx\r\n", n % 20);
                 }));
}
std::string many_parts(std::size_t bytes) {
    return typed("multipart/mixed;boundary=b", repeated(room(bytes), "--b\r\n\r\n\r\n"));
}
std::string parts_sniffed(std::size_t bytes) {
    return typed("multipart/mixed;boundary=b",
                 repeated(room(bytes), "--b\r\nContent-Type: application/x\r\n\r\nARoA\r\n"));
}
std::string prefix_delimiters(std::size_t bytes) {
    return typed("multipart/mixed;boundary=b", filled(room(bytes), [](std::size_t n) {
                     return fmt::format("--b{}\r\n\r\nv=0\r\n", n % 3 == 0 ? "" : "x");
                 }));
}
std::string nested_parts(std::size_t bytes) {
    std::string body = "v=0\r\na=x\r\n";
    for (std::size_t n = 0; body.size() < room(bytes); ++n)
        body = fmt::format("--b{0}\r\nContent-Type: multipart/mixed;boundary=b{1}\r\n\r\n{2}\r\n--b{0}--\r\n",
                           n + 1, n, body);
    const std::size_t first = body.find("--b") + 3;
    return typed(fmt::format("multipart/mixed;boundary=b{}", body.substr(first, body.find('\r') - first)),
                 body);
}
std::string nested_same_boundary(std::size_t bytes) {
    return typed("multipart/mixed;boundary=b",
                 repeated(room(bytes), "--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n"));
}
std::string nested_messages(std::size_t bytes) {
    return typed("message/sip",
                 repeated(room(bytes), "OPTIONS sip:a SIP/2.0\r\nContent-Type: message/sip\r\n\r\n"));
}
std::string base64_in_base64(std::size_t bytes) {
    std::string data(room(bytes) / 8, 'A');
    for (int i = 0; i < 6 && data.size() * 4 / 3 < room(bytes, 200); ++i) data = base64(data);
    return request(
        "Content-Type: application/mikey\r\nContent-Transfer-Encoding: base64, base64, base64, base64\r\n",
        data);
}
std::string quoted_printable(std::size_t bytes) {
    return request("Content-Type: application/sdp\r\nContent-Transfer-Encoding: quoted-printable\r\n",
                   "v=0\r\n" + repeated(room(bytes), "=61=3Dkey-mgmt:mikey =41Ro=\r\n"));
}

// ---- session descriptions

std::string many_key_mgmt(std::size_t bytes) {
    return typed(kSip, key_mgmt(room(bytes), false));
}
std::string empty_key_mgmt(std::size_t bytes) {
    return typed(kSip, "v=0\r\n" + repeated(room(bytes), "a=key-mgmt:mikey A\r\n"));
}
std::string odd_key_mgmt(std::size_t bytes) {
    return typed(kSip, "v=0\r\n" + repeated(room(bytes), " A =\tKey-Mgmt : MIKEY ARoAAAAA\r\n"));
}
std::string capabilities(std::size_t bytes) {
    return typed(kSip, "v=0\r\n" + repeated(room(bytes), "a=acap:1 acap:1 acap:1 key-mgmt:mikey A\r\n"));
}
std::string one_long_line(std::size_t bytes) {
    return typed(kSip, "v=0\r\na=key-mgmt:mikey " + repeated(room(bytes), "ARoA") + "\r\n");
}
/// Every candidate is hashed with every KMS that an I_MESSAGE names.
std::string hashed_crowd(std::size_t bytes) {
    const std::size_t half = room(bytes, 300) / 2;
    return typed("multipart/mixed;boundary=b", in_parts(key_mgmt(half, true), entries(half)));
}

/// As many candidates as are told apart, so that they are no crowd; the rest are UIDs.
std::string hashed_full(std::size_t bytes) {
    const std::size_t space = room(bytes, 300);
    const std::size_t listed = std::min(space / 2, kTold * fmt::formatted_size(fmt::runtime(kEntry), 10, 1));
    return typed("multipart/mixed;boundary=b", in_parts(key_mgmt(space - listed, true), entries(listed)));
}

// ---- XML

std::string xml_deep(std::size_t bytes) {
    return typed("application/x+xml", repeated(room(bytes), "<a>"));
}
std::string xml_texts(std::size_t bytes) {
    return typed("application/x+xml", "<r>" + repeated(room(bytes), "<a>ARoA</a>") + "</r>");
}
std::string xml_nested_texts(std::size_t bytes) {
    return typed("application/x+xml", "<r>" + repeated(room(bytes), "<a>ARoF") + "</r>");
}
std::string xml_references(std::size_t bytes) {
    return typed("application/x+xml", "<r>" + repeated(room(bytes), "&#x41;&#82;o") + "</r>");
}
std::string xml_comments(std::size_t bytes) {
    return typed("application/x+xml", "<r>" + repeated(room(bytes), "<!--x-->A<?p?>") + "</r>");
}
std::string xml_open_comment(std::size_t bytes) {
    return typed("application/x+xml", repeated(room(bytes), "<!--"));
}
std::string resource_lists(std::size_t bytes) {
    return typed("application/resource-lists+xml", entries(room(bytes)));
}
std::string krr_lists(std::size_t bytes) {
    return typed("application/vnd.3gpp.kmsredirectresponse+xml",
                 "<KmsRedirectResponse xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\"><InitiatorKmsList>" +
                     filled(room(bytes),
                            [](std::size_t n) { return fmt::format("<KmsUri>k{}.example</KmsUri>", n); }) +
                     "</InitiatorKmsList></KmsRedirectResponse>");
}

// ---- URIs

std::string uri_bodies(std::size_t bytes) {
    return request(repeated(room(bytes), "Refer-To: <sip:a@b?body=v%3D0>\r\n"), {});
}
std::string uri_in_uri(std::size_t bytes) {
    std::string uri = "sip:a@b?body=v%3D0";
    for (std::size_t level = 0; level < 6 && uri.size() * 2 < room(bytes); ++level) {
        std::string escaped;
        for (const char c : uri)
            escaped += c == '%' ? "%25" : c == '?' ? "%3F" : c == '=' ? "%3D" : std::string(1, c);
        uri = "sip:a@b?Refer-To=" + escaped + "&body=" + escaped;
    }
    return request("Refer-To: <" + uri + ">\r\n", {});
}

constexpr auto kAttacks = std::to_array<Attack>({
    {"plain-sdp", "harmless lines of SDP: for comparison", plain_sdp},
    {"plain-text", "a text that nobody reads: for comparison", plain_text},
    {"headers", "the shortest header lines", many_headers},
    {"vias", "Via rows", many_vias},
    {"long-via", "Via values in one row", one_long_via},
    {"types", "Content-Type rows, each of which applies", many_types},
    {"folds", "one header in thousands of folds", folded_header},
    {"line-ends", "lone CR and LF: two readings", lone_line_ends},
    {"quotes", "quotes and brackets that open and never close", open_quotes},
    {"visited", "visited networks", visited_networks},
    {"asserted", "asserted identities beside a hashed user", asserted_identities},
    {"boundaries", "boundary parameters, each of which applies", many_boundaries},
    {"parts", "the shortest parts", many_parts},
    {"sniffed", "parts of unknown type that begin like an I_MESSAGE", parts_sniffed},
    {"prefixes", "delimiters that two readers split differently", prefix_delimiters},
    {"nested", "multiparts in multiparts", nested_parts},
    {"same-boundary", "multiparts in multiparts of the same boundary", nested_same_boundary},
    {"messages", "SIP in SIP", nested_messages},
    {"base64", "base64 in base64", base64_in_base64},
    {"quoted", "quoted-printable of key-mgmt lines", quoted_printable},
    {"key-mgmt", "whole I_MESSAGEs, each another", many_key_mgmt},
    {"empty-key-mgmt", "key-mgmt lines without an I_MESSAGE", empty_key_mgmt},
    {"odd-key-mgmt", "key-mgmt lines in odd spelling", odd_key_mgmt},
    {"capabilities", "capabilities in capabilities", capabilities},
    {"long-line", "one key-mgmt line", one_long_line},
    {"hashed-crowd", "hashed I_MESSAGEs beside a crowd of candidates", hashed_crowd},
    {"hashed-full", "the same beside as many candidates as are told apart", hashed_full},
    {"xml-deep", "elements in elements", xml_deep},
    {"xml-texts", "short elements that begin like an I_MESSAGE", xml_texts},
    {"xml-nested", "elements in elements, each with a text like an I_MESSAGE", xml_nested_texts},
    {"xml-references", "character references", xml_references},
    {"xml-comments", "comments and PIs in a text", xml_comments},
    {"xml-open", "comments that never end", xml_open_comment},
    {"entries", "resource list entries, each another user", resource_lists},
    {"krr", "a KRR in a request, with thousands of names", krr_lists},
    {"uri-bodies", "bodies in URIs", uri_bodies},
    {"uri-in-uri", "URIs in URIs", uri_in_uri},
    {"fragments", "harmless lines in the smallest fragments that one datagram may have", plain_sdp, 576},
});

}  // namespace

std::span<const Attack> attacks() noexcept {
    return kAttacks;
}

const Attack* find_attack(std::string_view name) noexcept {
    const auto at = std::ranges::find(kAttacks, name, &Attack::name);
    return at == kAttacks.end() ? nullptr : &*at;
}

}  // namespace kmsgate::bench

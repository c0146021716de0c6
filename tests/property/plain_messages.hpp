// SPDX-License-Identifier: BSD-3-Clause
// Messages that are plain, and pieces that make them less so.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/krr/emit.hpp"
#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {

inline const std::string& mc_info() {
    static const std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">"
        "<mcptt-Params>\n  <session-type>private</session-type>\n\t<mcptt-request-uri "
        "type=\"Normal\"><mcpttURI>sip:bob@b.example</mcpttURI></mcptt-request-uri><mcptt-calling-user-id>"
        "sip:alice@a.example;user=phone</mcptt-calling-user-id><mcvideo-request-uri>tel:+4420</"
        "mcvideo-request-uri>"
        "<anyExt><e:x xmlns:e=\"urn:e\" e:a=\"1\" b=\"a=b\"/></anyExt></mcptt-Params></mcpttinfo>\r\n";
    return text;
}
inline const std::string& mc_lists() {
    static const std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><resource-lists "
        "xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
        "xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\"><list><entry uri=\"sip:bob@b.example\" "
        "cc:copyControl=\"to\"/>"
        "<entry uri=\"tel:+442012\"></entry></list></resource-lists>";
    return text;
}

/// A KRR as gates write it, around another one.
inline const std::string& gate_krr() {
    static const std::string text = [] {
        krr::Document d;
        d.id = "krr-0123456789abcdef";
        d.processor = "sip:gate.b.example";
        d.time = "2024-05-06T07:08:09Z";
        d.initiator = "sip:alice@a.example";
        d.receiver_kms = "kms.b.example";
        d.receiver_list.present = true;
        d.receiver_list.any = false;
        d.receiver_list.uris = {"kms1.b.example", "kms2.b.example"};
        const std::string inner = krr::emit(d);
        d.embedded = inner.substr(inner.find("?>") + 2);
        return krr::emit(d);
    }();
    return text;
}

/// Requests and responses of the usual kinds.
inline std::vector<std::string> plain_messages() {
    const std::string mixed = parts("boundary1", {part("application/sdp", sdp(key_line('A'), key_line('B'))),
                                                  part("application/vnd.3gpp.mcptt-info+xml", mc_info()),
                                                  part("application/resource-lists+xml", mc_lists(),
                                                       "Content-Disposition: recipient-list\r\n")});
    const std::string more =
        "Route: <sip:p.a.example;lr>\r\nContact: <sip:a@192.0.2.1:5060>;+g.3gpp.mcptt\r\nAccept-Contact: "
        "*;+g.3gpp.mcptt;require\r\nP-Preferred-Identity: <sip:alice@a.example>\r\nP-Access-Network-Info: "
        "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=23430\r\nP-Asserted-Identity: <tel:+44>\r\nUser-Agent: x/1 "
        "(y)\r\n";
    const auto carry = [&](std::string_view type, std::string_view body, std::string_view start) {
        return invite(more + "Content-Type: " + std::string(type) +
                          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
                      body, start);
    };
    constexpr std::string_view request = "INVITE sip:bob@b.example SIP/2.0";
    return {
        carry("multipart/mixed;boundary=boundary1", mixed, request),
        carry("multipart/mixed; boundary=\"boundary1\"", mixed, request),
        carry("application/sdp", sdp(key_line('A')), "SIP/2.0 200 OK"),
        carry("application/sdp", sdp(key_line('A') + "a=acfg:1 t=1\r\na=keywds:x\r\n"), request),
        carry("application/resource-lists+xml", mc_lists(), request),
        carry("application/vnd.3gpp.kmsredirectresponse+xml", gate_krr(), "SIP/2.0 488 Not Acceptable Here"),
        carry("text/plain", "Hello\n\xC3\xA9", request),
        invite(more + "Content-Length: 0\r\n"),
        invite("v: SIP/2.0/UDP [2001:db8::1]:5061\r\nl: 0\r\n")};
}

/// What disguises are made of (README.md of the room sip), and what may look like one.
inline constexpr std::string_view kPieces[] = {"\r\n",
                                               "\n",
                                               "\r",
                                               " ",
                                               "\t",
                                               "\r\n ",
                                               "\r\n\t",
                                               "\r\n\r\n",
                                               "--",
                                               "--boundary1",
                                               "\r\n--boundary1\r\n",
                                               "\r\n--boundary1--",
                                               "\n--boundary1\n",
                                               "--\"boundary1\"",
                                               "<",
                                               ">",
                                               "/>",
                                               "</",
                                               "\"",
                                               "'",
                                               "=",
                                               "&",
                                               "&amp;",
                                               "&#65;",
                                               "?",
                                               "%",
                                               "?body=",
                                               "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
                                               "<!--",
                                               "-->",
                                               "<![CDATA[",
                                               "]]>",
                                               "<!DOCTYPE a [",
                                               "ARo",
                                               "A",
                                               "Ro",
                                               "v=0",
                                               "V =0",
                                               "m=",
                                               "M=",
                                               "a=",
                                               "A=",
                                               " a=",
                                               "a= ",
                                               "a=key-mgmt:mikey ",
                                               "a=KEY-MGMT:mikey ",
                                               "a=key-mgmt: mikey ",
                                               "a=key-mgmt:MIKEY ",
                                               "a=key-mgmt:mikey",
                                               "key-mgmt:mikey ",
                                               "a=acap:1 key-mgmt:mikey ",
                                               "a=mscap:1 ",
                                               "a=cpar:a=",
                                               "a=cparmin:",
                                               "k=",
                                               "i=",
                                               "a=x:",
                                               "a=fmtp:97 ",
                                               "KmsRedirectResponse",
                                               "kmsredirectresponse",
                                               "<KmsRedirectResponse>",
                                               "<k:KmsRedirectResponse/>",
                                               "xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\"",
                                               " xmlns:k=\" urn:3gpp:ns:mcsecKMSKRR:1.0 \"",
                                               "urn:3gpp:ns:mcsecKMSKRR:1.0",
                                               "resource-lists",
                                               "<mcptt-calling-user-id type=\"Normal\">",
                                               "<mcptt-request-uri type=\"Normal\">",
                                               "</mcptt-calling-user-id>",
                                               "<mcpttURI>",
                                               "</mcpttURI>",
                                               "<mcptt-client-id type=\"Normal\"><mcpttString>",
                                               "<list>",
                                               "</list>",
                                               "<entry uri=\"",
                                               "sip:carol@c.example",
                                               "Content-Type: application/sdp\r\n",
                                               "Content-Disposition: recipient-list\r\n",
                                               "<resource-lists>",
                                               "<entry uri=\"sip:x@y\"/>",
                                               "<e:entry uri=\"sip:x@y\">",
                                               "uri=\"sip:x?body=y\"",
                                               "<mcptt-request-uri>",
                                               "<x:mcptt-request-uri>",
                                               "</mcptt-request-uri>",
                                               "<mcdata-calling-user-id>",
                                               "<mcptt-request-uri type=\"Encrypted\">",
                                               " type=\"Encrypted\"",
                                               " type='Encrypted'",
                                               "<b/>",
                                               "</b>",
                                               "<b>",
                                               "sip:carol@c.example",
                                               "tel:+1",
                                               "Content-Type: ",
                                               "c: ",
                                               "e: gzip\r\n",
                                               "Content-Encoding: gzip\r\n",
                                               "Content-Transfer-Encoding: base64\r\n",
                                               "content-transfer-encoding: quoted-printable\r\n",
                                               "Content-Type: application/sdp\r\n",
                                               "Content-Type: message/sip\r\n",
                                               "Content-Type: application/mikey\r\n",
                                               "application/mikey",
                                               "multipart/mixed;boundary=b",
                                               ";boundary=boundary1",
                                               ";charset=utf-16",
                                               ",",
                                               ";",
                                               ":",
                                               "(",
                                               ")",
                                               "Via: SIP/2.0/UDP h\r\n",
                                               "From: <sip:z@z>\r\n",
                                               "To: <sip:z@z>\r\n",
                                               "Call-ID: z\r\n",
                                               "CSeq: 1 INVITE\r\n",
                                               "Contact: <sip:a@b?body=c>\r\n",
                                               "Refer-To: <sip:a@b>\r\n",
                                               "X: y\r\n",
                                               "X : y\r\n",
                                               "Content-Length: 0\r\n",
                                               "l: 5\r\n",
                                               ";tag=x",
                                               ";Tag=x",
                                               ";branch=z9hG4bKx",
                                               ";Branch=x",
                                               ";rport",
                                               ";maddr=1.2.3.4",
                                               ";received=1.2.3.4",
                                               "\"q\\\"\"",
                                               "sips:",
                                               "SIP:",
                                               "\x7F",
                                               "\x80",
                                               "\xEF\xBB\xBF",
                                               "{NUL}"};

}  // namespace kmsgate::sip::test

// SPDX-License-Identifier: BSD-3-Clause
// SIP messages with I_MESSAGEs, written by hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/unit/mikey/builder.hpp"

namespace kmsgate::test {

inline constexpr std::string_view kA = "kms.a.example", kB = "kms.b.example", kC = "kms.c.example";

/// The names of one I_MESSAGE; what is empty is left out.
struct Offer {
    std::string_view kmsi = kA, kmsr = kA;
    std::string_view idri{}, idrr{};
    mikey::test::Octets uidi{}, uidr{};
};
inline mikey::test::Octets mikey_bytes(const Offer& o) {
    using namespace mikey::test;
    Parts p = {part_t(), part_rand()};
    if (!o.idri.empty()) p.push_back(part_idr(1, o.idri));
    if (!o.idrr.empty()) p.push_back(part_idr(2, o.idrr));
    if (!o.uidi.empty()) p.push_back(part_idr(8, o.uidi));
    if (!o.uidr.empty()) p.push_back(part_idr(9, o.uidr));
    if (!o.kmsi.empty()) p.push_back(part_idr(6, o.kmsi));
    if (!o.kmsr.empty()) p.push_back(part_idr(7, o.kmsr));
    p.push_back(part_sakke());
    p.push_back(part_sign());
    return chain(p);
}
inline std::string sdp(const Offer& o) {
    return "v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=key-mgmt:mikey " +
           mikey::test::base64(mikey_bytes(o)) + "\r\nm=audio 49170 RTP/AVP 0\r\n";
}
inline const std::string kPlainSdp =
    "v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n";

struct Sip {
    std::string method = "INVITE";
    std::string uri = "sip:bob@mc1.example";
    std::string via = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1";
    std::string from = "<sip:alice@mc1.example>;tag=f1";
    std::string to = "<sip:bob@mc1.example>";
    std::string call_id = "c1";
    int cseq = 1;
    std::string extra{};
    std::string type = "application/sdp";
    std::string body{};
    std::optional<unsigned> status{};  ///< a response
    std::optional<std::size_t> length{};

    [[nodiscard]] std::string text() const {
        std::string s = status ? "SIP/2.0 " + std::to_string(*status) + " Reason\r\n"
                               : method + " " + uri + " SIP/2.0\r\n";
        s += "Via: " + via + "\r\nFrom: " + from + "\r\nTo: " + to + "\r\nCall-ID: " + call_id +
             "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n" + extra;
        if (!body.empty()) s += "Content-Type: " + type + "\r\n";
        return s + "Content-Length: " + std::to_string(length.value_or(body.size())) + "\r\n\r\n" + body;
    }
};
inline Sip invite(const Offer& o) {
    Sip s;
    s.body = sdp(o);
    return s;
}

inline const std::string kKrrType = "application/vnd.3gpp.kmsredirectresponse+xml";
/// A KRR with these KmsUri elements in its initiator list.
inline std::string krr_text(std::string_view initiator, std::string_view receiver = "<KmsUri>ANY</KmsUri>") {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><KmsRedirectResponse "
           "xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\" Id=\"x1\" "
           "Version=\"1.0.0\"><ProcessorUri>sip:far@mc2.example</ProcessorUri><Time>2026-01-01T00:00:00Z</"
           "Time>"
           "<InitiatorKmsList>" +
           std::string(initiator) + "</InitiatorKmsList><ReceiverKmsList>" + std::string(receiver) +
           "</ReceiverKmsList></KmsRedirectResponse>";
}

}  // namespace kmsgate::test

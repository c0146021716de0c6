// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/encode/sip.hpp"

#include <array>
#include <chrono>

#include <fmt/chrono.h>

#include "tools/traffic/encode/text.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kHead = 2048;

/// Content-Type where there is a body, Content-Length, the empty line, the body.
void put_body(std::string& out, const Body& body) {
    if (!body.type.empty()) put(out, "Content-Type: ", body.type, "\r\n");
    put(out, "Content-Length: ", body.bytes.size(), "\r\n\r\n", body.bytes);
}

void put_via(std::string& out, const Names& n) {
    put(out, "Via: SIP/2.0/", n.transport, " ", n.sent_by, ";branch=", n.branch);
}

void put_dialog(std::string& out, std::string_view method, const Names& n, std::string_view to_tag) {
    put(out, "From: <", n.caller, ">;tag=", n.from_tag, "\r\nTo: <", n.to.empty() ? n.target : n.to, ">");
    if (!to_tag.empty()) put(out, ";tag=", to_tag);
    put(out, "\r\nCall-ID: ", n.call_id, "\r\nCSeq: ", n.cseq, " ", method, "\r\n");
}

void put_list(std::string& out, std::string_view name, const std::vector<std::string>& uris) {
    put(out, "<", name, ">");
    if (uris.empty()) put(out, "<KmsUri>ANY</KmsUri>");
    for (const std::string& uri : uris) put(out, "<KmsUri>", uri, "</KmsUri>");
    put(out, "</", name, ">");
}

}  // namespace

std::string request(std::string_view method, const Names& n, Within within, std::string_view more,
                    const Body& body) {
    std::string out;
    out.reserve(kHead + more.size() + body.bytes.size());
    put(out, method, " ", n.target, " SIP/2.0\r\n");
    put_via(out, n);
    put(out, n.rport ? ";rport\r\n" : "\r\n", n.more_vias, "Max-Forwards: 70\r\n");
    put_dialog(out, method, n, within == Within::dialog ? std::string_view(n.to_tag) : std::string_view());
    out += more;
    put_body(out, body);
    return out;
}

std::string response(unsigned status, std::string_view reason, std::string_view method, const Names& n,
                     std::string_view tag, std::string_view more, const Body& body) {
    std::string out;
    out.reserve(kHead + more.size() + body.bytes.size());
    put(out, "SIP/2.0 ", status, " ", reason, "\r\n");
    put_via(out, n);
    if (n.rport) {
        const std::size_t colon = n.sent_by.rfind(':');
        put(out, ";rport=", n.sent_by.substr(colon + 1), ";received=", n.sent_by.substr(0, colon));
    }
    put(out, "\r\n", n.more_vias);
    put_dialog(out, method, n, tag);
    out += more;
    put_body(out, body);
    return out;
}

std::string multipart(const std::vector<Part>& parts, std::string_view boundary) {
    std::string out;
    for (const Part& part : parts) {
        put(out, "--", boundary, "\r\n");
        if (!part.type.empty()) put(out, "Content-Type: ", part.type, "\r\n");
        put(out, part.headers, "\r\n", part.bytes, "\r\n");
    }
    put(out, "--", boundary, "--\r\n");
    return out;
}

std::string sdp(const Offer& o) {
    const std::string_view net = o.v6 ? "IN IP6 " : "IN IP4 ";
    const std::uint16_t floor = static_cast<std::uint16_t>(o.port + 2);
    return text_of("v=0\r\no=- ", o.session, " 1 ", net, o.host, "\r\ns=-\r\nc=", net, o.host,
                   "\r\nb=AS:49\r\nt=0 0\r\n", o.session_lines, "m=audio ", o.port,
                   " RTP/SAVP 97 101\r\ni=speech\r\n"
                   "a=rtpmap:97 AMR-WB/16000\r\na=fmtp:97 mode-change-capability=2;max-red=0\r\n"
                   "a=rtpmap:101 telephone-event/16000\r\na=ptime:20\r\na=maxptime:240\r\n",
                   o.media_lines, "m=application ", floor,
                   " udp MCPTT\r\na=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request\r\n");
}

std::string mcptt_info(std::string_view caller, std::string_view client, std::string_view token) {
    std::string out = text_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">"
        "<mcptt-Params><session-type>private</session-type>");
    if (!token.empty())
        put(out, "<mcptt-access-token type=\"Normal\"><mcpttString>", token,
            "</mcpttString></mcptt-access-token>");
    put(out, "<mcptt-calling-user-id type=\"Normal\"><mcpttURI>", caller,
        "</mcpttURI></mcptt-calling-user-id>");
    if (!client.empty())
        put(out, "<mcptt-client-id type=\"Normal\"><mcpttString>urn:uuid:", client,
            "</mcpttString></mcptt-client-id>");
    put(out, "</mcptt-Params></mcpttinfo>\r\n");
    return out;
}

std::string resource_lists(std::string_view callee) {
    return text_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<resource-lists "
        "xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\">"
        "<list><entry uri=\"",
        callee, "\" cc:copyControl=\"to\"/></list></resource-lists>\r\n");
}

std::string location_info(std::uint64_t number, std::size_t size) {
    std::string out = text_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<location-info "
        "xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"><Report ReportType=\"NonEmergency\">");
    constexpr std::string_view kEnd = "</Report></location-info>\r\n";
    for (std::uint64_t i = number; out.size() + kEnd.size() + 150 < size; i += 77)
        put(out, "<TriggerId>", i % 10000,
            "</TriggerId><CurrentLocation><CurrentServingEcgi type=\"Normal\"><Ecgi>2341", i % 90000 + 10000,
            "</Ecgi></CurrentServingEcgi></CurrentLocation>");
    // white space between elements fills what is left
    if (out.size() + kEnd.size() < size) out.append(size - out.size() - kEnd.size(), ' ');
    out += kEnd;
    return out;
}

std::string krr(const Krr& k) {
    const std::chrono::sys_seconds time{std::chrono::seconds(k.seconds)};
    std::string out = text_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KmsRedirectResponse "
        "xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\" Id=\"krr-",
        k.seconds, "\" Version=\"1.0.0\"><ProcessorUri>", k.processor, "</ProcessorUri><Time>",
        fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(static_cast<std::time_t>(k.seconds))),
        "</Time><InitiatorUri>", k.initiator, "</InitiatorUri><ReceiverUri>", k.receiver,
        "</ReceiverUri><InitiatorKmsUri>", k.kmsi, "</InitiatorKmsUri><ReceiverKmsUri>", k.kmsr,
        "</ReceiverKmsUri>");
    put_list(out, "InitiatorKmsList", k.initiator_list);
    put_list(out, "ReceiverKmsList", k.receiver_list);
    put(out, "</KmsRedirectResponse>\n");
    return out;
}

}  // namespace kmsgate::traffic

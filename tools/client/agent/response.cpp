// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/response.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::client::agent {
namespace {

/// Puts `now` in the place of `part`, a view into `whole`.
void replace(std::string& whole, std::string_view origin, std::string_view part, std::string_view now) {
    whole.replace(static_cast<std::size_t>(part.data() - origin.data()), part.size(), now);
}

}  // namespace

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 405:
            return "Method Not Allowed";
        case 420:
            return "Bad Extension";
        case 481:
            return "Call/Transaction Does Not Exist";
        case 482:
            return "Loop Detected";
        case 486:
            return "Busy Here";
        case 488:
            return "Not Acceptable Here";
        case 500:
            return "Server Internal Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        default:
            return status < 300 ? "OK" : "Refused";
    }
}

std::string warning(std::string_view host, std::string_view text) {
    std::string quoted(text);
    for (char& c : quoted)
        if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') c = '?';
    return fmt::format("Warning: 399 {} \"{}\"", host, quoted);
}

std::string warning_text(Incoming& response) {
    for (const std::string& value : response.values("Warning")) {
        const std::size_t open = value.find('"');
        if (open == std::string::npos || !value.ends_with('"') || open + 1 == value.size()) continue;
        return value.substr(open + 1, value.size() - open - 2);
    }
    return {};
}

std::string write(Incoming& request, const Answer& answer, std::string_view to_tag) {
    const sip::Message& message = request.message();
    std::string out = fmt::format("SIP/2.0 {} {}\r\n", answer.status, reason_phrase(answer.status));
    const bool success = answer.status >= 200 && answer.status < 300;
    for (const sip::Header& header : message.headers) {
        if (header.id == sip::HeaderId::via)
            out += fmt::format("Via: {}\r\n", request.unfolded(header.value));
        if (success && sip::iequal(header.name, "Record-Route"))
            out += fmt::format("Record-Route: {}\r\n", request.unfolded(header.value));
    }
    out += fmt::format("From: {}\r\nTo: {}", request.unfolded(message.from), request.unfolded(message.to));
    if (message.to_tag.empty()) out += fmt::format(";tag={}", to_tag);
    out += fmt::format("\r\nCall-ID: {}\r\nCSeq: {} {}\r\n", message.call_id, message.cseq.value_or(0),
                       message.cseq_method);
    for (const std::string& line : answer.lines) out += line + "\r\n";
    if (!answer.body.type.empty()) out += fmt::format("Content-Type: {}\r\n", answer.body.type);
    return out + fmt::format("Content-Length: {}\r\n\r\n", answer.body.data.size()) + answer.body.data;
}

std::string with_source(std::string_view request, std::string_view host, std::uint16_t port) {
    std::string out(request);
    const Incoming incoming(request);
    const sip::Message& message = incoming.message();
    const sip::Via& via = message.via;
    if (message.kind != sip::Kind::request || !via.readable || message.raw.empty()) return out;
    std::string_view sent_by = via.host;
    if (sent_by.starts_with('[') && sent_by.ends_with(']')) sent_by = sent_by.substr(1, sent_by.size() - 2);
    // RFC 3581 4: with rport, received is added always
    const bool add = via.rport || !sip::iequal(sent_by, host);
    const std::string received = fmt::format("received={}", host);
    const std::string rport = fmt::format("rport={}", port);
    struct Edit {
        std::string_view part;
        std::string now;
    };
    std::vector<Edit> edits;
    if (via.rport && !via.rport_param.empty()) edits.push_back({via.rport_param, rport});
    if (add && !via.received_param.empty()) edits.push_back({via.received_param, received});
    if (add && via.received_param.empty())
        edits.push_back({{via.value.data() + via.value.size(), 0}, ";" + received});
    // from the back, so that what stands before stays where it is
    std::ranges::sort(edits, [](const Edit& a, const Edit& b) { return a.part.data() > b.part.data(); });
    for (const Edit& edit : edits) replace(out, request, edit.part, edit.now);
    return out;
}

}  // namespace kmsgate::client::agent

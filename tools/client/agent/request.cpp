// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::client::agent {
namespace {

constexpr std::string_view kInfoType = "application/vnd.3gpp.mcptt-info+xml";

bool controls(std::string_view text) {
    return std::ranges::any_of(text,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::expected<void, std::string> check_uri(std::string_view what, std::string_view uri) {
    const bool odd = controls(uri) || uri.find_first_of(" <>\"") != std::string_view::npos;
    if (!odd && uri.find(':') != std::string_view::npos) return {};
    return std::unexpected(fmt::format("{} is no URI; sip:user@host would be one", what));
}

/// Headers that the message would contradict itself with.
bool written_by_us(std::string_view name) {
    using enum sip::HeaderId;
    const sip::HeaderId id = sip::header_id(name);
    return id == via || id == from || id == to || id == call_id || id == cseq || id == contact ||
           id == content_length || id == content_type || id == content_encoding ||
           id == content_transfer_encoding || sip::iequal(name, "Max-Forwards");
}

std::expected<void, std::string> check_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = sip::trim(line.substr(0, colon));
    if (controls(line) || colon == std::string_view::npos || name.empty() ||
        !std::ranges::all_of(name, sip::is_token))
        return std::unexpected(fmt::format("'{}' is no header line; Name: value would be one", name));
    if (written_by_us(name)) return std::unexpected(fmt::format("{} is written by the client itself", name));
    return {};
}

/// User part of a SIP URI as far as it may stand in a Contact without escapes.
std::string_view user_part(std::string_view uri) {
    const std::size_t colon = uri.find(':');
    const std::size_t at = uri.find('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return {};
    const std::string_view user = uri.substr(colon + 1, at - colon - 1);
    const auto plain = [](char c) {
        return sip::is_alpha(c) || sip::is_digit(c) ||
               std::string_view("-_.+").find(c) != std::string_view::npos;
    };
    return std::ranges::all_of(user, plain) ? user : std::string_view{};
}

Body invite_body(const Call& call, std::string_view caller, std::string sdp, crypto::Random& random) {
    if (!call.naming.mcptt_info) return {"application/sdp", std::move(sdp)};
    return multipart({{"application/sdp", {}, std::move(sdp)},
                      {std::string(kInfoType), {}, mcptt_info(caller, {})},
                      {"application/resource-lists+xml",
                       {"Content-Disposition: recipient-list"},
                       resource_lists(call.receiver)}},
                     random);
}

Body message_body(const Call& call, std::string_view caller, View mikey, crypto::Random& random) {
    std::string data(as_text(mikey));
    if (!call.naming.mcptt_info) return {"application/mikey", std::move(data)};
    return multipart({{"application/mikey", {"Content-Transfer-Encoding: binary"}, std::move(data)},
                      {std::string(kInfoType), {}, mcptt_info(caller, call.receiver)}},
                     random);
}

}  // namespace

std::string write(const Request& request, const Local& local) {
    std::string out = fmt::format("{} {} SIP/2.0\r\n", request.method, request.uri);
    out += fmt::format("Via: SIP/2.0/{} {}:{};branch={};rport\r\n", local.reliable ? "TCP" : "UDP",
                       local.host, local.port, request.branch);
    out += "Max-Forwards: 70\r\n";
    for (const std::string& route : request.routes) out += fmt::format("Route: {}\r\n", route);
    out += fmt::format("From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n", request.from, request.to,
                       request.call_id, request.cseq, request.method);
    for (const std::string& line : request.lines) out += line + "\r\n";
    if (!request.body.type.empty()) out += fmt::format("Content-Type: {}\r\n", request.body.type);
    return out + fmt::format("Content-Length: {}\r\n\r\n", request.body.data.size()) + request.body.data;
}

Request ack_of(const Request& invite, std::string to) {
    return {"ACK",          invite.uri,  invite.branch, invite.from, std::move(to),
            invite.call_id, invite.cseq, invite.routes, {},          {}};
}

Request cancel_of(const Request& invite) {
    Request out = ack_of(invite, invite.to);
    out.method = "CANCEL";
    return out;
}

std::string contact(const Local& local, std::string_view user) {
    const std::string_view name = user_part(user);
    return fmt::format("<sip:{}{}{}:{}{}>", name, name.empty() ? "" : "@", local.host, local.port,
                       local.reliable ? ";transport=tcp" : "");
}

std::expected<void, std::string> check(const Call& call) {
    const std::pair<std::string_view, std::string_view> uris[] = {{"receiver", call.receiver},
                                                                  {"from", call.naming.from},
                                                                  {"to", call.naming.to},
                                                                  {"request URI", call.naming.request_uri}};
    for (const auto& [what, uri] : uris)
        if (const auto ok = check_uri(what, uri); !ok) return ok;
    for (const std::string& line : call.naming.extra_headers)
        if (const auto ok = check_line(line); !ok) return ok;
    return {};
}

Request carry(const Call& call, std::string_view caller, View mikey, const Local& local,
              crypto::Random& random) {
    const bool invite = call.purpose != imessage::Purpose::gmk;
    Request out;
    out.method = invite ? "INVITE" : "MESSAGE";
    out.uri = call.naming.request_uri;
    out.to = fmt::format("<{}>", call.naming.to);
    if (invite) {
        out.lines.push_back(fmt::format("Contact: {};+g.3gpp.mcptt", contact(local, call.naming.from)));
        out.lines.push_back(fmt::format("Allow: {}", kCallerAllows));
        out.lines.emplace_back("Supported: gruu");
    }
    out.lines.emplace_back("Accept-Contact: *;+g.3gpp.mcptt;require;explicit");
    out.lines.emplace_back("P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt");
    out.lines.push_back(fmt::format("Accept: {}", kAccepts));
    for (const std::string& line : call.naming.extra_headers) {
        const std::size_t colon = line.find(':');
        // a Route is repeated in ACK and CANCEL (17.1.1.3), so it is kept apart
        if (sip::iequal(sip::trim(std::string_view(line).substr(0, colon)), "Route"))
            out.routes.emplace_back(sip::trim(std::string_view(line).substr(colon + 1)));
        else
            out.lines.push_back(line);
    }
    out.body = invite ? invite_body(call, caller, sdp_offer(local, random.number() >> 1, mikey), random)
                      : message_body(call, caller, mikey, random);
    return out;
}

}  // namespace kmsgate::client::agent

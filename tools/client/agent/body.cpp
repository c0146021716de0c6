// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/body.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "dataplane/krr/emit.hpp"
#include "tools/client/agent/token.hpp"

namespace kmsgate::client::agent {
namespace {

constexpr unsigned kAudioPort = 49152;  ///< named in SDP; no media is ever sent
constexpr unsigned kFloorPort = 49154;
constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";

std::string session_part(const Local& local, std::uint32_t session) {
    const bool six = local.host.starts_with('[');
    const std::string address = fmt::format("IN IP{} {}", six ? 6 : 4,
                                            six ? local.host.substr(1, local.host.size() - 2) : local.host);
    return fmt::format("v=0\r\no=- {} {} {}\r\ns=-\r\nc={}\r\nt=0 0\r\n", session, session, address, address);
}

std::string media_part() {
    return fmt::format(
        "m=audio {} RTP/SAVP 97\r\ni=speech\r\na=rtpmap:97 AMR-WB/16000\r\na=ptime:20\r\na=maxptime:240\r\n"
        "m=application {} udp MCPTT\r\na=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;"
        "mc_implicit_request\r\n",
        kAudioPort, kFloorPort);
}

std::string user_element(std::string_view name, std::string_view uri) {
    return fmt::format("<{} type=\"Normal\"><mcpttURI>{}</mcpttURI></{}>", name, krr::escape(uri), name);
}

/// What a peer wrote and we repeat: printable, so that no reader sees another line in it.
bool printable(std::string_view line) {
    return std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7F; });
}

/// "m=audio 5004 RTP/SAVP 97" with another port, 0 for what we do not do; nullopt when it is none.
std::optional<std::string> answered_media(std::string_view line) {
    const std::size_t port = line.find(' ');
    if (port == std::string_view::npos || !printable(line)) return std::nullopt;
    const std::size_t rest = line.find(' ', port + 1);
    if (rest == std::string_view::npos || rest + 1 == line.size()) return std::nullopt;
    const std::string_view media = line.substr(2, port - 2);
    const unsigned ours = media == "audio" ? kAudioPort : media == "application" ? kFloorPort : 0;
    return fmt::format("{} {}{}\r\n", line.substr(0, port), ours, line.substr(rest));
}

}  // namespace

std::string base64(View bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '\0');
    std::string buffer(out.size() + 1, '\0');  // OpenSSL ends its text with a NUL
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(buffer.data()), bytes.data(),
                    static_cast<int>(bytes.size()));
    std::copy_n(buffer.begin(), out.size(), out.begin());
    return out;
}

std::string sdp_offer(const Local& local, std::uint32_t session, View mikey) {
    return session_part(local, session) + fmt::format("a=key-mgmt:mikey {}\r\n", base64(mikey)) +
           media_part();
}

std::optional<std::string> sdp_answer(const Local& local, std::uint32_t session,
                                      std::optional<std::string_view> offer) {
    std::string out = session_part(local, session);
    if (!offer) return out + media_part();
    bool media = false;
    while (!offer->empty()) {
        const std::size_t end = offer->find('\n');
        std::string_view line = offer->substr(0, end);
        offer->remove_prefix(end == std::string_view::npos ? offer->size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("m=")) {
            const std::optional<std::string> answered = answered_media(line);
            if (!answered) return std::nullopt;
            out += *answered;
            media = true;
        } else if (media && printable(line) &&
                   (line.starts_with("a=rtpmap:") || line.starts_with("a=fmtp:"))) {
            out += fmt::format("{}\r\n", line);
        }
    }
    return media ? std::optional(out) : std::nullopt;
}

std::string mcptt_info(std::string_view calling, std::string_view called) {
    std::string out(kXml);
    out += "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>";
    if (called.empty()) out += "<session-type>private</session-type>";
    if (!called.empty()) out += user_element("mcptt-request-uri", called);
    return out + user_element("mcptt-calling-user-id", calling) + "</mcptt-Params></mcpttinfo>\r\n";
}

std::string resource_lists(std::string_view called) {
    return fmt::format(
        "{}<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
        "xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\"><list><entry uri=\"{}\" cc:copyControl=\"to\"/>"
        "</list></resource-lists>\r\n",
        kXml, krr::escape(called));
}

Body multipart(const std::vector<Part>& parts, crypto::Random& random) {
    const auto taken = [&](const std::string& boundary) {
        return std::ranges::any_of(
            parts, [&](const Part& part) { return part.data.find(boundary) != std::string::npos; });
    };
    std::string boundary = "mc-" + token(random);
    while (taken(boundary)) boundary = "mc-" + token(random);
    Body out{fmt::format("multipart/mixed; boundary=\"{}\"", boundary), {}};
    for (const Part& part : parts) {
        out.data += fmt::format("--{}\r\nContent-Type: {}\r\n", boundary, part.type);
        for (const std::string& line : part.lines) out.data += line + "\r\n";
        out.data += "\r\n" + part.data + "\r\n";
    }
    out.data += fmt::format("--{}--\r\n", boundary);
    return out;
}

}  // namespace kmsgate::client::agent

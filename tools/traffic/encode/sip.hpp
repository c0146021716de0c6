// SPDX-License-Identifier: BSD-3-Clause
// SIP requests and responses of a mission-critical network, and their bodies (RFC 3261, TS 24.379).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::traffic {

/// What a dialog's messages share.
struct Names {
    std::string caller;  ///< user URIs in normal form
    std::string callee;
    std::string target;  ///< Request-URI of a request: a public service identity, as a rule
    std::string to;      ///< empty: the same
    std::string call_id;
    std::string branch;
    std::string from_tag;
    std::string to_tag;     ///< of who answers
    std::string sent_by;    ///< "10.0.0.1:5060"
    std::string more_vias;  ///< whole lines below the top one
    std::string_view transport = "UDP";
    std::uint32_t cseq = 1;
    bool rport = false;
};

/// A body and its type; none where the type is empty.
struct Body {
    std::string type;
    std::string bytes;
};

/// Whether To has its tag: inside a dialog.
enum class Within : std::uint8_t { none, dialog };

/// A request; `more`: whole header lines, each with its CRLF.
[[nodiscard]] std::string request(std::string_view method, const Names& names, Within within,
                                  std::string_view more, const Body& body);
/// A response to the request `method` of these names; `tag`: of To, empty for a 100.
[[nodiscard]] std::string response(unsigned status, std::string_view reason, std::string_view method,
                                   const Names& names, std::string_view tag, std::string_view more,
                                   const Body& body);

/// One part of a multipart body: type, whole header lines besides the type, bytes.
struct Part {
    std::string type;
    std::string headers;
    std::string bytes;
};
/// RFC 2046 5.1.
[[nodiscard]] std::string multipart(const std::vector<Part>& parts, std::string_view boundary);

inline constexpr std::string_view kSdp = "application/sdp";
inline constexpr std::string_view kMcpttInfo = "application/vnd.3gpp.mcptt-info+xml";
inline constexpr std::string_view kResourceLists = "application/resource-lists+xml";
inline constexpr std::string_view kLocation = "application/vnd.3gpp.location-info+xml";
inline constexpr std::string_view kMikey = "application/mikey";
inline constexpr std::string_view kKrr = "application/vnd.3gpp.kmsredirectresponse+xml";

/// A session description of audio and floor control; the lines stand at session and at media level, whole or
/// empty.
struct Offer {
    std::string_view host;  ///< without brackets
    bool v6 = false;
    std::uint64_t session = 1;
    std::uint16_t port = 40000;
    std::string_view session_lines;
    std::string_view media_lines;
};
[[nodiscard]] std::string sdp(const Offer& offer);
/// The call's description; `client`: 32 hexadecimal digits or empty; `token`: an access token or empty.
[[nodiscard]] std::string mcptt_info(std::string_view caller, std::string_view client,
                                     std::string_view token);
[[nodiscard]] std::string resource_lists(std::string_view callee);
/// Where the client is: `size` bytes, at least 400.
[[nodiscard]] std::string location_info(std::uint64_t number, std::size_t size);

/// A KRR as a receiver writes it (spec facts 3.3).
struct Krr {
    std::string_view processor;
    std::uint64_t seconds = 0;  ///< since 1970
    std::string_view initiator;
    std::string_view receiver;
    std::string_view kmsi;
    std::string_view kmsr;
    std::vector<std::string> initiator_list;  ///< empty: ANY
    std::vector<std::string> receiver_list;
};
[[nodiscard]] std::string krr(const Krr& krr);

}  // namespace kmsgate::traffic

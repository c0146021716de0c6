// SPDX-License-Identifier: BSD-3-Clause
// The full SIP parser: one datagram in, views into it out. No heap, no DPDK, no guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// Bounds of the parser. Past one of them a message is malformed or uninspectable, never half read.
inline constexpr std::size_t kMaxHeaders = 512;

enum class Kind : std::uint8_t { unknown, request, response };

enum class Fault : std::uint8_t {
#define X(name, text, meaning) name,
#include "dataplane/sip/fault.def"
#undef X
    count_
};
/// Event text of a fault ("content-length").
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

/// Set of faults found in one message.
class FaultSet {
  public:
    constexpr void add(Fault f) noexcept { bits_ |= 1U << static_cast<unsigned>(f); }
    [[nodiscard]] constexpr bool has(Fault f) const noexcept {
        return (bits_ >> static_cast<unsigned>(f) & 1U) != 0;
    }
    [[nodiscard]] constexpr bool any() const noexcept { return bits_ != 0; }
    constexpr void merge(FaultSet o) noexcept { bits_ |= o.bits_; }
    /// The fault that stands first in fault.def; only valid when any().
    [[nodiscard]] Fault first() const noexcept { return static_cast<Fault>(__builtin_ctz(bits_)); }

  private:
    std::uint32_t bits_ = 0;
};

/// Header names that something downstream asks for; everything else is `other` (but kept in
/// Message::headers).
enum class HeaderId : std::uint8_t {
    other,
    via,
    from,
    to,
    call_id,
    cseq,
    contact,
    content_length,
    content_type,
    content_encoding,
    content_transfer_encoding,
    content_disposition,
    refer_to,
    referred_by,
    p_asserted_identity,
    p_preferred_identity,
    p_visited_network_id,
    p_access_network_info,
};
inline constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::p_access_network_info) + 1;

/// The id of a header name in long or compact form, any letter case (RFC 3261 20, 7.3.3).
[[nodiscard]] HeaderId header_id(std::string_view name) noexcept;

/// Which headers stand in a message.
class HeaderSet {
  public:
    constexpr HeaderSet() noexcept = default;
    constexpr HeaderSet(std::initializer_list<HeaderId> ids) noexcept {
        for (const HeaderId id : ids) add(id);
    }
    constexpr void add(HeaderId id) noexcept { bits_ |= 1U << static_cast<unsigned>(id); }
    [[nodiscard]] constexpr bool has(HeaderId id) const noexcept {
        return (bits_ >> static_cast<unsigned>(id) & 1U) != 0;
    }
    constexpr void add_all(HeaderSet o) noexcept { bits_ |= o.bits_; }
    [[nodiscard]] constexpr bool has_all(HeaderSet o) const noexcept { return (o.bits_ & ~bits_) == 0; }
    [[nodiscard]] constexpr bool has_any(HeaderSet o) const noexcept { return (o.bits_ & bits_) != 0; }
    [[nodiscard]] constexpr HeaderSet common(HeaderSet o) const noexcept {
        HeaderSet both;
        both.bits_ = bits_ & o.bits_;
        return both;
    }
    friend constexpr bool operator==(HeaderSet, HeaderSet) noexcept = default;

  private:
    std::uint32_t bits_ = 0;
};

/// One header line. `value` is trimmed but may still hold folds (line end + SP/HT), see unfold(). A line
/// without a colon (fault header_line) is kept, too: its text as the name, id `other`, no value.
struct Header {
    HeaderId id = HeaderId::other;
    bool folded = false;
    std::string_view name;
    std::string_view value;
};

/// Top Via (RFC 3261 20.42, RFC 3581). All views point into the message.
struct Via {
    bool readable = false;
    bool rport = false;            ///< the parameter is present, with or without a value
    std::string_view transport;    ///< "UDP"
    std::string_view host;         ///< sent-by host, IPv6 in brackets
    std::uint16_t port = 0;        ///< sent-by port, 0 when absent (then 5060)
    std::string_view sent_by;      ///< host[:port] as written
    std::string_view branch;       ///< empty when absent (RFC 2543)
    std::string_view maddr;        ///< empty when absent
    std::string_view value;        ///< the whole first Via value, up to the comma or the line's end, trimmed
    std::string_view rport_param;  ///< "rport" or "rport=..." as written; empty when absent
    std::string_view received_param;  ///< "received=..." as written; empty when absent
};

/// A SIP message as far as it could be read. What could not be read is an empty view or zero, and a fault.
struct Message {
    Kind kind = Kind::unknown;
    FaultSet faults;
    std::string_view raw;          ///< the whole datagram, leading CRLFs cut
    std::string_view head;         ///< start line and headers including the empty line
    std::string_view start_line;   ///< without line end
    std::string_view method;       ///< request: of the request line; response: of CSeq
    std::string_view request_uri;  ///< request only
    std::uint16_t status = 0;      ///< response only
    std::span<const Header> headers;
    HeaderSet present;  ///< the ids of `headers`
    std::optional<std::uint32_t> content_length;
    std::string_view body;      ///< Content-Length bytes, or all that follows the headers (RFC 3261 18.3)
    std::string_view trailing;  ///< bytes after Content-Length
    Via via;
    std::string_view call_id;
    std::optional<std::uint32_t> cseq;
    std::string_view cseq_method;
    std::string_view from;      ///< value of From
    std::string_view to;        ///< value of To
    std::string_view from_uri;  ///< addr-spec of From, without <>
    std::string_view to_uri;    ///< addr-spec of To
    std::string_view from_tag;
    std::string_view to_tag;
    /// A lone CR or LF stands in the head: another reader may split it elsewhere. Same answer for both
    /// LineEnds.
    bool mixed_line_ends = false;

    /// Via, From, To, Call-ID and CSeq could be read: an answer can be built (RFC 3261 8.2.6).
    [[nodiscard]] bool answerable() const noexcept;
};

/// Which bytes end a line while reading the headers.
enum class LineEnds : std::uint8_t {
    lenient,  ///< CRLF, lone LF or lone CR
    strict,   ///< CRLF only; lone CR and LF are part of the line
};

/// Reads one UDP datagram (or one framed message) that is meant to be a single SIP message.
/// Leading CRLFs are skipped (RFC 3261 7.5). Never fails: see Message::faults. Headers come from the arena.
[[nodiscard]] Message parse(std::string_view datagram, Arena& arena,
                            LineEnds ends = LineEnds::lenient) noexcept;

/// Could these bytes be SIP: after leading CR/LF, does the first line start or end with "SIP/2.0" in any
/// case?
enum class LooksLike : std::uint8_t { no, yes, need_more };
/// `whole`: nothing follows these bytes; otherwise need_more is said while the first line is still open.
[[nodiscard]] LooksLike looks_like_sip(std::string_view bytes, bool whole) noexcept;

/// Copies `value` with each fold (line end + SP/HT...) replaced by one SP; the same view when nothing is
/// folded, an empty one when the arena is used up.
[[nodiscard]] std::string_view unfold(std::string_view value, Arena& arena) noexcept;

/// Next comma-separated element of a header value, trimmed; quotes, <> and (comments) respected. Cuts it from
/// `rest`. Returns an empty view when nothing is left; empty elements are skipped.
[[nodiscard]] std::string_view next_element(std::string_view& rest) noexcept;

/// The addr-spec of a name-addr or addr-spec ("Bob" <sip:b@x>;tag=1 -> sip:b@x); empty when it cannot be
/// read.
[[nodiscard]] std::string_view addr_spec(std::string_view value) noexcept;

/// The value of a ;name=value parameter after the name-addr or after the first ';' (any letter case,
/// unquoted); nullopt when absent, empty when it has no value.
[[nodiscard]] std::optional<std::string_view> parameter(std::string_view value,
                                                        std::string_view name) noexcept;

/// One ;name=value parameter. Views into the value it was read from; folds count as white space.
struct Parameter {
    std::string_view written;  ///< the whole parameter, trimmed: `rport=5060`
    std::string_view name;
    std::string_view value;  ///< without its quotes (backslashes stay); empty when absent
    bool has_value = false;  ///< an '=' stands there
    bool quoted = false;
};

/// What follows the first ';' outside quotes and <> of a header value; empty when there is none.
[[nodiscard]] std::string_view parameters(std::string_view value) noexcept;

/// Next parameter of a list like the one that parameters() gives; quotes respected, empty ones skipped. Cuts
/// it from `rest`. Nullopt when nothing is left. For callers that must see a name given twice.
[[nodiscard]] std::optional<Parameter> next_parameter(std::string_view& rest) noexcept;

}  // namespace kmsgate::sip

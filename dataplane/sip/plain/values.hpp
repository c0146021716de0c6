// SPDX-License-Identifier: BSD-3-Clause
// The values of the headers that are read, in their plain forms. False: another form, or none.
#pragma once

#include "dataplane/sip/plain/text.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

inline constexpr std::uint32_t kLower32 = static_cast<std::uint32_t>(kLower);

/// Up to nine digits, behind at least four other bytes of the message.
[[nodiscard, gnu::always_inline]] inline bool read_digits(const char* from, const char* to,
                                                          std::uint32_t& out) noexcept {
    const std::ptrdiff_t size = to - from;
    if (size <= 0 || size > 9) return false;
    if (size <= 4) [[likely]] {
        // all at once, with zeros before them
        constexpr std::uint32_t zeros = text32("0000");
        const auto others = static_cast<unsigned>(32 - 8 * size);
        std::uint32_t w = ((load32(to - 4) ^ zeros) >> others) << others;
        if (((w | (w + 0x0606'0606U)) & 0xF0F0'F0F0U) != 0) return false;
        w = w * 10 + (w >> 8);
        out = (w & 0xFFU) * 100 + (w >> 16 & 0xFFU);
        return true;
    }
    std::uint32_t number = 0;
    for (; from < to; ++from) {
        const unsigned digit = static_cast<unsigned char>(*from) - unsigned{'0'};
        if (digit > 9) return false;
        number = number * 10 + digit;
    }
    out = number;
    return true;
}

/// `sip:`, `sips:` or `tel:` in any letter case, and something behind it.
[[nodiscard, gnu::always_inline]] inline bool has_scheme(const char* from, const char* to) noexcept {
    if (to - from < 6) return false;
    const std::uint32_t scheme = load32(from) | kLower32;
    return scheme == text32("sip:") || scheme == text32("tel:") ||
           (scheme == text32("sips") && from[4] == ':');
}

/// One parameter of a Via, between its ';' and the next one. Names that could be one of those that count, in
/// another spelling, are refused.
[[nodiscard, gnu::always_inline]] inline bool read_via_parameter(const char* from, const char* to,
                                                                 Via& via) noexcept {
    // `from` stands behind a ';' in a line that is followed by another one
    switch (*from | 0x20) {
        case 'b':
            if (to - from < 7 || load32(from) != text32("bran") || load32(from + 3) != text32("nch="))
                return false;
            if (via.branch.empty()) via.branch = view(from + 7, to);
            return true;
        case 'm':
            if (to - from < 6 || load32(from) != text32("madd") || load16(from + 4) != text16("r="))
                return false;
            if (via.maddr.empty()) via.maddr = view(from + 6, to);
            return true;
        case 'r':
            if (to - from >= 9 && load64(from) == text64("received") && from[8] == '=') {
                if (via.received_param.empty()) via.received_param = view(from, to);
                return true;
            }
            if (to - from < 5 || load32(from) != text32("rpor") || from[4] != 't') return false;
            if (to - from > 5 && from[5] != '=') return false;
            if (!via.rport) via.rport_param = view(from, to);
            via.rport = true;
            return true;
        default:
            return true;
    }
}

/// SIP/2.0/UDP host[:port][;parameters], without blanks, quotes and comments, one value.
[[nodiscard, gnu::noinline]] inline bool read_via(const Text& t, std::string_view value, Via& via) noexcept {
    const char* const from = value.begin();
    const char* const to = value.end();
    if (value.size() < 16 || load64(from) != text64("SIP/2.0/")) return false;
    const std::uint32_t transport = load32(from + 8);
    if (transport != text32("UDP ") && transport != text32("TCP ") && transport != text32("TLS "))
        return false;
    const char* const host = from + 12;
    // 64 bytes of it at once, the rest as the need arises
    const std::size_t size = value.size() - 12;
    const std::uint64_t within = size < 64 ? (std::uint64_t{1} << size) - 1 : ~std::uint64_t{0};
    const char* const here = t.window(host);
    if ((bytes::outside(here, kViaBytes) & within) != 0) return false;
    if (size > 64 && !all_in(t, host + 64, to, kViaBytes)) return false;
    const std::uint64_t semicolons = bytes::template any<';'>(bytes::load(here)) & within;
    const auto semicolon = [&] [[gnu::always_inline]] (const char* at) {
        const auto passed = static_cast<std::size_t>(at - host);
        if (passed < 64 && semicolons >> passed != 0) return at + std::countr_zero(semicolons >> passed);
        return size <= 64 ? to : first_of<';'>(t, passed < 64 ? host + 64 : at, to);
    };
    const char* at = host;
    if (*at == '[') {
        do ++at;
        while (at < to && (hex_value(*at) >= 0 || *at == ':' || *at == '.'));
        if (at == host + 1 || at == to || *at != ']') return false;
        ++at;
    } else {
        at = first_outside(t, host, to, kHosts);
        if (at == host) return false;
    }
    via.host = view(host, at);
    via.port = 0;
    if (at < to && *at == ':') {
        const char* const port = ++at;
        at = semicolon(port);
        std::uint32_t number = 0;
        if (at - port > 5 || !read_digits(port, at, number) || number > 0xFFFF) return false;
        via.port = static_cast<std::uint16_t>(number);
    }
    via.sent_by = view(host, at);
    if (at < to && *at != ';') return false;
    via.rport = false;
    via.branch = via.maddr = via.rport_param = via.received_param = {};
    via.readable = true;
    via.transport = view(from + 8, from + 11);
    via.value = value;
    while (at < to) {
        const char* parameter = at + 1;
        at = semicolon(parameter);
        if (parameter < at && !read_via_parameter(parameter, at, via)) return false;
    }
    return true;
}

/// ["name" | words] <uri> [;parameters]: the uri, and the tag when there is one.
[[nodiscard, gnu::noinline]] inline bool read_party(const Text& t, std::string_view value,
                                                    std::string_view& uri, std::string_view& tag) noexcept {
    const char* at = value.begin();
    const char* const to = value.end();
    if (*at == '"') {
        at = first_of<'"', '\\'>(t, at + 1, to);
        if (at == to || *at != '"') return false;
        ++at;
    }
    if (at == to || *at != '<') {
        at = first_of<'<', ';', '"'>(t, at, to);
        if (at == to || *at != '<') return false;
    }
    const char* scheme = at + 1;
    at = first_outside(t, scheme, to, kUriBytes);
    if (at == to || *at != '>' || !has_scheme(scheme, at)) return false;
    uri = view(scheme, at);
    tag = {};
    for (++at; at < to;) {
        if (*at != ';' || to - at < 2) return false;
        if (to - at > 5 && load32(at) == text32(";tag") && at[4] == '=') {
            const char* end = first_outside(t, at + 5, to, kTagBytes);
            if (end != to && *end != ';') return false;
            tag = view(at + 5, end);
            return true;
        }
        if (at[1] == ' ' || (at[1] | 0x20) == 't') return false;
        at = first_of<';', '"'>(t, at + 1, to);
        if (at != to && *at != ';') return false;
    }
    return true;
}

/// 1*DIGIT SP method; at most nine digits.
[[nodiscard, gnu::always_inline]] inline bool read_cseq(const Text& t, std::string_view value,
                                                        Message& message) noexcept {
    const char* const blank = first_of<' '>(t, value.begin(), value.end());
    std::uint32_t number = 0;
    if (blank == value.end() || !read_digits(value.begin(), blank, number) || blank[1] == ' ') return false;
    message.cseq = number;
    message.cseq_method = view(blank + 1, value.end());
    return true;
}

/// How a body is read.
enum class Type : std::uint8_t { none, sdp, xml, krr, multipart, text };

/// A boundary as Content-Type gives it.
struct Boundary {
    const char* text = nullptr;
    std::size_t size = 0;
    std::uint32_t mask = 0;  ///< bit i: byte i of its first 32 belongs to it
};

inline constexpr std::size_t kMostBoundary = 70;  // RFC 2046 5.1.1

/// The boundary parameter's value, bare or quoted, which nothing follows.
[[nodiscard, gnu::always_inline]] inline bool read_boundary(const Text& t, const char* from, const char* to,
                                                            Boundary& boundary) noexcept {
    if (*from == '"') {
        if (to - from < 3 || to[-1] != '"') return false;
        ++from;
        --to;
    }
    if (from == to || to - from > static_cast<std::ptrdiff_t>(kMostBoundary) ||
        first_outside(t, from, to, kBoundaries) != to)
        return false;
    boundary.text = t.window(from);
    boundary.size = static_cast<std::size_t>(to - from);
    boundary.mask = boundary.size < 32 ? (1U << boundary.size) - 1 : ~0U;
    return true;
}

/// multipart/mixed with its boundary and no other parameter.
[[nodiscard, gnu::noinline]] inline bool read_multipart(const Text& t, const char* from, const char* to,
                                                        Boundary& boundary) noexcept {
    if (to - from < 26 || (load64(from) | kLower) != text64("multipar") ||
        (load64(from + 7) | kLower) != text64("rt/mixed") || from[15] != ';')
        return false;
    from += from[16] == ' ' ? 17 : 16;
    if (to - from < 10 || load64(from) != text64("boundary") || from[8] != '=') return false;
    return read_boundary(t, from + 9, to, boundary);
}

inline constexpr std::ptrdiff_t kKrrType =
    std::string_view("application/vnd.3gpp.kmsredirectresponse+xml").size();

/// Is it the KRR's own type, in any letter case? `from`: kKrrType printable bytes, the first eight known.
[[nodiscard]] inline bool is_krr_type(const char* from) noexcept {
    return (load64(from + 8) | kLower) == text64("ion/vnd.") &&
           (load64(from + 16) | kLower) == text64("3gpp.kms") &&
           (load64(from + 24) | kLower) == text64("redirect") &&
           (load64(from + 32) | kLower) == text64("response") &&
           (load32(from + 40) | kLower32) == text32("+xml");
}

/// The other types that are read here; `none` for all others.
[[nodiscard, gnu::noinline]] inline Type read_type(const Text& t, const char* from, const char* to) noexcept {
    const std::ptrdiff_t size = to - from;
    if (size < 10) return Type::none;
    const std::uint64_t first = load64(from) | kLower;
    if (first == text64("applicat")) {
        if (size == 15 && (load64(from + 7) | kLower) == text64("tion/sdp")) return Type::sdp;
        if (size == kKrrType) return is_krr_type(from) ? Type::krr : Type::none;
        const bool xml = size > 16 && size < 90 && (load32(from + 8) | kLower32) == text32("ion/") &&
                         (load32(to - 4) | kLower32) == text32("+xml") &&
                         first_outside(t, from + 12, to, kSubtypes) == to;
        return xml ? Type::xml : Type::none;
    }
    if (size == 10 && first == text64("text/pla") && (load16(from + 8) | 0x2020) == text16("in"))
        return Type::text;
    return Type::none;
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

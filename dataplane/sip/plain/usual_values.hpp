// SPDX-License-Identifier: BSD-3-Clause
// The values of headers in their usual shape and size: one look at all marks in 64 bytes. What they take
// values.hpp would take, and give the same.
#pragma once

#include "dataplane/sip/plain/values.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

/// SIP/2.0/UDP host[:port][;parameters] in less than 76 bytes, 31 of them the host. False: it may still be
/// plain, and `via` holds anything.
[[nodiscard, gnu::always_inline]] inline bool read_usual_via(const Text& t, std::string_view value,
                                                             Via& via) noexcept {
    const char* const from = value.data();
    const char* const host = from + 12;
    const char* const to = value.end();
    const std::size_t size = value.size() - 12;
    if (value.size() < 16 || size > 63 || host >= t.last64 || load64(from) != text64("SIP/2.0/") ||
        load32(from + 8) != text32("UDP "))
        return false;
    const std::uint64_t last = std::uint64_t{1} << size;  // as if it were a mark, too
    std::uint64_t marks =
        ((bytes::few(host, kViaMarks) | bytes::template any<','>(bytes::load(host))) & (last - 1)) | last;
    const char* at = host + std::countr_zero(bytes::outside32(host, kHosts));
    if (at == host) return false;
    via.host = view(host, at);
    std::uint32_t port = 0;
    if (*at == ':') {
        const char* const digits = at + 1;
        marks &= marks - 1;
        at = host + std::countr_zero(marks);
        if (at - digits > 5 || !read_digits(digits, at, port) || port > 0xFFFF) return false;
    }
    if (at != host + std::countr_zero(marks)) return false;
    via.port = static_cast<std::uint16_t>(port);
    via.sent_by = view(host, at);
    via.rport = false;
    via.branch = via.maddr = via.rport_param = via.received_param = {};
    via.readable = true;
    via.transport = view(from + 8, from + 11);
    via.value = value;
    while (at != to) {
        if (*at != ';') return false;
        const char* const parameter = at + 1;
        marks &= marks - 1;
        at = host + std::countr_zero(marks);
        if (parameter < at && !read_via_parameter(parameter, at, via)) return false;
    }
    return true;
}

/// <uri> or <uri>;tag=x in less than 64 bytes, of which none but these marks could end either. False: it may
/// still be plain.
[[nodiscard, gnu::always_inline]] inline bool read_usual_party(const Text& t, std::string_view value,
                                                               std::string_view& uri,
                                                               std::string_view& tag) noexcept {
    const char* const from = value.data();
    const std::size_t size = value.size();
    if (*from != '<' || size > 63 || from >= t.last64) return false;
    std::uint64_t marks = bytes::few(from, kPartyMarks) & ((std::uint64_t{1} << size) - 2);
    if (marks == 0) return false;
    const char* const end = from + std::countr_zero(marks);
    const std::uint64_t first = marks & (0 - marks);
    marks ^= first;
    if (*end != '>' || end - from < 7 || (load32(from + 1) | kLower32) != text32("sip:")) return false;
    uri = view(from + 1, end);
    tag = {};
    const char* const to = from + size;
    if (end + 1 == to) return true;
    constexpr std::uint64_t five = 0xFF'FFFF'FFFFU;
    if (marks != first << 1 || to - end < 7 || (load64(end + 1) & five) != text64(";tag=")) return false;
    tag = view(end + 6, to);
    return true;
}

/// 1*DIGIT SP and the request's method, which has at most eight characters and starts the message. False: it
/// may still be plain.
[[nodiscard, gnu::always_inline]] inline bool read_usual_cseq(const Text& t, std::string_view value,
                                                              Message& message) noexcept {
    const std::size_t size = message.method.size();
    if (size > 8 || value.size() < size + 2) return false;
    const auto others = static_cast<unsigned>(64 - 8 * size);
    const char* const method = value.end() - size;
    if (method[-1] != ' ' || load64(value.end() - 8) >> others != load64(t.begin) << others >> others)
        return false;
    std::uint32_t number = 0;
    if (!read_digits(value.begin(), method - 1, number)) return false;
    message.cseq = number;
    message.cseq_method = view(method, value.end());
    return true;
}

/// How Content-Type names it most often; 32 bytes of it can be read.
inline constexpr char kUsualMultipart[33] = "multipart/mixed;boundary=";
inline constexpr std::size_t kUsualMultipartSize = std::string_view(kUsualMultipart).size();

/// multipart/mixed in its usual spelling, with a bare boundary of less than 32 bytes. False: it may still be
/// plain.
[[nodiscard, gnu::always_inline]] inline bool read_usual_multipart(const Text& t, std::string_view value,
                                                                   Boundary& boundary) noexcept {
    constexpr std::size_t before = kUsualMultipartSize;
    const char* const from = value.data();
    const char* const text = from + before;
    const std::size_t size = value.size() - before;
    if (value.size() <= before || size > 31 || text >= t.last64 ||
        !bytes::same(bytes::load32(from), kUsualMultipart, (1U << before) - 1))
        return false;
    const std::uint32_t mask = (1U << size) - 1;
    boundary = {text, size, mask};
    return (bytes::outside32(text, kBoundaries) & mask) == 0;
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

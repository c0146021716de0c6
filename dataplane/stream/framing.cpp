// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/framing.hpp"

#include <array>
#include <cstring>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/head.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::stream {

std::string_view to_string(Broken why) noexcept {
    static constexpr std::array<std::string_view, static_cast<std::size_t>(Broken::count_)> kNames = {
#define X(name, text, meaning) text,
#include "dataplane/stream/broken.def"
#undef X
    };
    return kNames[static_cast<std::size_t>(why)];
}

std::optional<std::size_t> HeadScan::feed(std::string_view bytes) noexcept {
    const char* const start = bytes.data();
    const char* const end = start + bytes.size();
    const char* p = start;
    while (p != end) {
        switch (at_) {
            case At::line: {
                const void* const found = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
                if (found == nullptr) return std::nullopt;
                p = static_cast<const char*>(found) + 1;
                at_ = At::line_start;
                break;
            }
            case At::line_start:
                if (*p == '\n') {
                    at_ = At::line;
                    return static_cast<std::size_t>(p + 1 - start);
                }
                at_ = *p++ == '\r' ? At::carriage_return : At::line;
                break;
            case At::carriage_return:
                // CR, then anything but LF: a lone one, which body_size() refuses if it matters
                if (*p == '\n') {
                    at_ = At::line;
                    return static_cast<std::size_t>(p + 1 - start);
                }
                at_ = At::line;
                break;
        }
    }
    return std::nullopt;
}

std::size_t blank(std::string_view bytes) noexcept {
    std::size_t n = 0;
    while (n < bytes.size() && (bytes[n] == '\r' || bytes[n] == '\n')) ++n;
    return n;
}

namespace {

std::expected<std::uint32_t, Broken> read_length(const sip::Header& header) noexcept {
    const std::string_view value = header.value;
    if (header.folded || value.empty() || value.size() > 9 ||
        value.find_first_not_of("0123456789") != std::string_view::npos)
        return std::unexpected(Broken::bad_length);
    std::uint32_t number = 0;
    for (const char c : value) number = number * 10 + static_cast<std::uint32_t>(c - '0');
    return number;
}

std::expected<std::uint32_t, Broken> length_of(std::string_view text, sip::Arena& arena,
                                               sip::LineEnds ends) noexcept {
    const sip::Head head = sip::read_head(text, arena, ends);
    if (head.size != text.size() || head.faults.has(sip::Fault::no_header_end))
        return std::unexpected(Broken::head_end);
    if (head.faults.has(sip::Fault::too_many_headers)) return std::unexpected(Broken::two_lengths);
    std::optional<std::uint32_t> length;
    for (const sip::Header& header : head.headers) {
        if (header.id != sip::HeaderId::content_length) {
            // a name that some reader takes for it, such as one with a control character behind it
            if (sip::istarts_with(header.name, "content-length")) return std::unexpected(Broken::two_lengths);
            continue;
        }
        const auto one = read_length(header);
        if (!one) return one;
        if (length && *length != *one) return std::unexpected(Broken::two_lengths);
        length = *one;
    }
    if (!length) return std::unexpected(Broken::no_length);
    return *length;
}

/// The length that a head of plain form says: CRLF at the end of every line and nowhere else, no folds, one
/// Content-Length in its usual spelling. Nothing: ask the parser.
std::optional<std::uint32_t> plain_length(std::string_view head) noexcept {
    constexpr std::string_view kName = "content-length";
    std::optional<std::uint32_t> length;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < head.size(); ++lines) {
        const std::size_t end = head.find('\r', at);
        if (end == std::string_view::npos || end + 1 >= head.size() || head[end + 1] != '\n')
            return std::nullopt;
        const std::string_view line = head.substr(at, end - at);
        if (line.find('\n') != std::string_view::npos || lines >= sip::kMaxHeaders) return std::nullopt;
        at = end + 2;
        if (line.empty()) return at == head.size() ? length : std::nullopt;
        const char first = static_cast<char>(line.front() | 0x20);
        if (line.front() == ' ' || line.front() == '\t') return std::nullopt;
        if ((first != 'c' && first != 'l') || lines == 0) continue;
        std::size_t name = 0;
        if (first == 'l') {
            if (line.size() < 2 || line[1] == ' ' || line[1] == '\t') return std::nullopt;
            if (line[1] == ':') name = 1;
        } else if (sip::istarts_with(line, kName)) {
            name = kName.size();
        }
        if (name == 0) continue;
        if (length || line.size() == name || line[name] != ':') return std::nullopt;
        const std::size_t value = line.find_first_not_of(' ', name + 1);
        if (value == std::string_view::npos || line.size() - value > 9) return std::nullopt;
        std::uint32_t number = 0;
        for (const char c : line.substr(value)) {
            if (c < '0' || c > '9') return std::nullopt;
            number = number * 10 + static_cast<std::uint32_t>(c - '0');
        }
        length = number;
    }
    return std::nullopt;
}

}  // namespace

std::expected<std::uint32_t, Broken> body_size(std::string_view head, sip::Arena& arena) noexcept {
    if (sip::looks_like_sip(head, true) != sip::LooksLike::yes) return std::unexpected(Broken::not_sip);
    if (const auto plain = plain_length(head); plain && head.size() + *plain <= kMaxMessage) return *plain;
    return full_body_size(head, arena);
}

std::expected<std::uint32_t, Broken> full_body_size(std::string_view head, sip::Arena& arena) noexcept {
    const auto lenient = length_of(head, arena, sip::LineEnds::lenient);
    if (!lenient) return lenient;
    const auto strict = length_of(head, arena, sip::LineEnds::strict);
    if (!strict) return strict;
    if (*lenient != *strict) return std::unexpected(Broken::two_lengths);
    if (head.size() + *lenient > kMaxMessage) return std::unexpected(Broken::bad_length);
    return lenient;
}

bool looks_like_tls(std::string_view start) noexcept {
    return start.size() >= 2 && start[0] >= 0x14 && start[0] <= 0x17 && start[1] == 0x03;
}

}  // namespace kmsgate::stream

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/rewrite/encode.hpp"

#include <cstdint>

#include "dataplane/emit/writer.hpp"

namespace kmsgate::rewrite {

namespace {

constexpr std::size_t kLine = 76;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789ABCDEF";

std::uint32_t byte_at(std::string_view text, std::size_t at) noexcept {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

std::string_view base64(std::string_view body, sip::Arena& arena) {
    const std::size_t size = (body.size() + 2) / 3 * 4;
    emit::Writer w(arena.take_raw<char>(size + size / kLine * 2 + 2));
    for (std::size_t at = 0; at < body.size(); at += 3) {
        const std::uint32_t bits =
            byte_at(body, at) << 16 | byte_at(body, at + 1) << 8 | byte_at(body, at + 2);
        if (at != 0 && at / 3 * 4 % kLine == 0) w.put("\r\n");
        for (std::size_t i = 0; i < 4; ++i)
            w.put(at + i > body.size() ? "=" : kAlphabet.substr(bits >> (18 - 6 * i) & 63U, 1));
    }
    return w.text();
}

std::string_view quoted_printable(std::string_view body, sip::Arena& arena) {
    emit::Writer w(arena.take_raw<char>(body.size() * 3 + body.size() / 24 * 3 + 3));
    std::size_t column = 0;
    for (std::size_t at = 0; at < body.size(); ++at) {
        const std::uint32_t c = byte_at(body, at);
        // a line must not look like a delimiter, nor end with a blank
        const bool plain = c > 0x20 && c < 0x7F && c != '=' && !(column == 0 && c == '-');
        const std::size_t size = plain ? 1 : 3;
        if (column + size > kLine - 1) {  // room for the soft line break
            w.put("=\r\n");
            column = 0;
            --at;
            continue;
        }
        if (plain)
            w.put(body.substr(at, 1));
        else
            w.put("=").put(kHex.substr(c >> 4, 1)).put(kHex.substr(c & 15U, 1));
        column += size;
    }
    return w.text();
}

}  // namespace

std::string_view encode(std::string_view body, sip::Encoding encoding, sip::Arena& arena) {
    switch (encoding) {
        case sip::Encoding::base64:
            return base64(body, arena);
        case sip::Encoding::quoted_printable:
            return quoted_printable(body, arena);
        case sip::Encoding::none:
            break;
    }
    return body;
}

}  // namespace kmsgate::rewrite

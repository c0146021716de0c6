// SPDX-License-Identifier: BSD-3-Clause
// Test help: a message looked into, and I_MESSAGEs that can be told apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/sip/body.hpp"
#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {

inline std::string base64(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= bytes.size() ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}
/// `text` in lines of `width` characters.
inline std::string wrapped(std::string_view text, std::size_t width, std::string_view end = "\r\n") {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += width) {
        out += text.substr(at, width);
        out += end;
    }
    return out;
}
/// Everything but letters and digits escaped, in lines of at most 70 characters.
inline std::string quoted_printable(std::string_view bytes) {
    std::string out;
    std::size_t column = 0;
    for (const char c : bytes) {
        if (column > 67) {
            out += "=\r\n";
            column = 0;
        }
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain) {
            out += c;
            column += 1;
        } else {
            constexpr std::string_view hex = "0123456789ABCDEF";
            out += '=';
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
            column += 3;
        }
    }
    return out;
}
inline std::string percent(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        constexpr std::string_view hex = "0123456789abcdef";
        out += '%';
        out += hex[static_cast<unsigned char>(c) >> 4];
        out += hex[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

/// The start of an I_MESSAGE (RFC 6509: HDR, T, RAND ..), with a letter all through it to know it by.
inline std::string mikey(char letter) {
    std::string out("\x01\x1A\x05\x01****\x00\x01\x0B\x00", 12);
    out += std::string(8, letter) + std::string("\x0E\x10", 2) + std::string(44, letter);
    return out;
}
inline std::string key_line(char letter) {
    std::string out("a=key-mgmt:mikey ");
    out += base64(mikey(letter));
    return out += "\r\n";
}
inline std::string sdp(std::string_view session, std::string_view media = {}) {
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
           std::string(session) + "m=audio 4000 RTP/AVP 0\r\n" + std::string(media);
}

/// Where each I_MESSAGE stood and which one: "sdp-session A" in base64, "application-mikey a" in binary; "?"
/// and the data when it is none of mikey('A') to mikey('E').
inline std::string name_of(const Carriage& carriage) {
    std::string out(to_string(carriage.where));
    for (char letter = 'A'; letter <= 'E'; ++letter) {
        if (carriage.form == Form::base64 && carriage.data == base64(mikey(letter)))
            return out + " " + letter;
        if (carriage.form == Form::binary && carriage.data == mikey(letter))
            return out + " " + static_cast<char>(letter + 32);
    }
    return out + " ?" + std::string(carriage.data);
}

/// Everything found in a message, and what it points into.
class Looked {
  public:
    explicit Looked(std::string_view text, const BodyLimits& limits = {},
                    std::size_t memory = std::size_t{1} << 20)
        : text_(text.begin(), text.end()), memory_(memory), arena_(memory_) {
        message_ = parse({text_.data(), text_.size()}, arena_);
        contents_ = look_into(message_, arena_, limits);
    }
    Looked(const Looked&) = delete;
    Looked& operator=(const Looked&) = delete;
    const Contents* operator->() const { return &contents_; }
    [[nodiscard]] const Message& message() const { return message_; }
    [[nodiscard]] std::string found() const {
        std::string out;
        for (const Carriage& c : contents_.carriages) out += (out.empty() ? "" : ", ") + name_of(c);
        return out;
    }
    [[nodiscard]] std::string_view reason() const { return to_string(contents_.uninspectable); }

  private:
    std::vector<char> text_;
    std::vector<std::byte> memory_;
    Arena arena_;
    Message message_;
    Contents contents_;
};

/// An INVITE with this body and the header lines that belong to it (each with its CRLF).
inline std::string carrying(std::string_view headers, std::string_view body) {
    return invite(std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}
inline std::string typed(std::string_view type, std::string_view body) {
    return carrying("Content-Type: " + std::string(type) + "\r\n", body);
}
/// What is found in a message with this type and body, then "!" and the reason when it cannot be looked into.
inline std::string in(const std::string& message) {
    const Looked looked(message);
    const std::string bad =
        looked->uninspectable == Uninspectable::none ? "" : "!" + std::string(looked.reason());
    return looked.found() + bad;
}
inline std::string in(std::string_view type, std::string_view body) {
    return in(typed(type, body));
}

/// A multipart body over `boundary`; each part holds its own headers, empty line and body.
inline std::string parts(std::string_view boundary, std::initializer_list<std::string> all) {
    std::string out;
    for (const std::string& part : all) out += "--" + std::string(boundary) + "\r\n" + part + "\r\n";
    return out + "--" + std::string(boundary) + "--\r\n";
}
inline std::string part(std::string_view type, std::string_view body, std::string_view more = {}) {
    return "Content-Type: " + std::string(type) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}

}  // namespace kmsgate::sip::test

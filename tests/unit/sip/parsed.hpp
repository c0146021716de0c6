// SPDX-License-Identifier: BSD-3-Clause
// Test help: a parsed message together with everything that it points into.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip::test {

/// Owns a copy of the text that ends exactly where the text ends, so that a sanitizer sees any byte read too
/// far.
class Parsed {
  public:
    explicit Parsed(std::string_view text, LineEnds ends = LineEnds::lenient, std::size_t memory = 65536)
        : text_(text.begin(), text.end()), memory_(memory), arena_(memory_) {
        message_ = parse(view(), arena_, ends);
    }
    Parsed(const Parsed&) = delete;
    Parsed& operator=(const Parsed&) = delete;

    const Message& operator*() const { return message_; }
    const Message* operator->() const { return &message_; }
    [[nodiscard]] std::string_view view() const { return {text_.data(), text_.size()}; }
    [[nodiscard]] const Arena& arena() const { return arena_; }
    /// "start-line header-value": the faults in the order of fault.def.
    [[nodiscard]] std::string faults() const {
        std::string out;
        for (unsigned i = 0; i < static_cast<unsigned>(Fault::count_); ++i) {
            if (!message_.faults.has(static_cast<Fault>(i))) continue;
            if (!out.empty()) out += ' ';
            out += to_string(static_cast<Fault>(i));
        }
        return out;
    }

  private:
    std::vector<char> text_;
    std::vector<std::byte> memory_;
    Arena arena_;
    Message message_;
};

/// The lines with CRLF behind each.
inline std::string lines(std::initializer_list<std::string_view> all) {
    std::string out;
    for (const std::string_view line : all) {
        out += line;
        out += "\r\n";
    }
    return out;
}

/// A plain INVITE with `start` as start line and `more` header lines (each with its CRLF), then `body`.
inline std::string invite(std::string_view more = {}, std::string_view body = {},
                          std::string_view start = "INVITE sip:bob@b.example SIP/2.0") {
    return std::string(start) + "\r\n" +
           lines({"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK77", "Max-Forwards: 70",
                  "From: \"Alice\" <sip:alice@a.example>;tag=a1", "To: <sip:bob@b.example>",
                  "Call-ID: 77@a.example", "CSeq: 4711 INVITE"}) +
           std::string(more) + "\r\n" + std::string(body);
}

/// Replaces the first `what` in `text`; the test is wrong when there is none.
inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const std::size_t at = text.find(what);
    if (at == std::string::npos) throw std::logic_error("replaced: no " + std::string(what));
    return text.replace(at, what.size(), with);
}

}  // namespace kmsgate::sip::test

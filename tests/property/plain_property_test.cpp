// SPDX-License-Identifier: BSD-3-Clause
// Plain messages changed in a few places at random, with what disguises are made of: what the plain reader
// takes is what the full parser reads, at every level. Fixed seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/property/plain_messages.hpp"
#include "tests/unit/sip/plain_kit.hpp"

namespace kmsgate::sip::test {
namespace {

constexpr std::uint32_t kSeeds = 60;
constexpr int kMessages = 6000;

class Changes {
  public:
    explicit Changes(std::uint32_t seed) : random_(seed) {}

    std::string message(const std::vector<std::string>& plain) {
        std::string text = plain[below(plain.size())];
        for (std::size_t n = 1 + below(3); n > 0; --n) change(text);
        if (below(4) != 0) count_body(text);
        return text;
    }

  private:
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

    /// A place: anywhere, at the start of a line, or behind a mark of XML or a parameter.
    std::size_t place(const std::string& text) {
        const std::size_t at = below(text.size());
        if (below(3) == 0) return at;
        const std::size_t found = text.find_first_of(below(2) == 0 ? "\n" : "<>\";:=", at);
        return found == std::string::npos ? at : found + 1;
    }
    std::string piece() {
        const std::string_view p = kPieces[below(std::size(kPieces))];
        return p == "{NUL}" ? std::string(1, '\0') : std::string(p);
    }
    void change(std::string& text) {
        const std::size_t at = std::min(place(text), text.size() - 1);
        const std::size_t line_end = std::min(text.find('\n', at), text.size() - 1) + 1;
        switch (below(9)) {
            case 0:
                text[at] = static_cast<char>(below(256));
                break;
            case 1:
                text[at] = static_cast<char>(text[at] ^ 0x20);
                break;
            case 2:
                text.erase(at, 1 + below(3));
                break;
            case 3:
                text.erase(at, line_end - at);
                break;
            case 4:
                text.insert(line_end, text.substr(at, line_end - at));
                break;
            case 5: {  // a line, or a piece of one, stands elsewhere
                const std::string moved = text.substr(at, line_end - at);
                text.insert(std::min(place(text), text.size()), moved);
                break;
            }
            case 6:
                text.replace(at, std::min<std::size_t>(below(12), text.size() - at), piece());
                break;
            default:
                text.insert(at, piece());
        }
        if (text.empty()) text = "x";
    }
    /// Content-Length made true again, so that what stands behind it is looked at.
    static void count_body(std::string& text) {
        const std::size_t end = text.find("\r\n\r\n");
        const std::size_t header = text.find("Content-Length: ");
        if (end == std::string::npos || header == std::string::npos || header > end) return;
        const std::size_t digits = header + 16;
        const std::size_t stop = text.find("\r\n", digits);
        text.replace(digits, stop - digits, std::to_string(text.size() - end - 4));
    }

    std::mt19937 random_;
};

TEST(PlainProperty, UnchangedMessagesArePlain) {
    PlainCheck check;
    for (const std::string& text : plain_messages()) EXPECT_EQ(check.at_every_level(text), "plain") << text;
}

TEST(PlainProperty, WhatIsTakenIsWhatTheFullParserReads) {
    const std::vector<std::string> plain = plain_messages();
    PlainCheck check;
    std::size_t taken = 0;
    for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
        Changes changes(seed);
        for (int i = 0; i < kMessages; ++i) {
            const std::string text = changes.message(plain);
            const std::string said = check.at_every_level(text);
            ASSERT_FALSE(said.starts_with("wrong"))
                << "seed " << seed << ", message " << i << ": " << said << "\n"
                << text;
            taken += said == "plain" ? 1 : 0;
        }
    }
    // Neither side of the border may be empty.
    const std::size_t all = std::size_t{kSeeds} * kMessages;
    EXPECT_GT(taken, all / 20);
    EXPECT_LT(taken, all * 3 / 4);
}

}  // namespace
}  // namespace kmsgate::sip::test

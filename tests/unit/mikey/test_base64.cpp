// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/base64.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

struct Decoded {
    std::string text;
    std::optional<Rule> error;
    RuleSet relaxed;
    bool overflow = false;
};

Decoded decode(std::string_view text, RuleSet relax = {}) {
    std::vector<std::uint8_t> out(base64_bytes(text.size()));
    Base64Decoder d(text, out, relax);
    const bool ok = d.finish();
    EXPECT_EQ(ok, !d.error());
    EXPECT_EQ(d.done(), ok);
    return {{d.decoded().begin(), d.decoded().end()}, d.error(), d.relaxed(), d.overflow()};
}

void expect_text(std::string_view text, std::string_view want) {
    const Decoded d = decode(text);
    EXPECT_FALSE(d.error) << text << ": " << name(d.error);
    EXPECT_EQ(d.text, want);
}
void expect_error(std::string_view text, Rule rule, RuleSet relax = {}) {
    EXPECT_EQ(name(decode(text, relax).error), to_string(rule)) << '"' << text << '"';
}
/// Wrong without `rule` relaxed; with it read as `want` and recorded.
void expect_relaxed(std::string_view text, Rule rule, std::string_view want) {
    expect_error(text, rule);
    const Decoded d = decode(text, rules({rule}));
    EXPECT_FALSE(d.error) << '"' << text << "\": " << name(d.error);
    EXPECT_EQ(d.text, want) << '"' << text << '"';
    EXPECT_EQ(d.relaxed, rules({rule}));
}

TEST(Base64, TestVectorsOfRfc4648) {
    expect_text("", "");
    expect_text("Zg==", "f");
    expect_text("Zm8=", "fo");
    expect_text("Zm9v", "foo");
    expect_text("Zm9vYg==", "foob");
    expect_text("Zm9vYmE=", "fooba");
    expect_text("Zm9vYmFy", "foobar");
}

TEST(Base64, EveryLengthAndEveryByte) {
    for (std::size_t n = 0; n < 300; ++n) {
        const Octets data = fill(n, static_cast<std::uint8_t>(n * 7));
        const Decoded d = decode(base64(data));
        ASSERT_FALSE(d.error) << n;
        ASSERT_EQ(d.text, std::string(data.begin(), data.end())) << n;
    }
}

TEST(Base64, OnlyTheStandardAlphabetAtEveryPlace) {
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; ++c) {
        for (std::size_t at = 0; at < 24; ++at) {
            std::string text(24, 'A');
            text[at] = static_cast<char>(c);
            const bool good = alphabet.find(static_cast<char>(c)) != std::string_view::npos;
            const bool padding = c == '=';
            const std::string want = good || (padding && at == 23) ? "-"
                                     : padding                     ? "base64-padding"
                                                                   : "base64-alphabet";
            ASSERT_EQ(name(decode(text).error), want) << "byte " << c << " at " << at;
        }
    }
}

TEST(Base64, WhiteSpaceIsNoPartOfIt) {
    for (const std::string_view text :
         {" Zm9v", "Zm9v ", "Zm 9v", "Zm9v\r\n", "Zm9v\r\n Zm9v", "Zm9v\tZm9v", "Zg==\n"})
        expect_error(text, Rule::base64_alphabet);
    expect_error("_-8_", Rule::base64_alphabet);
    expect_error(std::string_view("Zm9\0", 4), Rule::base64_alphabet);
}

TEST(Base64, PaddingStandsOnlyAtTheEndAndWhole) {
    for (const std::string_view text : {"Zg", "Zm8", "Zm9vZg", "Zm9vZm8"})
        expect_error(text, Rule::base64_padding);
    for (const std::string_view text : {"Zg=", "=", "==", "===", "====", "Z===", "Zm9v=", "Zm9v====", "Zm8==",
                                        "Zg===", "Zg==Zg==", "Zg=v", "Zm8=Zm9v", "=Zm9", "Zm9vZ==="})
        expect_error(text, Rule::base64_padding);
}

TEST(Base64, OneCharacterLeftOver) {
    for (const std::string_view text : {"Z", "Zm9vZ", "Zm9vZm9vZ"}) expect_error(text, Rule::base64_length);
}

TEST(Base64, BitsThatNoByteTakesAreNotLookedAt) {
    expect_text("Zh==", "f");
    expect_text("Zv==", "f");
    expect_text("Zm9=", "fo");
    expect_text("Zm+=", "fo");
}

TEST(Base64, TheFirstErrorInTheTextCounts) {
    expect_error("Zm*vZg", Rule::base64_alphabet);
    expect_error("Zg==*Zg==", Rule::base64_alphabet);
    expect_error("Zg==Z*", Rule::base64_padding);
}

TEST(Base64, RelaxedAlphabetSkips) {
    expect_relaxed(" Zm9v", Rule::base64_alphabet, "foo");
    expect_relaxed("Zm9v\r\n Ym\tFy\r\n", Rule::base64_alphabet, "foobar");
    expect_relaxed("Zg=\n=\n", Rule::base64_alphabet, "f");
    expect_relaxed("\n\n", Rule::base64_alphabet, "");
    expect_relaxed("Zm9v-Ym_Fy", Rule::base64_alphabet, "foobar");
    expect_error("Zm9v\nZg", Rule::base64_padding, rules({Rule::base64_alphabet}));
    expect_error("Zm9v\nZ", Rule::base64_length, rules({Rule::base64_alphabet}));
}

TEST(Base64, RelaxedPaddingMayBeShortButNeverInside) {
    expect_relaxed("Zg", Rule::base64_padding, "f");
    expect_relaxed("Zg=", Rule::base64_padding, "f");
    expect_relaxed("Zm8", Rule::base64_padding, "fo");
    expect_relaxed("Zm9vYmE", Rule::base64_padding, "fooba");
    for (const std::string_view text : {"Zg==Zg==", "Zg=v", "Z===", "====", "Zm9v=", "Zm8=="})
        expect_error(text, Rule::base64_padding, rules({Rule::base64_padding}));
}

TEST(Base64, RelaxedLengthIgnoresTheLeftOver) {
    expect_relaxed("Z", Rule::base64_length, "");
    expect_relaxed("Zm9vZ", Rule::base64_length, "foo");
    expect_error("Zm9vZm", Rule::base64_padding, rules({Rule::base64_length}));
}

TEST(Base64, StepsGiveTheSameAsOneGo) {
    const std::string good = base64(fill(100));
    std::string folded = good;
    folded.insert(38, 1, '\n').insert(0, 1, '\n');
    for (const std::string& text : {good, good + "*", good + "Z", folded}) {
        const RuleSet relax = text[0] == '\n' ? rules({Rule::base64_alphabet}) : RuleSet{};
        const Decoded whole = decode(text, relax);
        for (std::size_t step = 1; step < 40; ++step) {
            std::vector<std::uint8_t> out(base64_bytes(text.size()));
            Base64Decoder d(text, out, relax);
            bool ok = true;
            for (std::size_t want = step; ok && !d.done(); want += step) {
                ok = d.advance(want);
                if (ok && !d.done()) {
                    ASSERT_GE(d.decoded().size(), want);
                    ASSERT_LE(d.decoded().size(), want + 2);
                }
            }
            EXPECT_EQ(std::string(d.decoded().begin(), d.decoded().end()), whole.text);
            EXPECT_EQ(name(d.error()), name(whole.error));
            EXPECT_EQ(d.relaxed(), whole.relaxed);
        }
    }
}

TEST(Base64, AnErrorIsFinal) {
    std::vector<std::uint8_t> out(64);
    Base64Decoder d("Zm9v*m9vZm9v", out);
    EXPECT_TRUE(d.advance(3));
    EXPECT_FALSE(d.advance(4));
    EXPECT_FALSE(d.finish());
    EXPECT_EQ(d.decoded().size(), 3U);
    EXPECT_FALSE(d.done());
}

TEST(Base64, StorageOfEverySize) {
    const Octets data = fill(40);
    const std::string text = base64(data);
    for (std::size_t size = 0; size <= 44; ++size) {
        std::vector<std::uint8_t> out(size);
        Base64Decoder d(text, out);
        EXPECT_TRUE(d.finish()) << size;
        EXPECT_TRUE(d.done()) << size;
        EXPECT_EQ(d.overflow(), size < 40) << size;
        EXPECT_TRUE(std::ranges::equal(
            d.decoded(), Octets(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(
                                                                 std::min<std::size_t>(size, 40)))));
    }
}

TEST(Base64, FullStorageDoesNotHideAnError) {
    std::vector<std::uint8_t> out(3);
    Base64Decoder d("Zm9vZm9vZm*v", out);
    EXPECT_FALSE(d.finish());
    EXPECT_EQ(d.error(), Rule::base64_alphabet);
}

TEST(Base64, StorageThatIsAlwaysEnough) {
    EXPECT_EQ(base64_bytes(0), 0U);
    EXPECT_EQ(base64_bytes(1), 3U);
    EXPECT_EQ(base64_bytes(4), 3U);
    EXPECT_EQ(base64_bytes(5), 6U);
    EXPECT_EQ(base64_bytes(952), 714U);
}

}  // namespace
}  // namespace kmsgate::mikey::test

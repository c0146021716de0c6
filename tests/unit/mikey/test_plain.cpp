// SPDX-License-Identifier: BSD-3-Clause
// The plain reader beside read_base64(), on texts one character away from a well-formed one. The other tests
// of this room ask it too (check.hpp).
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

void expect_alike(const std::string& text) {
    Octets scratch(base64_bytes(text.size()));
    expect_plain(text, read_base64(text, scratch));
}

TEST(Plain, EveryCharacterReplaced) {
    const std::string text = base64(chain(real_parts()));
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char c : {'A', '/', '+', '=', '-', ' ', '\0', '\x7F', '\x80', '\xC1', 'z', '@', '[', '`',
                             '{', '9', ':'}) {
            std::string changed = text;
            changed[i] = c;
            expect_alike(changed);
            ASSERT_FALSE(HasFailure()) << i << " as " << int{c};
        }
}

TEST(Plain, EveryLength) {
    const std::string text = base64(chain(real_parts()));
    for (std::size_t n = 0; n <= text.size(); ++n) {
        expect_alike(text.substr(0, n));
        expect_alike(text.substr(0, n) + "=");
        expect_alike(text.substr(0, n) + "==");
    }
}

// Names and certificates of every length, so that every end of a vector and every padding is met.
TEST(Plain, EverySizeOfData) {
    for (std::size_t n = 0; n < 200; ++n) {
        Parts parts = real_parts();
        parts.insert(parts.begin() + 2, part_idr(1, fill(n, 0)));
        const Octets data = chain(parts);
        expect_alike(base64(data));
    }
}

TEST(Plain, EveryByteReplaced) {
    const Octets data = chain(real_parts());
    std::mt19937 random(20261129);
    for (std::size_t i = 0; i < data.size(); ++i)
        for (int k = 0; k < 12; ++k) {
            Octets changed = data;
            changed[i] = static_cast<std::uint8_t>(k < 6 ? random() % 32 : random());
            expect_alike(base64(changed));
            ASSERT_FALSE(HasFailure()) << i;
        }
}

TEST(Plain, TooLittleStorage) {
    const std::string text = base64(chain(real_parts()));
    Octets scratch(plain_bytes(text.size()) - 1);
    Message m;
    EXPECT_FALSE(read_plain(text, scratch, m));
}

}  // namespace
}  // namespace kmsgate::mikey::test

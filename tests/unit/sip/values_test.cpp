// SPDX-License-Identifier: BSD-3-Clause
// The shared readers of header values: lists, addresses, parameters, folds; and the arena below them.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

std::vector<std::string> elements(std::string_view value) {
    std::vector<std::string> out;
    for (auto e = next_element(value); !e.empty(); e = next_element(value)) out.emplace_back(e);
    EXPECT_TRUE(value.empty());
    return out;
}

TEST(Values, ListsAreSplitOutsideQuotesAnglesAndComments) {
    using List = std::vector<std::string>;
    EXPECT_EQ(elements(""), List{});
    EXPECT_EQ(elements(" ,, \r\n , "), List{});
    EXPECT_EQ(elements("a"), List{"a"});
    EXPECT_EQ(elements(" a ,\tb,\r\n c "), (List{"a", "b", "c"}));
    EXPECT_EQ(elements("\"x, y\" <sip:a@h>, <sip:b,c@h>"), (List{"\"x, y\" <sip:a@h>", "<sip:b,c@h>"}));
    EXPECT_EQ(elements("\"x \\\" , \\\\\", b"), (List{"\"x \\\" , \\\\\"", "b"}));
    EXPECT_EQ(elements("a (x, (y, z), \\), u), b"), (List{"a (x, (y, z), \\), u)", "b"}));
    EXPECT_EQ(elements("<a\"b>,c\""), (List{"<a\"b>", "c\""}));
}

TEST(Values, WhatIsNeverClosedTakesTheRest) {
    using List = std::vector<std::string>;
    EXPECT_EQ(elements("a, \"b, c"), (List{"a", "\"b, c"}));
    EXPECT_EQ(elements("a, <b, c"), (List{"a", "<b, c"}));
    EXPECT_EQ(elements("a, (b, c"), (List{"a", "(b, c"}));
    EXPECT_EQ(elements("a, \"b\\"), (List{"a", "\"b\\"}));
    EXPECT_EQ(elements("a), b>"), (List{"a)", "b>"}));
}

TEST(Values, AddrSpec) {
    const struct {
        const char *value, *uri;
    } cases[] = {
        {"sip:b@x", "sip:b@x"},
        {"sip:b@x;tag=1", "sip:b@x"},
        {"<sip:b@x;p=1?h=2>;tag=1", "sip:b@x;p=1?h=2"},
        {"Bob <sip:b@x>", "sip:b@x"},
        {"caller<sip:b@x>", "sip:b@x"},
        {"\"B \\\" <sip:no@x>\" <sip:b@x>", "sip:b@x"},
        {"\"J \\\\\\\"\"  \r\n <sip:b@x>\r\n ;tag=1", "sip:b@x"},
        {"Bell, Alexander <sip:b@x>", "sip:b@x"},
        {"< sip:b@x >", "sip:b@x"},
        {"\xc3\xa9 <sip:b@x>", "sip:b@x"},
        {"tel:+1-201;phone-context=x", "tel:+1-201"},
        {"<urn:service:sos>", "urn:service:sos"},
        {"sip:b@x;a=\"<sip:no@x>\"", "sip:b@x"},
        {"", ""},
        {"<>", ""},
        {"Bob", ""},
        {"<b@x>", ""},
        {"<sip:>", ""},
        {"<:b@x>", ""},
        {"<1sip:b@x>", ""},
        {"<sip:b@x", ""},
        {"sip:b@x>", "sip:b@x>"},
        {"\"Bob <sip:b@x>", ""},
        {"\"Bob\\\" <sip:b@x>", ""},
        {"Bob \"x <sip:b@x>", ""},
        {"<sip:b @x>", ""},
        {"Bob sip:b@x", ""},
        {"sip:a@x;q <sip:b@x>", ""},
    };
    for (const auto& c : cases) EXPECT_EQ(addr_spec(c.value), c.uri) << c.value;
}

TEST(Values, Parameter) {
    EXPECT_EQ(parameter("<sip:b@x;tag=no>;tag=yes", "tag"), "yes");
    EXPECT_EQ(parameter("sip:b@x;TAG=yes", "tag"), "yes");
    EXPECT_EQ(parameter("\"a;tag=no\" <sip:b@x>;tag = yes ", "tag"), "yes");
    EXPECT_EQ(parameter("<sip:b@x>\r\n ;\r\n tag\r\n =\r\n yes\r\n ;q", "Tag"), "yes");
    EXPECT_EQ(parameter("multipart/mixed;boundary=\"a;b=\\\"c\" ; x=y", "boundary"), "a;b=\\\"c");
    EXPECT_EQ(parameter("multipart/mixed;boundary=\"a;b\" ; x=y", "x"), "y");
    EXPECT_EQ(parameter("x/y; boundary=a=b", "boundary"), "a=b");
    EXPECT_EQ(parameter("x;lr;tag=1", "lr"), "");
    EXPECT_EQ(parameter("x;lr=;tag=1", "lr"), "");
    EXPECT_EQ(parameter("x;a=1;a=2", "a"), "1");
    EXPECT_EQ(parameter("x;a=\"open;b=1", "a"), "open;b=1");
    EXPECT_EQ(parameter("x;a=\"\"", "a"), "");
    EXPECT_EQ(parameter("x;;; ;a=1;", "a"), "1");
    EXPECT_EQ(parameter("tag=1", "tag"), std::nullopt);
    EXPECT_EQ(parameter("x;atag=1;tagx=2", "tag"), std::nullopt);
    EXPECT_EQ(parameter("<sip:b@x;tag=1", "tag"), std::nullopt);
    EXPECT_EQ(parameter("\"open;tag=1", "tag"), std::nullopt);
    EXPECT_EQ(parameter("", "tag"), std::nullopt);
}

TEST(Values, ParametersOneByOne) {
    std::string_view rest = parameters("x/y; a = \"1;2\" tail ;; b ; a=3");
    const auto next = [&rest] { return next_parameter(rest).value_or(Parameter{}); };
    Parameter one = next();
    EXPECT_EQ(one.written, "a = \"1;2\" tail");
    EXPECT_EQ(one.name, "a");
    EXPECT_EQ(one.value, "1;2");
    EXPECT_TRUE(one.has_value);
    EXPECT_TRUE(one.quoted);
    one = next();
    EXPECT_EQ(one.name, "b");
    EXPECT_FALSE(one.has_value);
    one = next();
    EXPECT_EQ(one.name, "a");
    EXPECT_EQ(one.value, "3");
    EXPECT_FALSE(one.quoted);
    EXPECT_FALSE(next_parameter(rest));
    EXPECT_FALSE(next_parameter(rest));
}

TEST(Values, Unfold) {
    std::array<std::byte, 256> memory{};
    Arena arena(memory);
    EXPECT_EQ(unfold("one\r\n two\n\tthree\r  \t four", arena), "one two three four");
    EXPECT_EQ(unfold("a \r\n b", arena), "a  b");
    EXPECT_EQ(unfold("a\r\n \r\n b", arena), "a  b");
    EXPECT_EQ(unfold("\r\n a", arena), " a");
    arena.reset();
    for (const std::string_view kept : {"", "plain", "no\r\nfold", "a\r", "a\n", "a\r\n", "a\rb"}) {
        EXPECT_EQ(unfold(kept, arena), kept);
        EXPECT_EQ(unfold(kept, arena).data(), kept.data());
    }
    EXPECT_EQ(arena.used(), 0U);
    EXPECT_EQ(unfold("a\r\n b", arena), "a b");
    EXPECT_EQ(arena.used(), 3U);
    std::array<std::byte, 32> tiny{};
    Arena small(tiny);
    EXPECT_EQ(unfold(std::string(100, 'x') + "\r\n y", small), "");
    EXPECT_TRUE(small.exhausted());
}

TEST(Arena, AlignsWhateverItStandsOn) {
    std::array<std::byte, 128> memory{};
    for (std::size_t shift = 0; shift < 16; ++shift) {
        Arena arena{std::span<std::byte>(memory).subspan(shift)};
        const auto bytes = arena.take<char>(3);
        const auto words = arena.take<std::uint64_t>(2);
        ASSERT_EQ(bytes.size(), 3U);
        ASSERT_EQ(words.size(), 2U);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(words.data()) % alignof(std::uint64_t), 0U);
        EXPECT_GE(reinterpret_cast<std::uintptr_t>(words.data()),
                  reinterpret_cast<std::uintptr_t>(&bytes.back()) + 1);
    }
}

TEST(Arena, EndsWithEmptySpans) {
    std::array<std::byte, 4> nothing{};
    Arena none{std::span<std::byte>(nothing).first(0)};
    EXPECT_TRUE(none.take<int>(1).empty());
    EXPECT_TRUE(none.exhausted());
    alignas(16) std::array<std::byte, 64> memory{};
    Arena arena(memory);
    EXPECT_TRUE(arena.take<int>(0).empty());
    EXPECT_FALSE(arena.exhausted());
    EXPECT_TRUE(arena.take<std::uint64_t>(9).empty());
    EXPECT_TRUE(arena.take<std::uint64_t>(static_cast<std::size_t>(-1)).empty());
    EXPECT_TRUE(arena.exhausted());
    EXPECT_EQ(arena.take<std::uint64_t>(8).size(), 8U);
    EXPECT_EQ(arena.left(), 0U);
    arena.reset();
    EXPECT_FALSE(arena.exhausted());
    const auto last = arena.take<char>(40);
    arena.shrink_last(last, 5);
    EXPECT_EQ(arena.used(), 5U);
}

}  // namespace
}  // namespace kmsgate::sip::test

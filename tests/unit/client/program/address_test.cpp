// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/address.hpp"

#include <gtest/gtest.h>

namespace kmsgate::client::program {
namespace {

std::string text(const char* of) {
    const auto address = resolve(of);
    return address ? address->text() : "none";
}

TEST(Address, IsReadWithAndWithoutPort) {
    EXPECT_EQ(text("192.0.2.1:5070"), "192.0.2.1:5070");
    EXPECT_EQ(text("192.0.2.1"), "192.0.2.1:5060");
    EXPECT_EQ(text("[2001:db8::1]:5070"), "[2001:db8::1]:5070");
    EXPECT_EQ(text("[::1]"), "[::1]:5060");
    EXPECT_EQ(text("127.0.0.1:0"), "127.0.0.1:0");
}

TEST(Address, WhatIsNoneIsToldWithTheForm) {
    for (const char* const wrong :
         {"", ":5060", "2001:db8::1", "[::1", "[::1]5060", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:sip",
          "192.0.2.1:-1", "192.0.2.1:5060x", "[]:5060"}) {
        const auto address = resolve(wrong);
        ASSERT_FALSE(address) << wrong;
        EXPECT_NE(address.error().find("write HOST:PORT, as 192.0.2.1:5060 or [2001:db8::1]:5060"),
                  std::string::npos);
    }
}

TEST(Address, AWildcardIsKnown) {
    EXPECT_TRUE(resolve("0.0.0.0:1")->wildcard());
    EXPECT_TRUE(resolve("[::]:1")->wildcard());
    EXPECT_FALSE(resolve("127.0.0.1:1")->wildcard());
    EXPECT_FALSE(resolve("[::1]:1")->wildcard());
}

}  // namespace
}  // namespace kmsgate::client::program

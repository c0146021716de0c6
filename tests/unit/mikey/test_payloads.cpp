// SPDX-License-Identifier: BSD-3-Clause
// Payload types outside the closed list: refused, and when payload-type is relaxed walked over where a length
// is known.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

Octets with(const Part& part) {
    Parts parts = real_parts();
    parts.insert(parts.begin() + 6, part);
    return chain(parts);
}

/// Refused; relaxed it is stepped over to the byte (or the walk would not meet SIGN where the data ends).
void expect_known(const Part& part) {
    const Octets data = with(part);
    expect_rule(data, Rule::payload_type);
    EXPECT_EQ(look(data, rules({Rule::payload_type})).text(Role::idrkmsr), kKmsR);
    // Cut anywhere inside that payload.
    const Octets head = chain({part_t()}, part.type) + u8(4) + part.rest;
    for (std::size_t n = chain({part_t()}).size(); n < head.size(); ++n) {
        const Octets cut(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(n));
        ASSERT_EQ(name(look(cut, rules({Rule::payload_type})).fault), "payload-length") << n;
    }
}
void expect_unknown(const Part& part) {
    expect_rule(with(part), Rule::payload_type, Rule::payload_type);
}

TEST(Payloads, EveryTypeOutsideTheListIsRefused) {
    const std::set<int> list{5, 11, 14, 6, 10, 26, 7, 21, 4};
    for (int type = 1; type < 256; ++type) {
        if (list.contains(type)) continue;
        EXPECT_EQ(name(look(with({static_cast<std::uint8_t>(type), fill(60)})).fault), "payload-type")
            << type;
    }
}

TEST(Payloads, TypesWithoutAKnownLengthStayRefused) {
    for (const int type : {18, 19, 20, 22, 23, 24, 25, 27, 28, 100, 255})
        expect_unknown({static_cast<std::uint8_t>(type), fill(60, 0)});
}

TEST(Payloads, Kemac) {
    for (const std::size_t len : {std::size_t{0}, std::size_t{77}, std::size_t{300}}) {
        expect_known({1, u8(1) + u16(len) + fill(len) + u8(0)});
        expect_known({1, u8(1) + u16(len) + fill(len) + u8(1) + fill(20)});
        expect_known({1, u8(1) + u16(len) + fill(len) + u8(2) + fill(32)});
    }
    expect_unknown({1, u8(1) + u16(5) + fill(5) + u8(3) + fill(32)});
    expect_unknown({1, u8(1) + u16(5) + fill(5) + u8(255) + fill(32)});
}

TEST(Payloads, Pke) {
    expect_known({2, u16(0) + fill(0)});
    expect_known({2, u16(0xC000 | 128) + fill(128)});  // C in the upper two bits
    expect_known({2, u16(0x4000 | 300) + fill(300)});
}

TEST(Payloads, Dh) {
    const Octets none = u8(0);
    const Octets spi = u8(1) + u8(4) + fill(4);
    const Octets interval = u8(0xF2) + u8(8) + fill(8) + u8(3) + fill(3);  // reserved bits are not looked at
    for (const Octets& kv : {none, spi, interval}) {
        expect_known({3, u8(0) + fill(192) + kv});
        expect_known({3, u8(1) + fill(96) + kv});
        expect_known({3, u8(2) + fill(128) + kv});
    }
    expect_unknown({3, u8(3) + fill(192) + none});
    expect_unknown({3, u8(0) + fill(192) + u8(3)});
    expect_unknown({3, u8(0) + fill(192) + u8(15)});
}

TEST(Payloads, Chash) {
    expect_known({8, u8(0) + fill(20)});
    expect_known({8, u8(1) + fill(16)});
    expect_known({8, u8(2) + fill(32)});
    expect_unknown({8, u8(3) + fill(32)});
}

TEST(Payloads, V) {
    expect_known({9, u8(0)});
    expect_known({9, u8(1) + fill(20)});
    expect_known({9, u8(2) + fill(32)});
    expect_unknown({9, u8(3) + fill(32)});
}

TEST(Payloads, Err) {
    expect_known({12, u8(7) + u16(0)});
}

TEST(Payloads, Tr) {
    expect_known({13, u8(1) + u8(0) + fill(8)});
    expect_known({13, u8(1) + u8(1) + fill(8)});
    expect_known({13, u8(1) + u8(2) + fill(4)});
    expect_known({13, u8(1) + u8(3) + fill(4)});
    expect_unknown({13, u8(1) + u8(4) + fill(8)});
}

TEST(Payloads, Randr) {
    expect_known({15, u8(1) + u8(0)});
    expect_known({15, u8(1) + u8(16) + fill(16)});
    expect_known({15, u8(1) + u8(255) + fill(255)});
}

TEST(Payloads, TicketPolicyAndTicket) {
    const Octets head = u16(1) + u8(1) + u8(1) + fill(3);
    for (const std::size_t len : {std::size_t{0}, std::size_t{40}, std::size_t{260}}) {
        expect_known({16, head + u16(len) + fill(len)});
        expect_known({17, head + u16(len) + fill(len) + u16(9) + fill(9) + u16(2) + fill(2)});
        expect_known({17, head + u16(3) + fill(3) + u16(len) + fill(len) + u16(len) + fill(len)});
    }
}

TEST(Payloads, TheyCountAndNeverComeFirst) {
    Parts parts = real_parts();
    parts.insert(parts.begin(), {12, u8(7) + u16(0)});
    EXPECT_EQ(look(chain(parts), rules({Rule::payload_type})).fault, Rule::t_first);
    parts = real_parts();
    while (parts.size() < 33) parts.insert(parts.begin() + 2, {12, u8(7) + u16(0)});
    EXPECT_EQ(look(chain(parts), rules({Rule::payload_type})).fault, Rule::payload_count);
}

}  // namespace
}  // namespace kmsgate::mikey::test

// SPDX-License-Identifier: BSD-3-Clause
// What is well-formed and what is read from it.
#include "dataplane/mikey/message.hpp"

#include <gtest/gtest.h>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

void expect_good(const Octets& data) {
    const Look m = look(data);
    EXPECT_EQ(name(m.fault), "-");
    EXPECT_TRUE(m.relaxed.empty());
}

TEST(Message, ReadsARealOne) {
    const Octets data = chain(real_parts());
    const Look m = look(data);
    ASSERT_EQ(name(m.fault), "-");
    EXPECT_TRUE(m.header_read);
    EXPECT_EQ(m.data_type, 26);
    EXPECT_EQ(m.csb_id, 0x2ABCDEF0U);
    EXPECT_EQ(m.text(Role::idrkmsi), kKmsI);
    EXPECT_EQ(m.text(Role::idrkmsr), kKmsR);
    EXPECT_TRUE(std::ranges::equal(m.idr[8], fill(32, 0x00)));
    EXPECT_TRUE(std::ranges::equal(m.idr[9], fill(32, 0xE0)));
    EXPECT_EQ(m.idr_type[8], 1);
    EXPECT_EQ(m.present, 1U << 6 | 1U << 7 | 1U << 8 | 1U << 9);
    EXPECT_FALSE(m.has(Role::idri));
    EXPECT_EQ(m.text(Role::idri), "");
    EXPECT_GE(data.size(), 650U);
    EXPECT_LE(data.size(), 710U);
}

TEST(Message, ViewsPointIntoTheBytesRead) {
    const Octets data = chain(real_parts());
    const Message m = read(data);
    EXPECT_GE(m.idr[6].data(), data.data());
    EXPECT_LE(m.idr[6].data() + m.idr[6].size(), data.data() + data.size());
    const std::string text = base64(data);
    Octets scratch(base64_bytes(text.size()));
    const Message b = read_base64(text, scratch);
    EXPECT_GE(b.idr[6].data(), scratch.data());
    EXPECT_LE(b.idr[6].data() + b.idr[6].size(), scratch.data() + scratch.size());
}

TEST(Message, TheShortest) {
    const Octets data = chain({part_t(2), part_rand(), part_sakke(0), part_sign(0)});
    EXPECT_EQ(data.size(), kMinMessage);
    expect_good(data);
    EXPECT_EQ(look(data).present, 0);
}

TEST(Message, EveryRole) {
    Parts parts{part_t(), part_rand()};
    for (std::uint8_t role = 1; role <= 9; ++role)
        parts.push_back(part_idr(role, "name-" + std::to_string(role), role == 6 || role == 7 ? 1 : 2));
    parts.push_back(part_sakke());
    parts.push_back(part_sign());
    const Look m = look(chain(parts));
    ASSERT_EQ(name(m.fault), "-");
    for (std::uint8_t role = 1; role <= 9; ++role) {
        EXPECT_TRUE(m.has(static_cast<Role>(role)));
        EXPECT_EQ(m.text(static_cast<Role>(role)), "name-" + std::to_string(role));
        EXPECT_EQ(m.idr_type[role], role == 6 || role == 7 ? 1 : 2);
    }
}

TEST(Message, RoleThreeAndIdNeverStandInForTheKmsNames) {
    const Look m = look(chain({part_t(), part_rand(), part_idr(3, "kms.c.example"), part_id("kms.d.example"),
                               part_sakke(), part_sign()}));
    ASSERT_EQ(name(m.fault), "-");
    EXPECT_FALSE(m.has(Role::idrkmsi));
    EXPECT_FALSE(m.has(Role::idrkmsr));
}

TEST(Message, OneKmsNameAlone) {
    for (const std::uint8_t role : {std::uint8_t{6}, std::uint8_t{7}}) {
        const Look m = look(chain({part_t(), part_rand(), part_idr(role, kKmsI), part_sakke(), part_sign()}));
        ASSERT_EQ(name(m.fault), "-");
        EXPECT_EQ(m.present, 1U << role);
    }
}

TEST(Message, KmsNamesOfEveryVisibleByte) {
    std::string all;
    for (char c = 0x21; c <= 0x7E; ++c) all.push_back(c);
    const Look m = look(chain({part_t(), part_rand(), part_idr(6, all), part_sakke(), part_sign()}));
    ASSERT_EQ(name(m.fault), "-");
    EXPECT_EQ(m.text(Role::idrkmsi), all);
}

TEST(Message, NamesWithNulsAreWhole) {
    const Octets nul{'a', 0, 'b'};
    const Look m = look(chain({part_t(), part_rand(), part_idr(1, nul), part_sakke(), part_sign()}));
    ASSERT_EQ(name(m.fault), "-");
    EXPECT_EQ(m.text(Role::idri), std::string_view("a\0b", 3));
}

TEST(Message, CsIdMaps) {
    const auto with = [](std::uint8_t cs, std::uint8_t type, const Octets& map) {
        Header h;
        h.cs = cs;
        h.map_type = type;
        h.map = map;
        return chain(h, real_parts());
    };
    expect_good(with(0, 1, {}));
    expect_good(with(0, 0, {}));
    expect_good(with(0, 2, {}));
    expect_good(with(1, 0, fill(9)));
    expect_good(with(255, 0, fill(std::size_t{9} * 255)));
    expect_good(with(1, 2, generic_block(0, 0, 0)));
    expect_good(with(1, 2, generic_block(127, 10, 4, true)));
    expect_good(with(3, 2, generic_block(1, 4, 4) + generic_block(0, 300, 0) + generic_block(2, 0, 255)));
    Octets many;
    for (int i = 0; i < 255; ++i) many = many + generic_block(0, 1, 1);
    expect_good(with(255, 2, many));
    EXPECT_EQ(look(with(3, 2, generic_block(1, 4, 4) + generic_block(0, 300, 0) + generic_block(2, 0, 255)))
                  .text(Role::idrkmsr),
              kKmsR);
}

TEST(Message, WhatTheListDoesNotNameIsNoFault) {
    for (std::uint8_t t = 0; t <= 3; ++t) {
        Parts parts = real_parts();
        parts[0] = part_t(t);
        expect_good(chain(parts));
    }
    for (const int prf : {0, 1, 0x7F, 0x80, 0x81, 0xFF}) {  // any PRF, V set or not
        Header h;
        h.prf = static_cast<std::uint8_t>(prf);
        expect_good(chain(h, real_parts()));
    }
    Parts parts = real_parts();
    parts.back() = part_sign(0x0FFF, 0xF);
    expect_good(chain(parts));
    parts.back() = part_sign(0, 0);
    expect_good(chain(parts));
    parts[1] = part_rand(255);
    parts[7] = {26, u8(0xEE) + u8(0xFF) + u16(3) + fill(3)};
    expect_good(chain(parts));
    expect_good(
        chain({part_t(), part_sakke(), part_genext(), part_cert(0), part_cert(900), part_sp(0), part_sp(),
               part_id(""), part_id("sip:a@b"), part_genext(255, 0), part_rand(), part_sp(), part_sign()}));
}

TEST(Message, SakkeToSelfIsOnlyAGenExt) {
    Parts parts = real_parts();
    const Octets inner = u8(0) + u8(1) + u8(2) + u16(273) + fill(273);
    parts[8] = {21, u8(6) + u16(inner.size()) + inner};
    expect_good(chain(parts));
}

TEST(Message, ThirtyTwoPayloads) {
    Parts parts{part_t(), part_rand(), part_sakke()};
    while (parts.size() < 31) parts.push_back(part_genext());
    parts.push_back(part_sign());
    ASSERT_EQ(parts.size(), 32U);
    expect_good(chain(parts));
}

TEST(Message, TheLongest) {
    Parts parts{part_t(2), part_rand(), part_sakke(0), part_cert(0), part_sign(0)};
    parts[3] = part_cert(kMaxMessage - chain(parts).size());
    EXPECT_EQ(chain(parts).size(), kMaxMessage);
    expect_good(chain(parts));
    parts[3] = part_cert(parts[3].rest.size() - 3 + 1);
    EXPECT_EQ(chain(parts).size(), kMaxMessage + 1);
    EXPECT_EQ(look(chain(parts)).fault, Rule::payload_length);
}

TEST(Message, ScratchThatIsTooSmall) {
    const Octets data = chain(real_parts());
    const std::string text = base64(data);
    for (std::size_t size = 0; size < data.size(); ++size) {
        Octets scratch(size);
        const Message m = read_base64(text, scratch);
        ASSERT_EQ(m.fault, Rule::payload_length) << size;
        ASSERT_EQ(m.header_read, size >= 10) << size;
    }
    Octets exact(data.size());
    EXPECT_FALSE(read_base64(text, exact).fault);
}

}  // namespace
}  // namespace kmsgate::mikey::test

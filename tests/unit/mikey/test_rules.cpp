// SPDX-License-Identifier: BSD-3-Clause
// Every rule of the closed list broken alone (identities: test_identity_rules.cpp): its own name, and what
// relaxing it does.
#include <gtest/gtest.h>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

Octets with_header(const Header& h) {
    return chain(h, real_parts());
}

TEST(Rules, HeaderLength) {
    const Octets data = chain(real_parts());
    for (std::size_t n = 0; n < 10; ++n) {
        const Octets cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
        expect_rule(cut, Rule::header_length);
        EXPECT_FALSE(look(cut).header_read);
        EXPECT_EQ(look(cut).data_type, 0);
    }
}

TEST(Rules, Version) {
    for (const int version : {0, 2, 0x81, 255}) {
        Header h;
        h.version = static_cast<std::uint8_t>(version);
        expect_rule(with_header(h), Rule::version);
    }
}

TEST(Rules, DataType) {
    for (int type = 0; type < 256; ++type) {
        if (type == 26) continue;
        Header h;
        h.data_type = static_cast<std::uint8_t>(type);
        expect_rule(with_header(h), Rule::data_type);
        EXPECT_TRUE(look(with_header(h)).header_read);
        EXPECT_EQ(look(with_header(h)).data_type, type);
    }
}

TEST(Rules, VersionThenDataTypeThenTheRest) {
    Header h;
    h.version = 2;
    h.data_type = 6;
    h.map_type = 77;
    const Look m = look(with_header(h));
    EXPECT_EQ(m.fault, Rule::version);
    EXPECT_EQ(m.data_type, 6);
    h.version = 1;
    EXPECT_EQ(look(with_header(h)).fault, Rule::data_type);
    EXPECT_EQ(look(with_header(h) + fill(kMaxMessage)).fault, Rule::data_type);
    h.data_type = 26;
    EXPECT_EQ(look(with_header(h)).fault, Rule::cs_id_map_type);
    EXPECT_EQ(look(with_header(h) + fill(kMaxMessage)).fault, Rule::payload_length);
    EXPECT_EQ(look({1, 6, 0, 0, 0, 0, 0, 0, 0, 0}).fault, Rule::data_type);
}

TEST(Rules, CsIdMapType) {
    for (const int type : {3, 4, 127, 255})
        for (const int cs : {0, 1}) {
            Header h;
            h.map_type = static_cast<std::uint8_t>(type);
            h.cs = static_cast<std::uint8_t>(cs);
            expect_rule(with_header(h), Rule::cs_id_map_type);
        }
}

TEST(Rules, CsIdMapEmpty) {
    for (const int cs : {1, 255}) {
        Header h;
        h.cs = static_cast<std::uint8_t>(cs);
        expect_rule(with_header(h), Rule::cs_id_map_empty);
    }
}

TEST(Rules, CsIdMapLength) {
    Header h;
    h.cs = 200;
    h.map_type = 0;  // 1800 bytes of map in a message of 700
    expect_rule(with_header(h), Rule::cs_id_map_length);
    h.map_type = 2;
    h.cs = 3;
    const Octets blocks[3] = {generic_block(2, 7, 4), generic_block(0, 0, 0), generic_block(5, 20, 8)};
    const Octets map = blocks[0] + blocks[1] + blocks[2];
    for (std::size_t n = 0; n < map.size(); ++n) {  // the data ends inside the map
        Header cut = h;
        cut.map = Octets(map.begin(), map.begin() + static_cast<std::ptrdiff_t>(n));
        expect_rule(chain(cut, {}, 5), Rule::cs_id_map_length);
    }
    h.cs = 1;
    h.map = u8(6) + u8(0) + u8(0) + u16(0xFFFF);
    expect_rule(with_header(h), Rule::cs_id_map_length);
}

TEST(Rules, PayloadCount) {
    const auto of = [](std::size_t count) {
        Parts parts{part_t(), part_rand(), part_sakke()};
        while (parts.size() + 1 < count) parts.push_back(part_genext());
        parts.push_back(part_sign());
        return chain(parts);
    };
    EXPECT_FALSE(look(of(32)).fault);
    expect_rule(of(33), Rule::payload_count);
    expect_rule(of(128), Rule::payload_count);
    expect_rule(of(129), Rule::payload_count, Rule::payload_count);
}

TEST(Rules, PayloadLength) {
    for (std::size_t at = 1; at < 10; ++at) {  // T has no length field
        Parts parts = real_parts();
        const std::uint8_t type = parts[at].type;
        const std::size_t field = type == 4 || type == 11 ? 0U : type == 21 ? 1U : 2U;
        parts[at].rest[field] = 0xFF;  // RAND 255, SIGN 4095 with S type 15, others 65280 and more
        parts.resize(at + 1);
        expect_rule(chain(parts, 21), Rule::payload_length);
    }
    expect_rule(chain({part_t(), part_rand()}, 14),
                Rule::payload_length);  // a next payload that is not there
    expect_rule(chain({}, 5), Rule::payload_length);
}

TEST(Rules, LongerThanWhatIsRead) {
    expect_rule(chain(real_parts()) + fill(kMaxMessage), Rule::payload_length);
}

TEST(Rules, TType) {
    for (const int type : {4, 5, 255})
        expect_rule(with_part(0, {5, u8(static_cast<std::size_t>(type)) + fill(8)}), Rule::t_type);
}

TEST(Rules, TFirst) {
    Parts parts = real_parts();
    std::swap(parts[0], parts[1]);
    expect_rule(chain(parts), Rule::t_first);
    parts.erase(parts.begin() + 1);
    expect_rule(chain(parts), Rule::t_first, Rule::t_once);
}

TEST(Rules, TOnce) {
    expect_rule(with_inserted(1, part_t()), Rule::t_once);
    expect_rule(with_inserted(9, part_t(3)), Rule::t_once);
    Parts parts = real_parts();
    parts.erase(parts.begin());
    const Look m = look(chain(parts), rules({Rule::t_first, Rule::t_once}));
    EXPECT_FALSE(m.fault);
    EXPECT_EQ(m.relaxed, rules({Rule::t_first, Rule::t_once}));
    expect_rule(chain({}), Rule::t_once, Rule::rand_once);
}

TEST(Rules, RandOnce) {
    Parts parts = real_parts();
    parts.erase(parts.begin() + 1);
    expect_rule(chain(parts), Rule::rand_once);
    expect_rule(with_inserted(2, part_rand()), Rule::rand_once);
    expect_rule(with_inserted(9, part_rand(3)), Rule::rand_once, Rule::rand_length);
}

TEST(Rules, RandLength) {
    for (const std::size_t n : {std::size_t{0}, std::size_t{15}})
        expect_rule(with_part(1, part_rand(n)), Rule::rand_length);
}

TEST(Rules, SakkeOnce) {
    Parts parts = real_parts();
    parts.erase(parts.begin() + 7);
    expect_rule(chain(parts), Rule::sakke_once);
    expect_rule(with_inserted(8, part_sakke()), Rule::sakke_once);
}

TEST(Rules, SignOnce) {
    Parts parts = real_parts();
    parts.pop_back();
    expect_rule(chain(parts), Rule::sign_once);
    // The chain ends before the data: sign_once is broken first, then what follows.
    const Octets more = chain(parts) + fill(5);
    expect_rule(more, Rule::sign_once, Rule::trailing_bytes);
    EXPECT_FALSE(look(more, rules({Rule::sign_once, Rule::trailing_bytes})).fault);
    // A SIGN payload stands there, but the payload before it says that it is the last one.
    const Octets unlinked = chain(parts) + part_sign().rest;
    expect_rule(unlinked, Rule::sign_once, Rule::trailing_bytes);
}

TEST(Rules, TrailingBytes) {
    const Octets data = chain(real_parts());
    for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{400}}) {
        expect_rule(data + fill(n), Rule::trailing_bytes);
        expect_rule(data + Octets(n, 0), Rule::trailing_bytes);
    }
    expect_rule(data + data, Rule::trailing_bytes);              // a second message
    expect_rule(data + part_sign().rest, Rule::trailing_bytes);  // a second SIGN
    const Look m = look(data + data, rules({Rule::trailing_bytes}));
    EXPECT_EQ(m.text(Role::idrkmsi), kKmsI);
}

TEST(Rules, WhatIsMissingIsToldInAFixedOrder) {
    expect_rule(chain({}), Rule::t_once, Rule::rand_once);
    EXPECT_EQ(look(chain({part_t()})).fault, Rule::rand_once);
    EXPECT_EQ(look(chain({part_t(), part_rand()})).fault, Rule::sakke_once);
    EXPECT_EQ(look(chain({part_t(), part_rand(), part_sakke()})).fault, Rule::sign_once);
}

TEST(Rules, RelaxingOthersDoesNotHelp) {
    Parts parts = real_parts();
    std::swap(parts[4], parts[5]);
    RuleSet others(~std::uint64_t{0} & ~rules({Rule::idr_order}).bits());
    EXPECT_EQ(look(chain(parts), others).fault, Rule::idr_order);
}

}  // namespace
}  // namespace kmsgate::mikey::test

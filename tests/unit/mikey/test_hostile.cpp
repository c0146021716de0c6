// SPDX-License-Identifier: BSD-3-Clause
// Cut, mutated and misspelt messages: always an answer, and the same one from bytes and from base64.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

Octets first(const Octets& data, std::size_t n) {
    return {data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n)};
}

TEST(Hostile, EveryTruncationIsAFault) {
    Header generic;
    generic.cs = 2;
    generic.map_type = 2;
    generic.map = generic_block(1, 4, 4) + generic_block(0, 10, 0);
    for (const Octets& data : {chain(real_parts()), chain(generic, real_parts())}) {
        ASSERT_FALSE(look(data).fault);
        for (std::size_t n = 0; n < data.size(); ++n) {
            const Look m = look(first(data, n));
            ASSERT_TRUE(m.fault) << n;
            const bool in_map = data.size() != chain(real_parts()).size() && n < 10 + generic.map.size();
            const Rule want = n < 10   ? Rule::header_length
                              : in_map ? Rule::cs_id_map_length
                                       : Rule::payload_length;
            ASSERT_EQ(name(m.fault), to_string(want)) << n;
            ASSERT_EQ(name(look(first(data, n), RuleSet(~std::uint64_t{0})).fault), to_string(want)) << n;
        }
    }
}

TEST(Hostile, EveryTruncationOfTheText) {
    const std::string text = base64(chain(real_parts()));
    for (std::size_t n = 0; n < text.size(); ++n) {
        Octets scratch(base64_bytes(n));
        const Message m = read_base64(std::string_view(text).substr(0, n), scratch);
        const std::string want = n % 4 == 1   ? "base64-length"
                                 : n % 4 != 0 ? "base64-padding"
                                 : n < 16     ? "header-length"
                                              : "payload-length";
        ASSERT_EQ(name(m.fault), want) << n;
    }
}

TEST(Hostile, ABase64ErrorAnywhereWins) {
    Header h;
    h.version = 9;
    for (const Octets& data : {chain(real_parts()), chain(h, real_parts()), fill(600)}) {
        const std::string good = base64(data);
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::string text = good;
            text[at] = '*';
            Octets scratch(base64_bytes(text.size()));
            const Message m = read_base64(text, scratch);
            ASSERT_EQ(name(m.fault), "base64-alphabet") << at;
            ASSERT_FALSE(m.header_read) << at;
            ASSERT_EQ(m.data_type, 0) << at;
            ASSERT_EQ(m.present, 0) << at;
            Octets small(20);
            ASSERT_EQ(name(read_base64(text, small).fault), "base64-alphabet") << at;
        }
    }
}

TEST(Hostile, RelaxedBase64IsRecordedBesideTheRest) {
    Parts parts = real_parts();
    std::swap(parts[4], parts[5]);
    std::string text = base64(chain(parts));
    for (std::size_t at = 0; at < text.size(); at += 78) text.insert(at, "\r\n");
    Octets scratch(base64_bytes(text.size()));
    const RuleSet relax = rules({Rule::base64_alphabet, Rule::idr_order});
    const Message m = read_base64(text, scratch, relax);
    EXPECT_FALSE(m.fault);
    EXPECT_EQ(m.relaxed, relax);
    EXPECT_EQ(m.text(Role::idrkmsi), kKmsI);
}

TEST(Hostile, TooLongIsSaidOfTextToo) {
    Octets data = chain(real_parts()) + Octets(kMaxMessage, 0);
    std::string text = base64(data);
    Octets scratch(base64_bytes(text.size()));
    EXPECT_EQ(read_base64(text, scratch).fault, Rule::payload_length);
    Octets usual(kMaxMessage);
    EXPECT_EQ(read_base64(text, usual).fault, Rule::payload_length);
    EXPECT_TRUE(read_base64(text, usual).header_read);
    text[text.size() - 20] = ' ';
    EXPECT_EQ(read_base64(text, usual).fault, Rule::base64_alphabet);
}

/// What read_base64 promises to be: decode everything, then read().
Message decode_then_read(std::string_view text, std::span<std::uint8_t> scratch, RuleSet relax) {
    Base64Decoder d(text, scratch, relax);
    Message m;
    if (d.finish()) {
        m = read(d.decoded(), relax);
    } else {
        m.fault = d.error();
    }
    m.relaxed = RuleSet(m.relaxed.bits() | d.relaxed().bits());
    return m;
}

void expect_sane(const Message& m, RuleSet relax) {
    ASSERT_EQ(m.relaxed.bits() & ~relax.bits(), 0U);
    for (std::size_t i = 0; i < kRules; ++i)
        if (m.relaxed.has(static_cast<Rule>(i))) {
            ASSERT_TRUE(relaxable(static_cast<Rule>(i)));
        }
    for (std::size_t role = 0; role < kRoles; ++role)
        if (!m.has(static_cast<Role>(role))) {
            ASSERT_TRUE(m.idr[role].empty());
        }
    ASSERT_FALSE(m.fault && *m.fault == Rule::count_);
}

TEST(Hostile, MutationsReadTheSameBothWays) {
    std::mt19937 random(20261121);
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    std::size_t good = 0;
    for (int round = 0; round < 10000; ++round) {
        Header h;
        if (below(4) == 0) {
            h.map_type = 2;
            h.cs = 1;
            h.map = generic_block(below(4), below(20), below(5));
        }
        Parts parts = real_parts();
        for (std::size_t i = below(4); i > 0; --i) std::swap(parts[below(9)], parts[below(9)]);
        if (below(3) == 0)
            parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(below(9)), parts[below(9)]);
        Octets data = chain(h, parts);
        for (std::size_t i = below(4); i > 0; --i) {
            const std::size_t at =
                below(2) == 0 ? below(data.size()) : below(std::min<std::size_t>(data.size(), 250));
            data[at] =
                below(2) == 0 ? static_cast<std::uint8_t>(below(256)) : static_cast<std::uint8_t>(below(30));
        }
        if (below(8) == 0) data.resize(below(data.size() + 1));
        const RuleSet relax = below(2) == 0 ? RuleSet{} : RuleSet(random() | std::uint64_t{random()} << 32);
        const Look m = look(data, relax);
        expect_sane(m, relax);
        if (!m.fault) ++good;

        std::string text = base64(data);
        for (std::size_t i = below(3); i > 0 && !text.empty(); --i) {
            const std::string_view odd = "=* \r\n-_A/+";
            text.insert(below(2) == 0 ? text.size() : below(text.size()), 1, odd[below(odd.size())]);
        }
        if (below(6) == 0) text.resize(below(text.size() + 1));
        Octets one(base64_bytes(text.size()));
        Octets two(one.size());
        const Message in_steps = read_base64(text, one, relax);
        expect_same(in_steps, decode_then_read(text, two, relax));
        expect_sane(in_steps, relax);
        if (HasFailure()) FAIL() << "round " << round << ", text " << text;
    }
    EXPECT_GT(good, 1000U) << "the mutations must leave enough messages that are read";
}

TEST(Hostile, ByteSoup) {
    std::mt19937 random(7);
    for (int round = 0; round < 10000; ++round) {
        Octets data(random() % 120);
        for (auto& b : data) b = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 30);
        if (data.size() > 10) {
            data[0] = 1;
            data[1] = 26;
            data[2] = 5;
        }
        const RuleSet relax = round % 2 == 0 ? RuleSet{} : RuleSet(~std::uint64_t{0});
        expect_sane(look(data, relax), relax);
        if (HasFailure()) FAIL() << "round " << round;
    }
}

}  // namespace
}  // namespace kmsgate::mikey::test

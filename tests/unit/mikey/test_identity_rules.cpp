// SPDX-License-Identifier: BSD-3-Clause
// The rules on identities and KMS names, each broken alone: its own name, and what relaxing it does.
#include <gtest/gtest.h>

#include "tests/unit/mikey/check.hpp"

namespace kmsgate::mikey::test {
namespace {

TEST(IdentityRules, IdrRole) {
    for (const int role : {0, 10, 15, 16, 32, 255}) {
        expect_rule(with_inserted(2, part_idr(static_cast<std::uint8_t>(role), "x")), Rule::idr_role);
        const Octets data = with_inserted(2, part_idr(static_cast<std::uint8_t>(role), "x"));
        EXPECT_EQ(look(data, rules({Rule::idr_role})).present, look(chain(real_parts())).present);
    }
    // Twice the same unknown role: no role that anyone reads, so nothing is repeated.
    Parts parts = real_parts();
    parts.insert(parts.begin() + 2,
                 {part_idr(0, "x"), part_idr(0, "y"), part_idr(255, "x"), part_idr(255, "x")});
    expect_rule(chain(parts), Rule::idr_role);
}

TEST(IdentityRules, IdrRepeated) {
    for (const int r : {1, 2, 3, 4, 5, 8, 9}) {
        const auto role = static_cast<std::uint8_t>(r);
        Parts parts{part_t(),     part_rand(), part_idr(role, "one"), part_idr(role, "two"),
                    part_sakke(), part_sign()};
        expect_rule(chain(parts), Rule::idr_repeated);
        Look m = look(chain(parts), rules({Rule::idr_repeated}));
        EXPECT_EQ(m.present, 0) << "two different values are none";
        EXPECT_EQ(m.text(static_cast<Role>(r)), "");
        parts.insert(parts.begin() + 4, part_idr(role, "one"));
        EXPECT_EQ(look(chain(parts), rules({Rule::idr_repeated})).present, 0) << "and stay none";

        parts = {part_t(),     part_rand(), part_idr(role, "one"), part_idr(role, "one"),
                 part_sakke(), part_sign()};
        m = look(chain(parts), rules({Rule::idr_repeated}));
        EXPECT_TRUE(m.has(static_cast<Role>(r))) << "the same value twice is that value";
        EXPECT_EQ(m.text(static_cast<Role>(r)), "one");
        parts[3] = part_idr(role, "one", 2);
        EXPECT_EQ(look(chain(parts), rules({Rule::idr_repeated})).present, 0)
            << "the ID type is part of the value";
    }
}

TEST(IdentityRules, DuplicateIdr) {
    for (const int r : {6, 7}) {
        const auto role = static_cast<std::uint8_t>(r);
        const std::string_view same = r == 6 ? kKmsI : kKmsR;
        for (std::size_t at = 6; at < 10; ++at) {  // also behind SAKKE, and with the same value
            expect_rule(with_inserted(at, part_idr(role, "kms.evil.example")), Rule::duplicate_idr);
            expect_rule(with_inserted(at, part_idr(role, same)), Rule::duplicate_idr);
        }
        const Octets data = with_inserted(9, part_idr(role, same));
        RuleSet all(~std::uint64_t{0});
        EXPECT_EQ(look(data, all).fault, Rule::duplicate_idr) << "whatever is relaxed";
    }
}

TEST(IdentityRules, IdrAfterSakke) {
    for (const int r : {1, 2, 3, 4, 5}) {
        const Octets data = with_inserted(8, part_idr(static_cast<std::uint8_t>(r), "late"));
        expect_rule(data, Rule::idr_after_sakke);
        EXPECT_EQ(look(data, rules({Rule::idr_after_sakke})).text(static_cast<Role>(r)), "late");
    }
    Parts parts{part_t(), part_rand(), part_sakke(), part_idr(6, kKmsI), part_idr(7, kKmsR), part_sign()};
    expect_rule(chain(parts), Rule::idr_after_sakke);
    EXPECT_EQ(look(chain(parts), rules({Rule::idr_after_sakke})).text(Role::idrkmsr), kKmsR);
}

TEST(IdentityRules, IdrOrder) {
    Parts parts = real_parts();
    std::swap(parts[4], parts[5]);
    expect_rule(chain(parts), Rule::idr_order);
    const Look m = look(chain(parts), rules({Rule::idr_order}));
    EXPECT_EQ(m.text(Role::idrkmsi), kKmsI);
    EXPECT_EQ(m.text(Role::idrkmsr), kKmsR);
}

TEST(IdentityRules, KmsNameType) {
    for (const std::size_t at : {std::size_t{4}, std::size_t{5}})
        for (const int type : {0, 2, 255}) {
            const auto role = static_cast<std::uint8_t>(at + 2);
            const Octets data =
                with_part(at, part_idr(role, "kms.x.example", static_cast<std::uint8_t>(type)));
            expect_rule(data, Rule::kms_name_type);
            EXPECT_EQ(look(data, rules({Rule::kms_name_type})).text(static_cast<Role>(role)),
                      "kms.x.example");
        }
}

TEST(IdentityRules, KmsNameEmpty) {
    for (const std::size_t at : {std::size_t{4}, std::size_t{5}}) {
        const auto role = static_cast<std::uint8_t>(at + 2);
        const Octets data = with_part(at, part_idr(role, ""));
        expect_rule(data, Rule::kms_name_empty);
        const Look m = look(data, rules({Rule::kms_name_empty}));
        EXPECT_TRUE(m.has(static_cast<Role>(role)));
        EXPECT_EQ(m.text(static_cast<Role>(role)), "");
    }
}

TEST(IdentityRules, KmsNameBytes) {
    for (const std::size_t at : {std::size_t{4}, std::size_t{5}})
        for (const int bad : {0x00, 0x09, 0x0A, 0x0D, 0x20, 0x7F, 0x80, 0xC3, 0xFF})
            for (const std::size_t where : {std::size_t{0}, std::size_t{6}, std::size_t{12}}) {
                const auto role = static_cast<std::uint8_t>(at + 2);
                Octets kms = octets("kms.x.example");
                kms[where] = static_cast<std::uint8_t>(bad);
                expect_rule(with_part(at, part_idr(role, kms)), Rule::kms_name_bytes);
            }
}

}  // namespace
}  // namespace kmsgate::mikey::test

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/select/profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kmsgate::client::select {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kWhole =
    "version: 1\n"
    "user: SIP:Alice@MC1.Example;user=phone\n"
    "home: kms.a.example\n"
    "secondary: [kms.c.example, kms.s.example]\n"
    "external:\n"
    "  - kms.b.example\n"
    "prefer: [KMS.S.example]\n"
    "refuse: [kms.c.example]\n"
    "contacts: [\"sip:bob@mc2.example\", \"tel:+44-20\"]\n"
    "keys: keys/alice\n"
    "state: /var/lib/alice\n"
    "hashed: true\n"
    "gms: false\n"
    "attempts: 7\n";
constexpr std::string_view kLeast = "version: 1\nuser: sip:a@x\nhome: A\nkeys: k\n";

/// The faults of a text, joined.
std::string faults(std::string_view yaml) {
    const auto read = read_profile(yaml, "dir/p.yaml");
    std::string out;
    if (!read)
        for (const std::string& line : read.error()) out += line + "\n";
    return out;
}
std::string faults_after(std::string_view more) {
    return faults(std::string(kLeast) + std::string(more));
}

TEST(Profile, EveryKeyIsRead) {
    const auto p = read_profile(kWhole, "dir/p.yaml");
    ASSERT_TRUE(p) << faults(kWhole);
    EXPECT_EQ(p->user, "sip:Alice@mc1.example");
    EXPECT_EQ(p->home, "kms.a.example");
    EXPECT_EQ(p->secondary, (Names{"kms.c.example", "kms.s.example"}));
    EXPECT_EQ(p->external, (Names{"kms.b.example"}));
    EXPECT_EQ(p->prefer, (Names{"KMS.S.example"}));
    EXPECT_EQ(p->refuse, (Names{"kms.c.example"}));
    EXPECT_EQ(p->contacts.front(), "sip:bob@mc2.example");
    EXPECT_EQ(p->keys, "dir/keys/alice");
    EXPECT_EQ(p->state, "/var/lib/alice");
    EXPECT_TRUE(p->hashed);
    EXPECT_FALSE(p->gms);
    EXPECT_EQ(p->attempts, 7U);
}

TEST(Profile, WhatIsNotSaid) {
    const auto p = read_profile(kLeast, "p.yaml");
    ASSERT_TRUE(p);
    EXPECT_EQ(p->keys, "k");
    EXPECT_TRUE(p->state.empty() && p->secondary.empty() && p->external.empty());
    EXPECT_EQ(p->attempts, 5U);
}

TEST(Profile, EveryScalarIsText) {
    const auto p =
        read_profile("version: 1\nuser: sip:a@x\nhome: null\nsecondary: [~, 1e3, yes]\nkeys: off\n", "p");
    ASSERT_TRUE(p);
    EXPECT_EQ(p->home, "null");
    EXPECT_EQ(p->secondary, (Names{"~", "1e3", "yes"}));
    EXPECT_EQ(p->keys, "off");
}

struct Wrong {
    const char* yaml;
    const char* says;
};
class Faults : public testing::TestWithParam<Wrong> {};
TEST_P(Faults, AreToldWithPlaceAndRemedy) {
    EXPECT_EQ(faults_after(GetParam().yaml), GetParam().says);
}
INSTANTIATE_TEST_SUITE_P(
    Profile, Faults,
    testing::Values(
        Wrong{"colour: red\n",
              "dir/p.yaml:5:1: unknown key `colour`; write one of version, user, home, secondary, external, "
              "prefer, refuse, contacts, keys, state, hashed, gms, attempts\n"},
        Wrong{"home: B\n", "dir/p.yaml:5:1: key `home` stands twice; remove it here or in line 3\n"},
        Wrong{"secondary: B\n",
              "dir/p.yaml:5:12: `secondary` is a single text; write a list: [first, second]; [] for none\n"},
        Wrong{"secondary:\n",
              "dir/p.yaml:5:1: `secondary` is empty; write a list: [first, second]; [] for none\n"},
        Wrong{"state: [a]\n", "dir/p.yaml:5:8: `state` is a list; write one text behind the colon\n"},
        Wrong{"external: [[B]]\n",
              "dir/p.yaml:5:12: an entry of `external` that is no text; write one text an entry\n"},
        Wrong{
            "external: [B, a]\n",
            "dir/p.yaml:5:15: KMS `a` stands twice in `home`, `secondary` and `external` (first in line 3); "
            "name each KMS once, where it belongs\n"},
        Wrong{"external: [ANY]\n", "dir/p.yaml:5:12: `external` `ANY` is a word of KRRs; name a KMS\n"},
        Wrong{"external: [\"kms b\"]\n",
              "dir/p.yaml:5:12: `external` `kms b` is no KMS URI; write it as in the KMS's certificate, 1 to "
              "255 visible characters\n"},
        Wrong{"prefer: [B]\nexternal: [B]\n",
              "dir/p.yaml:5:10: `prefer` `B` is neither `home` nor among `secondary`; prefer KMSs that give "
              "this user keys\n"},
        Wrong{"secondary: [S]\nprefer: [S]\nrefuse: [s]\n",
              "dir/p.yaml:6:10: `prefer` `S` is refused too; remove it from `prefer` or from `refuse`\n"},
        Wrong{"refuse: [A]\n",
              "dir/p.yaml:5:10: `refuse` `A` is the Home KMS, which the first attempt names; remove it, or "
              "name another `home`\n"},
        Wrong{"refuse: [Q, q]\n",
              "dir/p.yaml:5:13: KMS `q` stands twice in `refuse` (first in line 5); remove it once\n"},
        Wrong{"contacts: [bob]\n",
              "dir/p.yaml:5:12: `contacts` `bob` is no user URI; write `sip:user@domain` or `tel:+441234`\n"},
        Wrong{"contacts: [\"sip:b@x\", \"sips:b@X\"]\n",
              "dir/p.yaml:5:23: `contacts` `sips:b@X` stands twice; remove it once\n"},
        Wrong{"hashed: yes\n",
              "dir/p.yaml:5:9: `hashed` `yes` is neither `true` nor `false`; write one of the two\n"},
        Wrong{"attempts: 0\n",
              "dir/p.yaml:5:11: `attempts` `0` is no number of attempts; write a number from 1 to 20\n"},
        Wrong{"attempts: 21\n",
              "dir/p.yaml:5:11: `attempts` `21` is no number of attempts; write a number from 1 to 20\n"}));

TEST(Profile, AllFaultsAtOnceInFileOrder) {
    EXPECT_EQ(faults("version: 2\nuser: nobody\nprefer: [Z]\n"),
              "dir/p.yaml:1:1: no `home`; add the Home KMS: `home: kms.a.example`\n"
              "dir/p.yaml:1:1: no `keys`; add the folder of certificates and key sets: `keys: keys`\n"
              "dir/p.yaml:1:10: `version` `2` is not known; write `version: 1`\n"
              "dir/p.yaml:2:7: `user` `nobody` is no user URI; write `sip:user@domain` or `tel:+441234`\n"
              "dir/p.yaml:3:10: `prefer` `Z` is neither `home` nor among `secondary`; prefer KMSs that give "
              "this user keys\n");
}

TEST(Profile, WhatIsNoMapIsToldOnce) {
    for (const char* const text : {"", "- a\n", "text\n", "null\n"})
        EXPECT_EQ(faults(text),
                  "dir/p.yaml:1:1: no map of keys and values; begin with `version: 1`, then one key a line\n")
            << text;
}

TEST(Profile, BrokenYamlIsToldWithItsPlace) {
    EXPECT_TRUE(faults("version: 1\nsecondary: [A\nhome: B\n").starts_with("dir/p.yaml:"));
    EXPECT_NE(faults_after("---\nversion: 1\n").find("dir/p.yaml:6:1: a second YAML document"),
              std::string::npos);
}

TEST(Profile, HostileTextsAreNeverTakenAndNeverEscape) {
    const std::string whole(kWhole);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) (void)read_profile(whole.substr(0, cut), "p");
    EXPECT_FALSE(read_profile(std::string(2'000'000, 'a'), "p"));
    EXPECT_FALSE(read_profile(std::string(100'000, '['), "p"));
    const std::string escaped = faults_after("\"\\e[31mred\": x\n");
    EXPECT_NE(escaped.find("unknown key `\\x1B[31mred`"), std::string::npos) << escaped;
    EXPECT_FALSE(read_profile(std::string(kLeast) + std::string("external: [\"a\\0b\"]\n"), "p"));
}

TEST(Kmss, AreComparedWithoutLetterCaseOnly) {
    EXPECT_TRUE(same_kms("KMS.a", "kms.A"));
    EXPECT_FALSE(same_kms("kms.a", "kms.a."));
    EXPECT_TRUE(contains({"x", "KMS.A"}, "kms.a"));
    EXPECT_FALSE(contains({}, "kms.a"));
}

}  // namespace
}  // namespace kmsgate::client::select

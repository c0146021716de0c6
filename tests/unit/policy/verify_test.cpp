// SPDX-License-Identifier: BSD-3-Clause
// A table that is damaged and sealed again: refused with a sentence that says where, or harmless.
#include <random>

#include "tests/unit/policy/damage.hpp"
#include "tests/unit/policy/exercise.hpp"

namespace kmsgate::policy::table::test {
namespace {

/// Before the digest is looked at.
const Damage kHeader[] = {
    {"magic", [](Blob& b) { b.header().magic[0] = 'X'; }, "no magic"},
    {"version", [](Blob& b) { b.header().version = 1; }, "format version 1"},
    {"header_size", [](Blob& b) { b.header().header_size += 8; }, "header of 536 bytes"},
    {"total_size", [](Blob& b) { b.header().total_size -= 8; }, "are here"},
    {"bytes behind",
     [](Blob& b) {
         b.bytes().resize(b.bytes().size() + 8);
         b.header().total_size += 8;
     },
     "not at the table's end"},
    {"offset not aligned", [](Blob& b) { b.entry(Section::rules).offset += 4; }, "section rules: offset"},
    {"offset overlaps", [](Blob& b) { b.entry(Section::rules).offset -= 8; }, "section rules: offset"},
    {"offset outside", [](Blob& b) { b.entry(Section::patterns).offset = ~0ULL; },
     "section patterns: offset"},
    {"count too large", [](Blob& b) { b.entry(Section::pattern_index).count += 1; }, "pass the end"},
    {"count overflows", [](Blob& b) { b.entry(Section::strings).count = ~0ULL; }, "pass the end"},
    {"count times size overflows", [](Blob& b) { b.entry(Section::kms).count = (1ULL << 61) + 1; },
     "pass the end"},
    {"count too small", [](Blob& b) { b.entry(Section::pattern_index).count -= 1; },
     "not at the table's end"},
    {"padding",
     [](Blob& b) {
         const SectionEntry& strings = b.entry(Section::strings);
         ASSERT_NE(strings.count % 8, 0U) << "the sample should have padding here";
         b.bytes()[static_cast<std::size_t>(strings.offset + strings.count)] = std::byte{1};
     },
     "not zero"},
    {"kms_probe", [](Blob& b) { b.header().kms_probe = kMaxProbe + 1; }, "section kms_index: lookups"},
    {"kms_probe short", [](Blob& b) { b.header().kms_probe = 0; }, "cannot be found"},
    {"pattern_probe", [](Blob& b) { b.header().patterns.probe = ~0U; }, "section pattern_index: lookups"},
    {"pattern_probe short", [](Blob& b) { b.header().patterns.probe = 0; }, "cannot be found"},
    {"kms_seed", [](Blob& b) { b.header().kms_seed ^= 1; }, "section kms_index: record"},
    {"pattern_seed", [](Blob& b) { b.header().patterns.seed ^= 1; }, "section pattern_index: record"},
    {"pattern domains fewer", [](Blob& b) { b.header().patterns.domains -= 1; }, "but the header knows of 1"},
    {"pattern domains none", [](Blob& b) { b.header().patterns.domains = 0; }, "but the header knows of 0"},
    {"pattern domains outside", [](Blob& b) { b.header().patterns.domains += 1; }, "no domain has the id 2"},
    {"pattern domains of all ones", [](Blob& b) { b.header().patterns.domains = ~0U; },
     "no domain has the id"},
    {"pattern strings elsewhere", [](Blob& b) { b.entry(Section::pattern_strings).offset += 8; },
     "section pattern_strings: offset"},
    {"pattern strings nowhere", [](Blob& b) { b.entry(Section::pattern_strings).offset = 0; },
     "section pattern_strings: offset"},
    {"pattern strings behind the end", [](Blob& b) { b.entry(Section::pattern_strings).offset = ~0ULL; },
     "section pattern_strings: offset"},
    {"pattern strings shorter", [](Blob& b) { b.entry(Section::pattern_strings).count -= 8; }, "offset"},
    {"prefix lengths", [](Blob& b) { b.header().patterns.lengths[3][3] |= 1; }, "lengths"},
    {"suffix lengths", [](Blob& b) { b.header().patterns.lengths[2] = {}; }, "lengths"},
    {"host lengths", [](Blob& b) { b.header().patterns.lengths[1] = {}; }, "lengths"},
    {"exact lengths", [](Blob& b) { b.header().patterns.lengths[0][1] ^= 1; }, "lengths"},
    {"odd_first", [](Blob& b) { b.header().patterns.odd_first -= 1; }, "odd patterns"},
    {"odd_count", [](Blob& b) { b.header().patterns.odd_count = ~0U; }, "odd patterns"},
    {"odd split elsewhere",
     [](Blob& b) {
         b.header().patterns.odd_first -= 1;
         b.header().patterns.odd_count += 1;
     },
     "odd patterns stand last"},
    {"allow_words", [](Blob& b) { b.header().allow_words = 2; }, "allow sets of 2 words"},
};

INSTANTIATE_TEST_SUITE_P(Header, VerifyTest, ::testing::ValuesIn(kHeader), name_of);

TEST_P(VerifyTest, Refused) {
    Blob blob = sample();
    ASSERT_EQ(blob.verdict(), "");
    GetParam().apply(blob);
    const std::string verdict = blob.reseal().verdict();
    EXPECT_NE(verdict.find(GetParam().says), std::string::npos) << "it said: " << verdict;
    EXPECT_EQ(blob.verdict_beside(sample()), verdict) << "what is known of another table hides it";
}

TEST(Verify, FailurePaddingIsZero) {
    if constexpr (EdgeRecord{}.failure.size() == kCauses) return;  // as many causes as the array has room for
    Blob blob = sample();
    blob.at<EdgeRecord>(Section::edges, 0).failure.back() = Action::drop;
    EXPECT_NE(blob.reseal().verdict().find("padding"), std::string::npos);
}

TEST(Verify, DigestGuardsEveryByte) {
    Blob blob = sample();
    for (std::size_t i = 0; i < blob.bytes().size(); ++i) {
        blob.bytes()[i] ^= std::byte{0x40};
        EXPECT_NE(blob.verdict(), "") << i;
        blob.bytes()[i] ^= std::byte{0x40};
    }
    EXPECT_EQ(blob.verdict(), "");
    blob.header().digest = {};
    EXPECT_NE(blob.verdict().find("digest"), std::string::npos);
}

TEST(Verify, TruncatedAnywhere) {
    const Blob whole = sample();
    const auto& bytes = whole.bytes();
    for (std::size_t size = 0; size < bytes.size(); size += 8) {
        const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(size);
        Blob cut(std::vector<std::byte>(bytes.begin(), end));
        EXPECT_NE(cut.verdict(), "") << size;
        if (size < sizeof(Header)) continue;
        cut.header().total_size = size;
        EXPECT_NE(cut.reseal().verdict(), "") << size << ", sealed again";
    }
    for (std::size_t odd = 1; odd < 8; ++odd)
        EXPECT_NE(Blob(std::vector<std::byte>(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(odd)))
                      .verdict(),
                  "");
}

TEST(Verify, MisalignedBlob) {
    const Blob whole = sample();
    std::vector<std::byte> room(1);
    room.insert(room.end(), whole.bytes().begin(), whole.bytes().end());
    const auto table = Table::open(std::span(room).subspan(1));
    ASSERT_FALSE(table);
    EXPECT_NE(table.error().what.find("aligned"), std::string::npos);
}

/// Refused, or a table of which everything can be asked; the same beside a known one.
void expect_harmless(Blob& blob, const Table& known, std::size_t& accepted) {
    const auto table = Table::open(blob.reseal().bytes());
    const auto beside = Table::open(blob.bytes(), &known);
    ASSERT_EQ(beside.has_value(), table.has_value());
    if (!table) {
        EXPECT_FALSE(table.error().what.empty());
        EXPECT_EQ(beside.error().what, table.error().what);
        return;
    }
    ++accepted;
    EXPECT_TRUE(policy::test::exercise(*table));
}

TEST(Verify, EveryBitOfTheTableFlipped) {
    Blob blob = sample();
    const Blob whole = blob;
    const auto known = Table::open(whole.bytes());
    ASSERT_TRUE(known);
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < blob.bytes().size() * 8; ++bit) {
        blob.bytes()[bit / 8] ^= std::byte{1} << (bit % 8);
        expect_harmless(blob, *known, accepted);
        blob.bytes()[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    // Free values: limits, key periods, letters of names.
    EXPECT_GT(accepted, 100U);
    EXPECT_LT(accepted, blob.bytes().size() * 4);
}

TEST(Verify, RandomDamage) {
    std::mt19937 rng(4711);
    const Blob whole = sample();
    const auto known = Table::open(whole.bytes());
    ASSERT_TRUE(known);
    std::size_t accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        Blob blob = whole;
        auto& bytes = blob.bytes();
        for (std::size_t i = 0; i < 1 + rng() % 4; ++i) {
            const std::size_t at = rng() % (bytes.size() / 4) * 4;
            const std::uint32_t values[] = {static_cast<std::uint32_t>(rng()), 0, 1, 0xFFFFFFFF,
                                            static_cast<std::uint32_t>(rng() % bytes.size())};
            const std::uint32_t value = values[rng() % 5];
            std::memcpy(bytes.data() + at, &value, sizeof value);
        }
        expect_harmless(blob, *known, accepted);
    }
    EXPECT_GT(accepted, 10U);
}

/// Patterns that are known to be sound are not proved again where a table holds the same bytes; every byte of
/// them counts, and so do the number of domains and the digest.
TEST(Verify, KnownPatterns) {
    const Blob whole = sample();
    const auto known = Table::open(whole.bytes());
    ASSERT_TRUE(known);
    EXPECT_EQ(whole.verdict_beside(whole), "");
    for (std::size_t at = patterns_start(whole.bytes()); at < whole.bytes().size(); ++at) {
        Blob changed = whole;
        changed.bytes()[at] ^= std::byte{1};
        // Not sealed again: the digest of the patterns is that of the known ones, and their bytes are not.
        const std::string verdict = changed.verdict_beside(whole);
        EXPECT_TRUE(verdict.contains("digest of the patterns") || verdict.contains("not zero")) << at;
    }
    Blob other = whole;
    other.header().patterns.digest[5] ^= 1;
    other.header().digest = blob_digest(other.bytes());
    EXPECT_NE(other.verdict_beside(whole).find("digest of the patterns"), std::string::npos);

    // The same patterns, in a policy with fewer domains than they name.
    language::Policy policy = policy::test::sample_policy();
    policy.domains.resize(1);
    policy.edges.resize(0);
    const Blob fewer(compile::compile(policy, &*known));
    EXPECT_NE(fewer.verdict_beside(whole).find("no domain has the id 1"), std::string::npos);
    EXPECT_EQ(fewer.verdict(), fewer.verdict_beside(whole));
}

TEST(Verify, EmptyPolicyIsATable) {
    const auto bytes = compile::compile({});
    const auto table = Table::open(bytes);
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_TRUE(policy::test::exercise(*table));
    EXPECT_EQ(table->find_kms("a"), std::nullopt);
    EXPECT_EQ(table->find_user("sip:a@b"), std::nullopt);
}

}  // namespace
}  // namespace kmsgate::policy::table::test

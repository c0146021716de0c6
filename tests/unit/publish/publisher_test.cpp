// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/publish/kit.hpp"

namespace kmsgate::publish::test {
namespace {

TEST(Publisher, JudgesAreReady) {
    Kit kit;
    EXPECT_EQ(kit.publisher.current(), nullptr);
    EXPECT_TRUE(kit.publisher.rules().empty());
    const auto end = kit.publisher.publish(sealed(policy()), 7);
    ASSERT_TRUE(end.has_value());
    const Generation& g = *kit.publisher.current();
    EXPECT_EQ(end->generation, 7U);
    EXPECT_EQ(end->digest, g.proven().table->digest());
    EXPECT_TRUE(end->fresh);
    EXPECT_EQ(end->remark, "");
    for (unsigned worker = 0; worker < 2; ++worker)
        for (std::size_t slot = 0; slot < 2; ++slot) {
            const core::Judge& judge = g.judge(worker, slot);
            ASSERT_EQ(judge.table, &*g.proven().table);
            EXPECT_EQ(judge.table->text(judge.table->edges()[judge.edge].name), slot == 0 ? "e" : "f");
            EXPECT_EQ(judge.mode, slot == 0 ? Mode::enforce : Mode::shadow);
            EXPECT_EQ(judge.digest, g.proven().digest);
            EXPECT_EQ(judge.generation, 7U);
            EXPECT_EQ(judge.tags, kit.tags.get());
            EXPECT_EQ(judge.roster, &kit.nobody);
            EXPECT_EQ(judge.odd, nullptr);
            EXPECT_EQ(judge.tag_bits.size(), 1U);
            EXPECT_EQ(judge.rule_hits.size(), judge.table->rules().size());
        }
    EXPECT_NE(g.judge(0, 0).rule_hits.data(), g.judge(1, 0).rule_hits.data()) << "each worker writes its own";
    EXPECT_TRUE(g.trial(0).rule_hits.empty());
}

TEST(Publisher, HostileTablesLeaveTheOneInForce) {
    Kit kit;
    const Blob good = sealed(policy());
    ASSERT_EQ(kit.publish(good, 1), "");
    const Generation* before = kit.publisher.current();
    for (std::size_t size = 0; size < good.size(); ++size) {
        ASSERT_EQ(kit.publish(Blob(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), 2),
                  "table-invalid")
            << size;
    }
    std::uint64_t random = 1;
    for (int i = 0; i < 2000; ++i) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        Blob bad = good;
        bad[(random >> 20) % bad.size()] ^= static_cast<std::byte>(1U << (random >> 60 & 7U));
        ASSERT_EQ(kit.publish(std::move(bad), 2), "table-invalid") << i;
    }
    Blob longer = good;
    longer.resize(longer.size() + 8);
    EXPECT_EQ(kit.publish(longer, 2), "table-invalid");
    EXPECT_EQ(kit.publish({}, 2), "table-invalid");
    EXPECT_EQ(kit.publish(Blob(1 << 20, std::byte{0xFF}), 2), "table-invalid");
    EXPECT_EQ(kit.publisher.current(), before);
    EXPECT_EQ(Publisher::last_table(kit.folder.path)->second, good);
    EXPECT_EQ(kit.publish(good, 2), "") << "a refused number is not used up";
}

TEST(Publisher, EveryServedEdgeIsNeeded) {
    Kit kit({"e", "g", "f", "h"});
    const auto end = kit.publisher.publish(sealed(policy()), 1);
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().name, "edge-missing");
    EXPECT_NE(end.error().message.find("g, h"), std::string::npos) << end.error().message;
    EXPECT_EQ(kit.publisher.current(), nullptr);
}

TEST(Publisher, ANumberStandsForOneTable) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    const Generation* first = kit.publisher.current();
    const auto again = kit.publisher.publish(sealed(policy()), 1);
    ASSERT_TRUE(again.has_value());
    EXPECT_FALSE(again->fresh);
    EXPECT_EQ(kit.publisher.current(), first) << "nothing to do";
    EXPECT_EQ(kit.publish(sealed(policy("other")), 1), "generation-taken");
    ASSERT_EQ(kit.publish(sealed(policy("other")), 2), "");
    EXPECT_EQ(kit.publish(sealed(policy("third")), 1), "generation-taken")
        << "also one that was in force before";
    EXPECT_EQ(kit.publish(sealed(policy()), 1), "") << "back to what it was";
    EXPECT_EQ(kit.publish(sealed(policy()), 3), "") << "the same policy under another number";
    EXPECT_EQ(kit.publisher.current()->proven().number, 3U);
}

TEST(Publisher, Modes) {
    Kit kit;
    EXPECT_FALSE(kit.publisher.set_mode("nowhere", Mode::shadow));
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    EXPECT_TRUE(kit.publisher.set_mode("e", Mode::bypass));
    EXPECT_EQ(kit.mode(0), Mode::bypass);
    EXPECT_EQ(kit.mode(1), Mode::shadow);
    EXPECT_EQ(kit.publisher.current()->proven().number, 1U) << "the same generation";
    const std::vector<ModeWish> two = {{"e", std::nullopt}, {"f", Mode::enforce}};
    EXPECT_TRUE(kit.publisher.set_modes(two).has_value());
    EXPECT_EQ(kit.mode(0), Mode::enforce);
    EXPECT_EQ(kit.mode(1), Mode::enforce);
    const std::vector<ModeWish> wrong = {{"e", Mode::shadow}, {"nowhere", Mode::shadow}};
    EXPECT_EQ(kit.publisher.set_modes(wrong).error(), "nowhere");
    EXPECT_EQ(kit.mode(0), Mode::enforce) << "all or nothing";
    ASSERT_EQ(kit.publish(sealed(policy("other")), 2), "");
    EXPECT_EQ(kit.mode(1), Mode::enforce) << "stays until it is ended";
    const std::vector<ModeWish> end = {{"f", std::nullopt}};
    ASSERT_EQ(kit.publish(sealed(policy()), 3, end), "");
    EXPECT_EQ(kit.mode(1), Mode::shadow) << "ended with a table";
    EXPECT_EQ(kit.publish(sealed(policy("x")), 4, wrong), "unknown-edge");
    EXPECT_EQ(kit.publisher.current()->proven().number, 3U);
    EXPECT_EQ(kit.publish(sealed(policy()), 3, two), "") << "a repeated table brings its modes";
    EXPECT_EQ(kit.mode(1), Mode::enforce);
}

TEST(Publisher, RuleCountersAreCarriedOver) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    const auto count = [&](unsigned worker, std::string_view edge, std::string_view name, std::uint64_t n) {
        const core::Judge& judge = kit.publisher.current()->judge(worker, 0);
        for (std::size_t i = 0; i < judge.rule_hits.size(); ++i) {
            const auto& rule = judge.table->rules()[i];
            if (rule.side != Side::initiator || judge.table->text(rule.name) != name ||
                judge.table->text(judge.table->edges()[rule.edge].name) != edge)
                continue;
            judge.rule_hits[i].hit.add(n);
            judge.rule_hits[i].would.add(2 * n);
        }
    };
    count(0, "e", "attached", 5);
    count(1, "e", "attached", 7);
    count(1, "f", "attached", 1);
    EXPECT_EQ(kit.rule("e", "attached").hit, 12U);
    EXPECT_EQ(kit.rule("e", "attached").would, 24U);
    EXPECT_EQ(kit.rule("f", "attached").hit, 1U);
    EXPECT_EQ(kit.rule("e", "attached", Side::receiver).hit, 0U);
    ASSERT_TRUE(kit.publisher.set_mode("e", Mode::shadow));
    EXPECT_EQ(kit.rule("e", "attached").hit, 12U) << "over a change of mode";
    count(0, "e", "attached", 1);
    const std::string more =
        "      - {name: guests, side: initiator, when: {tag: roaming}, allow: [C], other: any}\n";
    ASSERT_EQ(kit.publish(sealed(policy("roaming", more)), 2), "");
    EXPECT_EQ(kit.rule("e", "attached").hit, 13U) << "its place in the table is another one";
    EXPECT_EQ(kit.rule("f", "attached").hit, 1U);
    EXPECT_EQ(kit.rule("e", "guests").hit, 0U);
    count(1, "e", "guests", 3);
    ASSERT_EQ(kit.publish(sealed(policy()), 3), "");
    EXPECT_EQ(kit.rule("e", "attached").hit, 13U);
    ASSERT_EQ(kit.publish(sealed(policy("roaming", more)), 4), "");
    EXPECT_EQ(kit.rule("e", "guests").hit, 0U) << "one that was gone begins anew";
}

std::string words(int first, int count) {
    std::string out;
    for (int i = first; i < first + count; ++i) out += (i == first ? "w" : ", w") + std::to_string(i);
    return out;
}

TEST(Publisher, TagBitsStayWithTheirWords) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy("roaming, migrated")), 1), "");
    const std::uint8_t migrated = kit.publisher.current()->proven().tag_bits[1];
    EXPECT_EQ(kit.publisher.tag_words().word(migrated), "migrated");
    ASSERT_EQ(kit.publish(sealed(policy("new, migrated")), 2), "");
    EXPECT_EQ(kit.publisher.current()->proven().tag_bits[1], migrated);
    EXPECT_NE(kit.publisher.current()->proven().tag_bits[0], kit.publisher.tag_words().find("roaming"))
        << "roaming may still stand with users";
    EXPECT_EQ(kit.publisher.tag_bit("migrated"), migrated);
    EXPECT_FALSE(kit.publisher.tag_bit("").has_value());
}

TEST(Publisher, WordsThatNobodyHasAreRecycled) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy(words(0, 20))), 1), "");
    // a user with w0
    const std::uint32_t bit = std::uint32_t{1} << *kit.publisher.tag_bit("w0");
    ASSERT_TRUE(kit.tags->set("mc1", "sip:a@mc1.example", bit));
    kit.publisher.tag_words().changed(0, bit);
    // 20 in force and 12 free: 13 new ones do not fit, whatever becomes of the old ones
    const auto full = kit.publisher.publish(sealed(policy(words(20, 13))), 2);
    ASSERT_FALSE(full.has_value());
    EXPECT_EQ(full.error().name, "tag-words-full");
    ASSERT_EQ(kit.publish(sealed(policy(words(20, 12))), 2), "");
    EXPECT_EQ(kit.publisher.tag_words().used(), ~std::uint32_t{0});
    // w1 to w19 are named by no table and by no user
    ASSERT_EQ(kit.publish(sealed(policy(words(40, 19))), 3), "");
    EXPECT_EQ(kit.publisher.tag_words().find("w1"), std::nullopt);
    ASSERT_TRUE(kit.publisher.tag_words().find("w0").has_value());
    EXPECT_EQ(kit.tags->get("mc1", "sip:a@mc1.example"),
              std::uint32_t{1} << *kit.publisher.tag_words().find("w0"))
        << "a user's word is kept";
    for (const std::uint8_t other : kit.publisher.current()->proven().tag_bits)
        EXPECT_NE(std::uint32_t{1} << other, bit);
    // once nobody has it, it goes, too
    kit.publisher.tag_words().changed(bit, 0);
    ASSERT_TRUE(kit.tags->remove("mc1", "sip:a@mc1.example"));
    ASSERT_EQ(kit.publish(sealed(policy(words(60, 13))), 4), "");
    EXPECT_EQ(kit.publisher.tag_words().find("w0"), std::nullopt);
}

TEST(Publisher, ARefusedTableLeavesTheWordsAlone) {
    Kit kit;
    ASSERT_EQ(kit.publish(sealed(policy(words(0, 30))), 1), "");
    const std::uint32_t used = kit.publisher.tag_words().used();
    ASSERT_EQ(kit.publish(sealed(policy(words(30, 3))), 2), "tag-words-full");
    EXPECT_EQ(kit.publisher.tag_words().used(), used);
    EXPECT_FALSE(kit.publisher.tag_words().find("w30").has_value());
}

}  // namespace
}  // namespace kmsgate::publish::test

// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/compile.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "dataplane/krr/emit.hpp"
#include "dataplane/mikey/rule.hpp"
#include "policy/table/view.hpp"
#include "tests/unit/policy/exercise.hpp"
#include "tests/unit/policy/sample.hpp"

namespace kmsgate::policy::compile {
namespace {

using table::Side;
using table::Table;
using test::rule;
using test::sample_policy;
using test::word;
using test::words;

class CompileTest : public ::testing::Test {
  protected:
    void use(const language::Policy& policy) {
        blob_ = compile(policy);
        auto opened = Table::open(blob_);
        ASSERT_TRUE(opened) << opened.error().what;
        table_.emplace(*opened);
    }
    void SetUp() override { use(sample_policy()); }

    [[nodiscard]] const table::RuleRecord& rule_at(std::size_t edge, Side side, std::size_t i) const {
        return table_->rules(table_->edges()[edge], side)[i];
    }
    /// Short names of the KMSs of a list.
    [[nodiscard]] std::string names(table::Range list) const {
        std::string out;
        for (const std::uint32_t id : table_->kms_list(list)) out += table_->text(table_->kms()[id].name);
        return out;
    }
    [[nodiscard]] std::string joined(table::Range globs) const {
        std::string out;
        for (const table::Text glob : table_->globs(globs)) out.append(table_->text(glob)) += ' ';
        return out;
    }

    std::vector<std::byte> blob_;
    std::optional<Table> table_;
};

TEST_F(CompileTest, SameModelSameBytes) {
    const auto again = compile(sample_policy());
    EXPECT_EQ(blob_, again);
    language::Policy other = sample_policy();
    other.limits.per_source = 8;
    EXPECT_NE(compile(other), blob_);
    EXPECT_TRUE(table_->digest().starts_with("sha256:"));
    EXPECT_EQ(table_->digest().size(), 71U);
}

TEST_F(CompileTest, InitiatorRulesBeforeReceiverRulesInPolicyOrder) {
    EXPECT_EQ(table_->text(table_->rules()[0].name), "roaming");
    EXPECT_EQ(table_->text(table_->rules()[1].name), "plain");
    EXPECT_EQ(table_->text(table_->rules()[2].name), "free");
    EXPECT_EQ(table_->text(table_->rules()[3].name), "attached");
}

TEST_F(CompileTest, AllowLists) {
    EXPECT_EQ(names(rule_at(0, Side::initiator, 0).allow), "C");
    EXPECT_EQ(names(rule_at(0, Side::initiator, 1).allow), "AD") << "a KMS named twice stands once";
    EXPECT_EQ(names(rule_at(0, Side::receiver, 0).allow), "ACB")
        << "home, then the secondary ones, then the rest";
    const auto& free = rule_at(0, Side::initiator, 2);
    EXPECT_EQ(free.allow_any, 1);
    EXPECT_EQ(names(free.allow), "");
    EXPECT_EQ(table_->text(free.krr_list), "");
    EXPECT_EQ(names(table_->domains()[0].secondary), "CA");
    EXPECT_EQ(table_->domains()[1].home, 1U);
}

TEST_F(CompileTest, KrrPiecesAreThoseOfTheKrrRoom) {
    EXPECT_EQ(table_->text(rule_at(0, Side::initiator, 1).krr_list),
              krr::piece_kms("Kms.A.example") + krr::piece_kms("https://kms.d.example/?x=1&y=<2>'\""));
    EXPECT_EQ(table_->text(table_->edges()[0].krr_after_id),
              krr::piece_after_id("urn:x-kmsgate:edge:mc1-edge"));
    EXPECT_EQ(table_->text(table_->edges()[1].krr_after_id),
              krr::piece_after_id("sip:proxy@mc2.example;a=\"b\""));
}

TEST_F(CompileTest, Conditions) {
    const auto& roaming = rule_at(0, Side::initiator, 0);
    EXPECT_EQ(roaming.tags, 2U);
    EXPECT_EQ(roaming.needs_user, 1);
    EXPECT_EQ(joined(roaming.users), "sip:BOB-*@mc1.example tel:+44* ");
    EXPECT_EQ(joined(roaming.visited), "*Visited* ") << "header values have no normal form";
    ASSERT_EQ(table_->cidrs(roaming.peers).size(), 2U);
    EXPECT_EQ(table_->cidrs(roaming.peers)[0].prefix, 104U);
    EXPECT_EQ(table_->cidrs(roaming.peers)[0].address[13], 0) << "bits behind the prefix are cut";
    const auto& plain = rule_at(0, Side::initiator, 1);
    EXPECT_EQ(plain.tags, 0U);
    EXPECT_EQ(plain.needs_user, 0);
    EXPECT_TRUE(table_->globs(plain.users).empty());
}

TEST_F(CompileTest, OnlyAUserConditionNeedsTheUser) {
    language::Policy policy = sample_policy();
    policy.edges[0].rules[1].when = {};
    policy.edges[0].rules[1].when.peer = words({"10.0.0.0/8"});
    policy.edges[0].rules[2].when.user = words({"sip:*@mc1.example"});
    policy.edges[0].rules[0].when.tag = words({"roaming", "migrated"});
    use(policy);
    EXPECT_EQ(rule_at(0, Side::initiator, 0).needs_user, 0);
    EXPECT_EQ(rule_at(0, Side::initiator, 1).needs_user, 1);
    EXPECT_EQ(rule_at(0, Side::receiver, 0).needs_user, 1);
    EXPECT_EQ(rule_at(0, Side::receiver, 0).tags, 3U);
}

TEST_F(CompileTest, WhatTheKrrSaysOfTheOtherSide) {
    EXPECT_EQ(rule_at(0, Side::initiator, 0).other, table::Other::copy);
    EXPECT_EQ(rule_at(0, Side::initiator, 1).other, table::Other::any);
    EXPECT_EQ(rule_at(0, Side::receiver, 0).other, table::Other::any);
}

TEST_F(CompileTest, EdgeSettings) {
    const auto& first = table_->edges()[0];
    const auto& second = table_->edges()[1];
    EXPECT_EQ(first.proxy, table::Proxy::cs);
    EXPECT_EQ(first.mode, table::Mode::enforce);
    EXPECT_EQ(second.proxy, table::Proxy::is);
    EXPECT_EQ(second.mode, table::Mode::shadow);
    EXPECT_EQ(second.in_dialog, table::InDialog::grandfather);
    EXPECT_EQ(second.on_register, table::Register::alarm);
    EXPECT_EQ(second.domain, 1U);
    ASSERT_EQ(table_->ports(first.tcp_ports).size(), 2U);
    EXPECT_EQ(table_->ports(first.tcp_ports)[1], 5080);
    EXPECT_TRUE(table_->ports(first.tls_ports).empty());
    EXPECT_EQ(table_->ports(second.tls_ports)[0], 5061);
}

TEST_F(CompileTest, DefaultsThenPolicyThenEdge) {
    const auto& first = table_->edges()[0];
    const auto& second = table_->edges()[1];
    EXPECT_EQ(first.redirects_per_second, 5000U);
    EXPECT_EQ(first.per_source, 7U);
    EXPECT_EQ(second.per_source, language::kDefaultPerSource);
    EXPECT_EQ(table_->action(first, Cause::malformed_mikey), Action::drop);
    EXPECT_EQ(table_->action(second, Cause::malformed_mikey), Action::forward);
    EXPECT_EQ(table_->action(first, Cause::missing_idr), Action::reject);
    EXPECT_EQ(table_->action(first, Cause::duplicate_idr), default_action(Cause::duplicate_idr));
    language::Policy plain = sample_policy();
    plain.limits = {};
    plain.failure = {};
    use(plain);
    EXPECT_EQ(table_->edges()[1].redirects_per_second, language::kDefaultRedirectsPerSecond);
    for (std::size_t i = 0; i < kCauses; ++i) {
        const auto cause = static_cast<Cause>(i);
        EXPECT_EQ(table_->action(table_->edges()[1], cause), default_action(cause)) << to_string(cause);
    }
}

TEST_F(CompileTest, PeersRelax) {
    const mikey::RuleSet relax(table_->peers()[0].relax);
    EXPECT_TRUE(relax.has(mikey::Rule::idr_order));
    EXPECT_TRUE(relax.has(mikey::Rule::trailing_bytes));
    EXPECT_FALSE(relax.has(mikey::Rule::version));
    EXPECT_EQ(table_->peers()[1].relax, 0U);
}

TEST_F(CompileTest, PatternsWrittenTwiceAreKeptOnce) {
    language::Policy policy = sample_policy();
    const auto count = [&] {
        return table::section_of<table::PatternRecord>(blob_, table::Section::patterns).size();
    };
    const std::size_t before = count();
    policy.domains[0].users.push_back(word("sips:*@mc1.EXAMPLE"));
    policy.domains[0].users.push_back(word("sip:**-x@shared.example"));
    use(policy);
    EXPECT_EQ(count(), before);
}

TEST_F(CompileTest, EqualAllowListsAreKeptOnce) {
    language::Policy policy = sample_policy();
    const auto words_of = [&] {
        return table::section_of<std::uint64_t>(blob_, table::Section::allow_bits).size();
    };
    const std::size_t before = words_of();
    policy.edges[1].rules.push_back(rule("again", Side::receiver, {"A", "D"}));
    policy.edges[1].rules.push_back(rule("other order", Side::receiver, {"D", "A"}));
    use(policy);
    EXPECT_EQ(words_of(), before + 1);
    EXPECT_EQ(names(rule_at(1, Side::receiver, 1).allow), "DA");
}

TEST_F(CompileTest, LongestAllowListAndManyKms) {
    language::Policy policy;
    policy.domains.resize(1);
    policy.domains[0].name = word("d");
    for (int i = 0; i < 130; ++i)
        policy.kms.push_back(test::kms(fmt::format("k{}", i), fmt::format("kms{}.example", i)));
    policy.edges.resize(1);
    policy.edges[0].name = word("e");
    policy.edges[0].domain = word("d");
    policy.edges[0].rules.push_back(rule("all", Side::receiver, {}));
    policy.edges[0].rules.push_back(rule("none", Side::receiver, {}));
    for (int i = 0; i < 64; ++i)
        policy.edges[0].rules[0].allow.push_back(word(fmt::format("k{}", 129 - 2 * i)));
    use(policy);
    const auto& all = rule_at(0, Side::receiver, 0);
    EXPECT_EQ(table_->kms_list(all.allow).size(), 64U);
    for (table::KmsId k = 0; k < 130; ++k) {
        EXPECT_EQ(table_->allows(all, k), k >= 3 && k % 2 == 1) << k;
        EXPECT_FALSE(table_->allows(rule_at(0, Side::receiver, 1), k));
    }
    policy.edges[0].rules[0].allow.push_back(word("k0"));
    blob_ = compile(policy);
    const auto too_long = Table::open(blob_);
    ASSERT_FALSE(too_long);
    EXPECT_NE(too_long.error().what.find("allow list of 65"), std::string::npos) << too_long.error().what;
}

TEST_F(CompileTest, ManyPatternsKmsAndEdges) {
    language::Policy policy;
    for (int i = 0; i < 10000; ++i)
        policy.kms.push_back(test::kms(fmt::format("k{}", i), fmt::format("kms{}.example", i)));
    for (int i = 0; i < 1000; ++i) {
        language::Domain domain;
        domain.name = word(fmt::format("d{}", i));
        domain.home = word(fmt::format("k{}", i));
        for (int j = 0; j < 100; ++j)
            domain.users.push_back(word(fmt::format("sip:*@h{}.d{}.example", j, i)));
        policy.domains.push_back(domain);
        language::Edge edge;
        edge.name = word(fmt::format("e{}", i));
        edge.domain = word(fmt::format("d{}", i));
        edge.rules = {rule("r", Side::initiator, {"home"})};
        policy.edges.push_back(edge);
    }
    use(policy);
    const auto& header = table::header_of(blob_);
    EXPECT_LE(header.kms_probe, 16U);
    EXPECT_LE(header.patterns.probe, 16U);
    EXPECT_EQ(table_->find_kms("KMS9999.example"), 9999U);
    EXPECT_EQ(table_->find_user("sip:u@h42.d999.example"), 999U);
    EXPECT_EQ(table_->find_user("sip:u@h100.d999.example"), std::nullopt);
}

/// What the fuzz target of tables starts from is what the compiler writes today; with KMSGATE_CORPUS=write it
/// is renewed.
TEST_F(CompileTest, CorpusIsCurrent) {
    const bool renew = std::getenv("KMSGATE_CORPUS") != nullptr;
    language::Policy one_rule;
    one_rule.kms = {test::kms("A", "a"), test::kms("B", "b")};
    one_rule.domains.resize(1);
    one_rule.domains[0].name = word("d");
    one_rule.domains[0].users = words({"sip:*@h", "sip:*@*.h", "tel:+*", "sip:a@h", "sip:a*@h"});
    one_rule.edges.resize(1);
    one_rule.edges[0].name = word("e");
    one_rule.edges[0].domain = word("d");
    one_rule.edges[0].rules = {rule("r", Side::initiator, {"B", "A"})};
    const std::pair<std::string_view, std::vector<std::byte>> files[] = {
        {"empty", compile({})}, {"one-rule", compile(one_rule)}, {"sample", compile(sample_policy())}};
    for (const auto& [name, bytes] : files) {
        const std::string path = std::string(KMSGATE_TABLE_CORPUS "/").append(name);
        if (renew) {
            std::ofstream out(path, std::ios::binary);
            out.write(reinterpret_cast<const char*>(bytes.data()),
                      static_cast<std::streamsize>(bytes.size()));
        }
        std::ifstream in(path, std::ios::binary);
        const std::string kept(std::istreambuf_iterator<char>(in), {});
        EXPECT_TRUE(std::ranges::equal(kept, bytes, {}, [](char c) { return static_cast<std::byte>(c); }))
            << path << " is not what the compiler writes; run this test with KMSGATE_CORPUS=write";
    }
}

// --- compile_text
// --------------------------------------------------------------------------------------------------

constexpr std::string_view kPolicy = R"(version: 1
tags: [roaming]
kms:
  A: kms.a.example
  C: {uri: kms.c.example, key-period: 2592000, key-offset: 0}
domains:
  mc1:
    users: ["sip:*@mc1.example", "tel:+4420*"]
    home: A
    secondary: [C]
edges:
  mc1-edge:
    domain: mc1
    proxy: cs
    rules:
      - {name: roaming, side: initiator, when: {tag: roaming}, allow: [C]}
      - {name: attached, side: initiator, allow: [A], other: any}
      - {name: attached, side: receiver, allow: [home]}
)";

TEST(CompileText, FromTextToATable) {
    const Compiled compiled = compile_text(kPolicy);
    for (const auto& problem : compiled.problems) EXPECT_TRUE(problem.warning) << problem.what;
    ASSERT_FALSE(compiled.blob.empty());
    const auto table = Table::open(compiled.blob);
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_TRUE(test::exercise(*table));
    EXPECT_EQ(table->find_user("sip:x@mc1.example"), 0U);
    EXPECT_EQ(table->rules(table->edges()[0], Side::initiator).size(), 2U);
    EXPECT_EQ(table->kms_list(table->rules(table->edges()[0], Side::receiver)[0].allow).size(), 2U);
    EXPECT_EQ(compile_text(kPolicy).blob, compiled.blob);
}

TEST(CompileText, NoBlobFromAPolicyWithFaults) {
    for (const std::string_view bad : {"", "version: 1\nkms: {", "version: 1\nunknown: 2\n"}) {
        const Compiled compiled = compile_text(bad);
        EXPECT_TRUE(compiled.blob.empty()) << bad;
        EXPECT_TRUE(language::has_errors(compiled.problems)) << bad;
    }
    std::string unknown_kms(kPolicy);
    unknown_kms.replace(unknown_kms.find("allow: [C]"), 10, "allow: [X]");
    const Compiled compiled = compile_text(unknown_kms);
    EXPECT_TRUE(compiled.blob.empty());
    EXPECT_TRUE(language::has_errors(compiled.problems));
}

}  // namespace
}  // namespace kmsgate::policy::compile

// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "dataplane/sip/ascii.hpp"
#include "policy/compile/compile.hpp"
#include "policy/table/cidr.hpp"
#include "policy/table/pattern.hpp"
#include "policy/table/view.hpp"
#include "tests/unit/policy/exercise.hpp"
#include "tests/unit/policy/sample.hpp"

namespace kmsgate::policy::table {
namespace {

using test::sample_policy;
using test::word;

/// A table and the bytes under it.
struct Compiled {
    explicit Compiled(const language::Policy& policy)
        : blob(compile::compile(policy)), opened(Table::open(blob)) {}
    [[nodiscard]] const Table& operator*() const { return *opened; }
    [[nodiscard]] const Table* operator->() const { return &*opened; }

    std::vector<std::byte> blob;
    std::expected<Table, VerifyError> opened;
};

class TableTest : public ::testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(table_.opened) << table_.opened.error().what; }
    [[nodiscard]] Address address(std::string_view text) const {
        return parse_cidr(text).value().record.address;
    }
    [[nodiscard]] std::string_view peer(std::string_view text) const {
        const PeerRecord* found = table_->find_peer(address(text));
        return found == nullptr ? "" : table_->text(found->name);
    }
    [[nodiscard]] std::string_view domain(std::string_view user) const {
        const auto found = table_->find_user(user);
        return found ? table_->text(table_->domains()[*found].name) : "";
    }

    Compiled table_{sample_policy()};
};

TEST_F(TableTest, NamesAreFound) {
    EXPECT_EQ(table_->find_edge("mc1-edge"), 0U);
    EXPECT_EQ(table_->find_edge("mc2-edge"), 1U);
    EXPECT_EQ(table_->find_edge("MC1-edge"), std::nullopt);
    EXPECT_EQ(table_->find_edge(""), std::nullopt);
    EXPECT_EQ(table_->find_domain("mc2"), 1U);
    EXPECT_EQ(table_->find_domain("mc"), std::nullopt);
    EXPECT_EQ(table_->find_tag("roaming"), 0U);
    EXPECT_EQ(table_->find_tag("migrated"), 1U);
    EXPECT_EQ(table_->find_tag("Roaming"), std::nullopt);
}

TEST_F(TableTest, KmsNamesCompareByAsciiCaseAndNothingElse) {
    EXPECT_EQ(table_->find_kms("kms.a.example"), 0U);
    EXPECT_EQ(table_->find_kms("KMS.A.EXAMPLE"), 0U);
    EXPECT_EQ(table_->find_kms("kms-OF-a"), 0U);
    EXPECT_EQ(table_->find_kms("SIP:kms@a.example"), 0U);
    EXPECT_EQ(table_->find_kms("kms.c.example"), 2U);
    EXPECT_EQ(table_->find_kms("https://kms.d.example/?x=1&y=<2>'\""), 3U);
    for (const std::string_view other :
         {"", "kms.a.example.", "kms.a.example:443", "https://kms.a.example", "kms%2ea.example",
          " kms.a.example", "kms.a.example/", "A", "kms.a.exampl", "kms.a.example "})
        EXPECT_EQ(table_->find_kms(other), std::nullopt) << other;
    EXPECT_EQ(table_->find_kms(std::string_view("kms.a.example\0", 14)), std::nullopt);
    EXPECT_EQ(table_->find_kms(std::string(70000, 'k')), std::nullopt);
}

TEST_F(TableTest, KmsRecordsKeepThePolicysSpelling) {
    ASSERT_EQ(table_->kms().size(), 4U);
    EXPECT_EQ(table_->text(table_->kms()[0].uri), "Kms.A.example");
    EXPECT_EQ(table_->text(table_->kms()[0].name), "A");
    EXPECT_EQ(table_->text(table_->kms()[3].xml),
              "<KmsUri>https://kms.d.example/?x=1&amp;y=&lt;2&gt;&apos;&quot;</KmsUri>");
    EXPECT_EQ(table_->kms()[0].key_period, 2592000U);
    EXPECT_EQ(table_->kms()[2].key_period, 86400U);
    EXPECT_EQ(table_->kms()[2].key_offset, 17U);
}

TEST_F(TableTest, UsersGoToTheMostSpecificPattern) {
    EXPECT_EQ(domain("sip:bob@mc1.example"), "mc1");
    EXPECT_EQ(domain("sip:@mc1.example"), "mc1") << "a star may stand for nothing";
    EXPECT_EQ(domain("sip:bob@x.y.mc1.example"), "mc1");
    EXPECT_EQ(domain("sip:bob@.mc1.example"), "mc1");
    EXPECT_EQ(domain("sip:bob@xmc1.example"), "");
    EXPECT_EQ(domain("sip:bob@mc1.example.org"), "");
    EXPECT_EQ(domain("sip:a@b@mc1.example"), "") << "no star crosses an '@'";
    EXPECT_EQ(domain("xmpp:bob@mc1.example"), "");
    EXPECT_EQ(domain("sip:alice@visited.example"), "mc1") << "the policy wrote it with an escape";
    EXPECT_EQ(domain("sip:bob@visited.example"), "");
    EXPECT_EQ(domain("tel:+442079460000"), "mc1");
    EXPECT_EQ(domain("tel:+4420"), "mc1");
    EXPECT_EQ(domain("tel:+442"), "mc2") << "the longer prefix does not match, the shorter does";
    EXPECT_EQ(domain("tel:+3"), "");
    EXPECT_EQ(domain("tel:+4420@h"), "") << "a prefix does not reach over an '@'";
    EXPECT_EQ(domain("sip:ops-1@shared.example"), "mc1");
    EXPECT_EQ(domain("sip:me-x@shared.example"), "mc1");
    EXPECT_EQ(domain("sip:me@shared.example"), "");
    EXPECT_EQ(domain(""), "");
    EXPECT_EQ(domain("sip:" + std::string(5000, 'u') + "@mc1.example"), "mc1");
    EXPECT_EQ(domain("sip:u@" + std::string(5000, 'h')), "");
    EXPECT_EQ(domain("sip:u@" + std::string(5000, '.') + "mc1.example"), "mc1");
    const auto exact = table_->match_user("sip:alice@visited.example");
    const auto host = table_->match_user("sip:bob@mc1.example");
    const auto prefix = table_->match_user("tel:+4420");
    ASSERT_TRUE(exact && host && prefix);
    EXPECT_GT(exact->rank, host->rank);
    EXPECT_GT(host->rank, prefix->rank);
}

TEST_F(TableTest, PeersByTheLongestNetwork) {
    EXPECT_EQ(peer("10.0.0.1"), "ims");
    EXPECT_EQ(peer("10.7.255.255"), "beside");
    EXPECT_EQ(peer("10.8.0.0"), "ims");
    EXPECT_EQ(peer("192.0.2.1"), "beside");
    EXPECT_EQ(peer("192.0.2.2"), "") << "::/0 is every IPv6 address, no IPv4 one";
    EXPECT_EQ(peer("2001:db8:ffff::1"), "ims");
    EXPECT_EQ(peer("2001:db9::1"), "beside");
    EXPECT_EQ(peer("::ffff:10.0.0.1"), "ims");
    EXPECT_EQ(table_->peers()[0].trusted, 1U);
    EXPECT_EQ(table_->peers()[1].trusted, 0U);
}

TEST_F(TableTest, RulesOfASide) {
    const EdgeRecord& edge = table_->edges()[0];
    const auto initiator = table_->rules(edge, Side::initiator);
    const auto receiver = table_->rules(edge, Side::receiver);
    ASSERT_EQ(initiator.size(), 3U);
    ASSERT_EQ(receiver.size(), 1U);
    EXPECT_EQ(table_->text(initiator[0].name), "roaming");
    EXPECT_EQ(table_->text(initiator[1].name), "plain");
    EXPECT_EQ(table_->text(initiator[2].name), "free");
    EXPECT_EQ(table_->text(receiver[0].name), "attached");
    EXPECT_EQ(edge.rules[1].first, 3U);
    EXPECT_TRUE(table_->rules(table_->edges()[1], Side::initiator).empty());
}

TEST_F(TableTest, AllowSets) {
    const auto rules = table_->rules(table_->edges()[0], Side::initiator);
    EXPECT_FALSE(table_->allows(rules[0], 0));
    EXPECT_TRUE(table_->allows(rules[0], 2));
    EXPECT_FALSE(table_->allows(rules[0], 64)) << "no such KMS";
    EXPECT_FALSE(table_->allows(rules[0], kNone));
    EXPECT_TRUE(table_->allows(rules[2], 1));
    const auto list = table_->kms_list(rules[1].allow);
    EXPECT_EQ(std::vector(list.begin(), list.end()), (std::vector<std::uint32_t>{0, 3}));
    EXPECT_TRUE(test::exercise(*table_));
}

TEST(Cidr, Text) {
    struct Good {
        std::string_view text;
        std::uint32_t prefix;
        bool host_bits;
    };
    for (const Good& g :
         {Good{"10.0.0.0/8", 104, false}, Good{"10.1.2.3/8", 104, true}, Good{"0.0.0.0/0", 96, false},
          Good{"192.0.2.1", 128, false}, Good{"::/0", 0, false}, Good{"fd00::/8", 8, false},
          Good{"fd00::1/8", 8, true}, Good{"2001:db8::1", 128, false}, Good{"2001:db8:8000::/33", 33, false},
          Good{"2001:db8:8000::/32", 32, true}, Good{"::ffff:10.0.0.0/104", 104, false}}) {
        const auto cidr = parse_cidr(g.text);
        ASSERT_TRUE(cidr) << g.text;
        EXPECT_EQ(cidr->record.prefix, g.prefix) << g.text;
        EXPECT_EQ(cidr->host_bits, g.host_bits) << g.text;
    }
    EXPECT_EQ(parse_cidr("10.1.2.3/8")->record.address, parse_cidr("::ffff:10.0.0.0/104")->record.address);
    for (const std::string_view bad :
         {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0/8",
          "10.0.0.0/8/8", "::/129", "::/1a", "fd00::%eth0/8", "host", " 10.0.0.0/8"})
        EXPECT_FALSE(parse_cidr(bad)) << bad;
    EXPECT_FALSE(parse_cidr(std::string_view("10.0.0.0\0", 9)));
}

TEST(Cidr, ContainsByBits) {
    const auto in = [](std::string_view network, std::string_view host) {
        return contains(parse_cidr(network)->record, parse_cidr(host)->record.address);
    };
    EXPECT_TRUE(in("10.0.0.0/9", "10.127.255.255"));
    EXPECT_FALSE(in("10.0.0.0/9", "10.128.0.0"));
    EXPECT_TRUE(in("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(in("192.0.2.1", "192.0.2.0"));
    EXPECT_TRUE(in("0.0.0.0/0", "203.0.113.9"));
    EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(in("::/0", "2001:db8::1"));
    EXPECT_FALSE(in("::/0", "10.0.0.1"));
    EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::"));
}

TEST(Cause, TextsAndActions) {
    std::set<std::string_view> keys;
    for (std::size_t i = 0; i < kCauses; ++i) {
        const auto cause = static_cast<Cause>(i);
        EXPECT_TRUE(keys.insert(to_string(cause)).second) << to_string(cause);
        EXPECT_EQ(cause_from_string(to_string(cause)), cause);
        EXPECT_NE(allowed_actions(cause) & bit(default_action(cause)), 0) << to_string(cause);
    }
    EXPECT_EQ(keys.size(), kCauses);
    EXPECT_EQ(reason_text(Cause::malformed_sip_mikey), "malformed-sip");
    EXPECT_EQ(reason_text(Cause::malformed_sip), "malformed-sip");
    EXPECT_EQ(reason_text(Cause::missing_idr), "missing-idr");
    EXPECT_EQ(to_string(Cause::count_), "");
    EXPECT_EQ(cause_from_string(""), std::nullopt);
    EXPECT_EQ(cause_from_string("Missing-idr"), std::nullopt);
    for (std::size_t i = 0; i < static_cast<std::size_t>(Action::count_); ++i)
        EXPECT_EQ(action_from_string(to_string(static_cast<Action>(i))), static_cast<Action>(i));
    EXPECT_EQ(action_from_string("allow"), std::nullopt);
    for (const Cause cause :
         {Cause::fragment_budget, Cause::tcp_budget, Cause::table_full, Cause::redirect_limit})
        EXPECT_EQ(allowed_actions(cause) & bit(Action::forward), 0) << to_string(cause);
    EXPECT_EQ(default_action(Cause::missing_idr), Action::redirect);
    EXPECT_EQ(default_action(Cause::unknown_user), Action::strictest);
    EXPECT_EQ(default_action(Cause::tcp_midstream), Action::reset);
    EXPECT_EQ(default_action(Cause::off_port_sip), Action::judge);
}

// --- random policies against a walk over all patterns
// -------------------------------------------------------------

std::string pick(std::mt19937& rng, std::initializer_list<std::string_view> from) {
    return std::string(from.begin()[rng() % from.size()]);
}
std::string random_glob(std::mt19937& rng) {
    if (rng() % 4 == 0)
        return "tel:+" + pick(rng, {"4", "44", "442", "4420"}) + pick(rng, {"", "*", "*", "*0", "0*1*"});
    return pick(rng, {"sip:", "sips:", "im:"}) + pick(rng, {"*", "*", "*", "a", "b", "a*", "*b", "a*b"}) +
           "@" + pick(rng, {"", "", "*.", "*", "x."}) +
           pick(rng, {"h", "g.h", "f.g.h", "e.f.g.h", "*", "g.*"});
}
std::string random_user(std::mt19937& rng) {
    if (rng() % 4 == 0)
        return "tel:+" + pick(rng, {"4", "44", "442", "4420", "44201", "3"}) +
               pick(rng, {"", "0", "01", "1"});
    std::string user = pick(rng, {"sip:", "sip:", "im:", "x:"}) + pick(rng, {"", "a", "b", "ab", "aab", "c"});
    if (rng() % 16 != 0) user += "@";
    return user + pick(rng, {"", "", "x.", "y.x.", "."}) +
           pick(rng, {"h", "g.h", "f.g.h", "e.f.g.h", "g.z", "@h"});
}

TEST(MatchUser, AgreesWithAWalkOverAllPatterns) {
    std::mt19937 rng(20240607);
    std::size_t found = 0;
    for (int round = 0; round < 150; ++round) {
        language::Policy policy;
        struct Entry {
            std::string glob;
            Pattern pattern;
            DomainId domain;
        };
        std::vector<Entry> entries;
        for (DomainId d = 0; d < 4; ++d) {
            language::Domain domain;
            domain.name = word(fmt::format("d{}", d));
            for (std::size_t i = 0; i < rng() % 12; ++i) {
                const std::string glob = random_glob(rng);
                const auto pattern = make_pattern(glob);
                ASSERT_TRUE(pattern) << glob;
                // As check demands: no tie between domains.
                const bool tie = std::any_of(entries.begin(), entries.end(), [&](const Entry& e) {
                    return e.domain != d && e.pattern.rank == pattern->rank &&
                           intersect(e.glob, to_glob(*pattern));
                });
                if (tie) continue;
                domain.users.push_back(word(glob));
                entries.push_back({to_glob(*pattern), *pattern, d});
            }
            policy.domains.push_back(domain);
        }
        const Compiled table(policy);
        ASSERT_TRUE(table.opened) << table.opened.error().what;
        ASSERT_TRUE(test::exercise(*table));
        for (int i = 0; i < 300; ++i) {
            const std::string user = random_user(rng);
            const Entry* best = nullptr;
            for (const Entry& e : entries)
                if (glob_match(e.glob, user, false) &&
                    (best == nullptr || e.pattern.rank > best->pattern.rank))
                    best = &e;
            const auto match = table->match_user(user);
            ASSERT_EQ(match.has_value(), best != nullptr) << user;
            if (best == nullptr) continue;
            ++found;
            EXPECT_EQ(match->rank, best->pattern.rank) << user;
            EXPECT_EQ(match->domain, best->domain) << user;
            EXPECT_EQ(table->find_user(user), best->domain) << user;
        }
    }
    EXPECT_GT(found, 1000U);
}

TEST(KeyHash, SpreadsAndDependsOnTheSeed) {
    std::set<std::uint32_t> hashes;
    std::size_t changed = 0;
    for (int i = 0; i < 10000; ++i) {
        const std::string key = fmt::format("kms{}.example", i);
        hashes.insert(kms_hash(key, 1) & 0xFFFFF);
        changed += kms_hash(key, 1) != kms_hash(key, 2) ? 1U : 0U;
    }
    EXPECT_GT(hashes.size(), 9900U - 50U) << "10,000 balls in 2^20 boxes: about 48 meet";
    EXPECT_GT(changed, 9990U);
    // Every byte counts, the last ones and the length too.
    const std::string base(19, '\0');
    for (std::size_t i = 0; i < base.size(); ++i) {
        std::string other = base;
        other[i] = '\1';
        EXPECT_NE(kms_hash(other, 1), kms_hash(base, 1)) << i;
        EXPECT_NE(kms_hash(std::string(i, '\0'), 1), kms_hash(base, 1)) << i;
    }
    // What has one text but another shape is another key.
    EXPECT_NE(pattern_hash(Shape::host, "sip:mc1.example", 1),
              pattern_hash(Shape::suffix, "sip:mc1.example", 1));
    EXPECT_NE(pattern_hash(Shape::exact, "sip:mc1.example", 1),
              pattern_hash(Shape::prefix, "sip:mc1.example", 1));
}

TEST(SameBytes, IsMemcmpAtEverySize) {
    const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (std::size_t n = 0; n <= text.size(); ++n) {
        std::string other = text.substr(0, n);
        EXPECT_TRUE(same_bytes(text.data(), other.data(), n)) << n;
        EXPECT_FALSE(same_text(text.substr(0, n), other + "x")) << n;
        for (std::size_t i = 0; i < n; ++i) {
            other[i] ^= 0x20;
            EXPECT_FALSE(same_bytes(text.data(), other.data(), n)) << n << " " << i;
            other[i] ^= 0x20;
        }
    }
}

TEST(FindKms, AnyLetterCaseOfEveryByte) {
    // Every byte that a URI may hold: only A-Z have another case.
    std::string uri = "k";
    for (char c = 0x21; c < 0x7F; ++c)
        if (std::string_view("\"\\'").find(c) == std::string_view::npos) uri += c;
    for (std::size_t size = 1; size <= uri.size(); size += 7) {
        const std::string name = uri.substr(0, size);
        auto made = compile::compile_text(
            "version: 1\nkms: {A: \"" + name +
            "\"}\ndomains: {d: {users: [\"sip:*@d.example\"], home: A}}\nedges:\n"
            "  e: {domain: d, proxy: cs, rules: [{name: r, side: initiator, allow: [A]}]}\n");
        ASSERT_FALSE(made.blob.empty()) << name;
        const auto table = Table::open(made.blob);
        ASSERT_TRUE(table);
        std::string upper = name;
        for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        EXPECT_EQ(table->find_kms(name), 0U) << name;
        EXPECT_EQ(table->find_kms(upper), 0U) << upper;
        for (std::size_t i = 0; i < name.size(); ++i) {
            std::string other = name;
            other[i] = static_cast<char>(other[i] ^ 0x80);
            EXPECT_FALSE(table->find_kms(other)) << i;
            if (sip::is_alpha(name[i])) continue;
            other[i] = static_cast<char>(name[i] ^ 0x20);
            EXPECT_FALSE(table->find_kms(other)) << i << " only letters have a case";
        }
    }
}

}  // namespace
}  // namespace kmsgate::policy::table

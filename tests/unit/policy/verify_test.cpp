// SPDX-License-Identifier: BSD-3-Clause
// A table that is damaged and sealed again: refused with a sentence that says where, or harmless.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "dataplane/mikey/rule.hpp"
#include "policy/table/view.hpp"
#include "tests/unit/policy/exercise.hpp"
#include "tests/unit/policy/sample.hpp"

namespace kmsgate::policy::table {
namespace {

using test::Blob;

Blob sample() {
    return Blob(compile::compile(test::sample_policy()));
}

struct Damage {
    std::string_view name;
    std::function<void(Blob&)> apply;
    std::string_view says;  ///< stands in the refusal
};
std::ostream& operator<<(std::ostream& out, const Damage& damage) {
    return out << damage.name;
}

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

template <class T, class Field>
std::function<void(Blob&)> set(Section section, std::size_t i, Field T::* field, Field value) {
    return [=](Blob& b) { b.at<T>(section, i).*field = value; };
}
std::function<void(Blob&)> on_rule(std::size_t i, std::function<void(RuleRecord&)> change) {
    return [=](Blob& b) { change(b.at<RuleRecord>(Section::rules, i)); };
}
std::function<void(Blob&)> on_edge(std::function<void(EdgeRecord&)> change) {
    return [=](Blob& b) { change(b.at<EdgeRecord>(Section::edges, 0)); };
}

constexpr Text kOutside{0xFFFFFFF0, 0x20};
constexpr Text kEmpty{0, 0};
constexpr Text kTooLong{0, kMaxText + 1};
constexpr Range kRangeOutside{0xFFFFFFFF, 2};

const Damage kNames[] = {
    {"kms uri outside", set(Section::kms, 1, &KmsRecord::uri, kOutside), "section kms: record 1: uri passes"},
    {"kms uri empty", set(Section::kms, 1, &KmsRecord::uri, kEmpty), "uri is empty"},
    {"kms uri too long", set(Section::kms, 1, &KmsRecord::uri, kTooLong), "uri has 256 bytes"},
    {"kms uri control byte", [](Blob& b) { b.string_byte(b.at<KmsRecord>(Section::kms, 1).uri, 2) = '\n'; },
     "uri holds the byte 0x0a"},
    {"kms uri blank", [](Blob& b) { b.string_byte(b.at<KmsRecord>(Section::kms, 0).uri, 2) = ' '; },
     "uri holds"},
    {"kms name outside", set(Section::kms, 1, &KmsRecord::name, kOutside), "name passes"},
    {"kms name twice",
     [](Blob& b) { b.at<KmsRecord>(Section::kms, 1).name = b.at<KmsRecord>(Section::kms, 0).name; },
     "KMS `A` stands twice"},
    {"kms xml outside", set(Section::kms, 1, &KmsRecord::xml, kOutside), "xml passes"},
    {"kms xml of another",
     [](Blob& b) { b.at<KmsRecord>(Section::kms, 1).xml = b.at<KmsRecord>(Section::kms, 0).xml; },
     "xml is not that"},
    {"kms xml bytes", [](Blob& b) { b.string_byte(b.at<KmsRecord>(Section::kms, 1).xml, 9) = '<'; },
     "xml is not that"},
    {"kms_names id", set(Section::kms_names, 0, &KmsNameRecord::kms, 4U), "no KMS has the id 4"},
    {"kms_names reserved", set(Section::kms_names, 0, &KmsNameRecord::reserved, 1U), "reserved"},
    {"kms_names text", set(Section::kms_names, 2, &KmsNameRecord::name, kOutside),
     "section kms_names: record 2"},
    {"kms_names capital",
     [](Blob& b) { b.at<KmsNameRecord>(Section::kms_names, 0).name = b.at<KmsRecord>(Section::kms, 0).uri; },
     "name holds the byte 0x4b"},
    {"kms_names of another kms", set(Section::kms_names, 0, &KmsNameRecord::kms, 1U), "wrong value"},
    {"kms_lists id", [](Blob& b) { b.at<std::uint32_t>(Section::kms_lists, 0) = 99; },
     "section kms_lists: record 0"},
    {"tag outside", [](Blob& b) { b.at<Text>(Section::tags, 1) = kOutside; }, "section tags: record 1"},
    {"tag twice", [](Blob& b) { b.at<Text>(Section::tags, 1) = b.at<Text>(Section::tags, 0); },
     "tag `roaming`"},
    {"glob outside", [](Blob& b) { b.at<Text>(Section::globs, 0) = kOutside; }, "section globs: record 0"},
    {"glob too long", [](Blob& b) { b.at<Text>(Section::globs, 0) = kTooLong; }, "section globs: record 0"},
    {"port 0", [](Blob& b) { b.at<std::uint16_t>(Section::ports, 0) = 0; }, "port 0"},
    {"domain name", set(Section::domains, 0, &DomainRecord::name, kOutside),
     "section domains: record 0: name"},
    {"domain twice",
     [](Blob& b) {
         b.at<DomainRecord>(Section::domains, 1).name = b.at<DomainRecord>(Section::domains, 0).name;
     },
     "domain `mc1`"},
    {"domain home", set(Section::domains, 0, &DomainRecord::home, 4U), "home: no KMS"},
    {"domain reserved", set(Section::domains, 0, &DomainRecord::reserved, 1U), "reserved"},
    {"domain secondary", set(Section::domains, 0, &DomainRecord::secondary, kRangeOutside),
     "secondary passes"},
    {"cidr prefix", set(Section::cidrs, 0, &CidrRecord::prefix, 129U), "prefix of 129"},
    {"cidr host bits", [](Blob& b) { b.at<CidrRecord>(Section::cidrs, 0).address[15] = 1; },
     "behind the prefix"},
    {"cidr reserved", set(Section::cidrs, 0, &CidrRecord::reserved, 1U), "reserved"},
    {"peer name", set(Section::peers, 0, &PeerRecord::name, kEmpty),
     "section peers: record 0: name is empty"},
    {"peer addresses", set(Section::peers, 0, &PeerRecord::addresses, kRangeOutside), "addresses passes"},
    {"peer trusted", set(Section::peers, 0, &PeerRecord::trusted, 2U), "trusted"},
    {"peer reserved", set(Section::peers, 0, &PeerRecord::reserved, 2U), "reserved"},
    {"peer relax unknown", [](Blob& b) { b.at<PeerRecord>(Section::peers, 0).relax |= 1ULL << 63; },
     "rule 63"},
    {"peer relax what cannot be",
     [](Blob& b) {
         b.at<PeerRecord>(Section::peers, 0).relax |= 1ULL
                                                      << static_cast<unsigned>(mikey::Rule::header_length);
     },
     "cannot be relaxed"},
};

const Damage kEdges[] = {
    {"edge name", on_edge([](EdgeRecord& e) { e.name = kOutside; }), "section edges: record 0: name"},
    {"edge twice",
     [](Blob& b) { b.at<EdgeRecord>(Section::edges, 1).name = b.at<EdgeRecord>(Section::edges, 0).name; },
     "edge `mc1-edge`"},
    {"edge piece outside", on_edge([](EdgeRecord& e) { e.krr_after_id = kOutside; }), "krr_after_id passes"},
    {"edge piece other", on_edge([](EdgeRecord& e) { e.krr_after_id = e.name; }), "krr_after_id is no piece"},
    {"edge piece bytes",
     [](Blob& b) {
         const Text piece = b.at<EdgeRecord>(Section::edges, 0).krr_after_id;
         b.string_byte(piece, piece.size / 2) = '<';
     },
     "krr_after_id is no piece"},
    {"edge domain", on_edge([](EdgeRecord& e) { e.domain = 2; }), "no domain has the id 2"},
    {"edge proxy", on_edge([](EdgeRecord& e) { e.proxy = Proxy{2}; }), "proxy"},
    {"edge mode", on_edge([](EdgeRecord& e) { e.mode = Mode{3}; }), "mode"},
    {"edge in_dialog", on_edge([](EdgeRecord& e) { e.in_dialog = InDialog{0xFF}; }), "in-dialog"},
    {"edge on_register", on_edge([](EdgeRecord& e) { e.on_register = Register{2}; }), "register"},
    {"edge asks", on_edge([](EdgeRecord& e) { e.asks ^= ask_bit(Ask::tags, 0); }), "asks does not fit"},
    {"edge asks more", on_edge([](EdgeRecord& e) { e.asks |= 1U << 31; }), "asks does not fit"},
    {"edge asks nothing", on_edge([](EdgeRecord& e) { e.asks = 0; }), "asks does not fit"},
    {"edge reserved", on_edge([](EdgeRecord& e) { e.reserved = 1; }), "reserved"},
    {"edge udp", on_edge([](EdgeRecord& e) { e.udp_ports = kRangeOutside; }), "udp_ports passes"},
    {"edge tcp", on_edge([](EdgeRecord& e) { e.tcp_ports.count = 100; }), "tcp_ports passes"},
    {"edge tls", on_edge([](EdgeRecord& e) { e.tls_ports.first = 100; }), "tls_ports passes"},
    {"edge failure enumerator", on_edge([](EdgeRecord& e) { e.failure[0] = Action{8}; }),
     "no action for malformed-sip"},
    {"edge failure not allowed",
     on_edge([](EdgeRecord& e) { e.failure[static_cast<std::size_t>(Cause::table_full)] = Action::forward; }),
     "no action for table-full"},
    {"edge rules outside", on_edge([](EdgeRecord& e) { e.rules[0] = kRangeOutside; }), "rules passes"},
    {"edge rules overlap", on_edge([](EdgeRecord& e) { e.rules[1].first -= 1; }), "do not follow"},
    {"edge rules gap", on_edge([](EdgeRecord& e) { e.rules[0].first += 1; }), "do not follow"},
    {"edge rules of the other side", on_edge([](EdgeRecord& e) {
         e.rules[0].count -= 1;
         e.rules[1] = {e.rules[1].first - 1, e.rules[1].count + 1};
     }),
     "another edge or side"},
    {"rules of no edge",
     [](Blob& b) {
         b.at<EdgeRecord>(Section::edges, 0).rules[1].count = 0;
         for (Range& r : b.at<EdgeRecord>(Section::edges, 1).rules) r.first -= 1;
     },
     "belongs to no edge"},
    {"rule name", on_rule(0, [](RuleRecord& r) { r.name = kEmpty; }),
     "section rules: record 0: name is empty"},
    {"rule name twice",
     [](Blob& b) { b.at<RuleRecord>(Section::rules, 1).name = b.at<RuleRecord>(Section::rules, 0).name; },
     "rule `roaming`"},
    {"rule edge", on_rule(0, [](RuleRecord& r) { r.edge = 1; }), "another edge or side"},
    {"rule side", on_rule(0, [](RuleRecord& r) { r.side = Side{2}; }), "unknown side"},
    {"rule of the receiver", on_rule(1, [](RuleRecord& r) { r.side = Side::receiver; }),
     "another edge or side"},
    {"rule other", on_rule(0, [](RuleRecord& r) { r.other = Other{2}; }), "other side"},
    {"rule copies the initiator", on_rule(3, [](RuleRecord& r) { r.other = Other::copy; }),
     "receiver rule copies"},
    {"rule allow_any", on_rule(0, [](RuleRecord& r) { r.allow_any = 2; }), "allow_any"},
    {"rule allow_any with a list", on_rule(1, [](RuleRecord& r) { r.allow_any = 1; }), "beside `any`"},
    {"rule no longer any", on_rule(2, [](RuleRecord& r) { r.allow_any = 0; }), "allow"},
    {"rule tag", on_rule(0, [](RuleRecord& r) { r.tags |= 4; }), "not declared"},
    {"rule tag 31", on_rule(0, [](RuleRecord& r) { r.tags |= 1U << 31; }), "not declared"},
    {"rule needs_user", on_rule(0, [](RuleRecord& r) { r.needs_user = 0; }), "needs_user"},
    {"rule needs no user", on_rule(1, [](RuleRecord& r) { r.needs_user = 1; }), "needs_user"},
    {"rule users", on_rule(0, [](RuleRecord& r) { r.users = kRangeOutside; }), "users passes"},
    {"rule peers", on_rule(0, [](RuleRecord& r) { r.peers = kRangeOutside; }), "peers passes"},
    {"rule visited", on_rule(0, [](RuleRecord& r) { r.visited = kRangeOutside; }), "visited passes"},
    {"rule allow outside", on_rule(0, [](RuleRecord& r) { r.allow = kRangeOutside; }), "allow list passes"},
    {"rule allow shorter", on_rule(1, [](RuleRecord& r) { r.allow.count -= 1; }), "differ"},
    {"rule allow moved", on_rule(1, [](RuleRecord& r) { r.allow.first -= 1; }), "differ"},
    {"rule allow bits outside", on_rule(1, [](RuleRecord& r) { r.allow_bits = 1000; }), "no allow set"},
    {"rule allow bits of another",
     [](Blob& b) {
         b.at<RuleRecord>(Section::rules, 1).allow_bits = b.at<RuleRecord>(Section::rules, 0).allow_bits;
     },
     "differ"},
    {"rule allow list with a KMS twice",
     [](Blob& b) {
         const Range list = b.at<RuleRecord>(Section::rules, 1).allow;
         b.at<std::uint32_t>(Section::kms_lists, list.first + 1) =
             b.at<std::uint32_t>(Section::kms_lists, list.first);
     },
     "stands twice"},
    {"rule allow list in another order",
     [](Blob& b) {
         const Range list = b.at<RuleRecord>(Section::rules, 1).allow;
         std::swap(b.at<std::uint32_t>(Section::kms_lists, list.first + 1),
                   b.at<std::uint32_t>(Section::kms_lists, list.first));
     },
     "krr_list is not"},
    {"rule krr outside", on_rule(1, [](RuleRecord& r) { r.krr_list = kOutside; }), "krr_list passes"},
    {"rule krr shorter", on_rule(1, [](RuleRecord& r) { r.krr_list.size -= 1; }), "krr_list is not"},
    {"rule krr longer", on_rule(1, [](RuleRecord& r) { r.krr_list.size += 1; }), "krr_list is not"},
    {"bits behind the last KMS", [](Blob& b) { b.at<std::uint64_t>(Section::allow_bits, 0) |= 1ULL << 4; },
     "bits behind the last KMS"},
};

const Damage kPatterns[] = {
    {"index entry",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::kms_index, i); slot.name != kNone) {
                 slot.name = 1000 << 8;
                 return;
             }
     },
     "no entry 1000"},
    {"index entry of another",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::pattern_index, i); slot.name != kNone) {
                 slot.name = (slot.name >> 8 == 0 ? 1 : 0) << 8 | (slot.name & 0xFF);
                 return;
             }
     },
     "wrong hash"},
    {"index entry lost",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::pattern_index, i); slot.name != kNone) {
                 slot = {};
                 return;
             }
     },
     "slots in use"},
    {"index free slot with a hash",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::kms_index, i); slot.name == kNone) {
                 slot.hash = 7;
                 return;
             }
     },
     "a free slot"},
    {"index hash",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::kms_index, i); slot.name != kNone) {
                 slot.hash ^= 1;
                 return;
             }
     },
     "wrong hash"},
    {"index text",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::pattern_index, i); slot.name != kNone) {
                 slot.text += 1;
                 return;
             }
     },
     "wrong text"},
    {"index text outside",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::kms_index, i); slot.name != kNone) {
                 slot.text = ~0U;
                 return;
             }
     },
     "wrong text"},
    {"index size",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::kms_index, i); slot.name != kNone) {
                 slot.name ^= 1;
                 return;
             }
     },
     "wrong text"},
    {"index domain",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::pattern_index, i); slot.name != kNone) {
                 slot.value ^= 8;
                 return;
             }
     },
     "wrong value"},
    {"index KMS",
     [](Blob& b) {
         for (std::size_t i = 0;; ++i)
             if (auto& slot = b.at<IndexSlot>(Section::kms_index, i); slot.name != kNone) {
                 slot.value = 1U << 30;
                 return;
             }
     },
     "wrong value"},
    {"index slot elsewhere",
     [](Blob& b) {
         // The entry moves as far from its hash as it gets.
         const std::size_t slots = static_cast<std::size_t>(b.entry(Section::pattern_index).count);
         for (std::size_t i = 0;; ++i) {
             auto& slot = b.at<IndexSlot>(Section::pattern_index, i);
             auto& far = b.at<IndexSlot>(Section::pattern_index, (slot.hash + slots - 1) % slots);
             if (slot.name == kNone || far.name != kNone) continue;
             std::swap(slot, far);
             return;
         }
     },
     "cannot be found"},
    {"pattern text", set(Section::patterns, 0, &PatternRecord::text, kOutside),
     "section patterns: record 0: text"},
    {"pattern empty", set(Section::patterns, 0, &PatternRecord::text, kEmpty), "text is empty"},
    {"pattern domain", set(Section::patterns, 0, &PatternRecord::domain, 2U),
     "domain 2, but the header knows of 2"},
    {"pattern shape enumerator", set(Section::patterns, 0, &PatternRecord::shape, Shape{5}), "unknown shape"},
    {"pattern shape", set(Section::patterns, 0, &PatternRecord::shape, Shape::odd), "not of shape odd"},
    {"pattern rank", [](Blob& b) { b.at<PatternRecord>(Section::patterns, 0).rank += 1; }, "wrong rank"},
    {"pattern reserved", [](Blob& b) { b.at<PatternRecord>(Section::patterns, 0).reserved[2] = 1; },
     "reserved"},
    {"pattern with a star",
     [](Blob& b) { b.pattern_byte(b.at<PatternRecord>(Section::patterns, 0).text, 6) = '*'; },
     "not of shape"},
    {"odd patterns in rising rank",
     [](Blob& b) {
         const std::size_t first = b.header().patterns.odd_first;
         std::swap(b.at<PatternRecord>(Section::patterns, first),
                   b.at<PatternRecord>(Section::patterns, first + 1));
     },
     "falling rank"},
};

class VerifyTest : public ::testing::TestWithParam<Damage> {};

TEST_P(VerifyTest, Refused) {
    Blob blob = sample();
    ASSERT_EQ(blob.verdict(), "");
    GetParam().apply(blob);
    const std::string verdict = blob.reseal().verdict();
    EXPECT_NE(verdict.find(GetParam().says), std::string::npos) << "it said: " << verdict;
    EXPECT_EQ(blob.verdict_beside(sample()), verdict) << "what is known of another table hides it";
}

std::string name_of(const ::testing::TestParamInfo<Damage>& info) {
    std::string name(info.param.name);
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return name;
}
INSTANTIATE_TEST_SUITE_P(Header, VerifyTest, ::testing::ValuesIn(kHeader), name_of);
INSTANTIATE_TEST_SUITE_P(Names, VerifyTest, ::testing::ValuesIn(kNames), name_of);
INSTANTIATE_TEST_SUITE_P(Edges, VerifyTest, ::testing::ValuesIn(kEdges), name_of);
INSTANTIATE_TEST_SUITE_P(Patterns, VerifyTest, ::testing::ValuesIn(kPatterns), name_of);

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
    const auto bytes = whole.bytes();
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
    EXPECT_TRUE(test::exercise(*table));
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
    language::Policy policy = test::sample_policy();
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
    EXPECT_TRUE(test::exercise(*table));
    EXPECT_EQ(table->find_kms("a"), std::nullopt);
    EXPECT_EQ(table->find_user("sip:a@b"), std::nullopt);
}

}  // namespace
}  // namespace kmsgate::policy::table

// SPDX-License-Identifier: BSD-3-Clause
// Damages of names, domains, peers, edges and rules.
#include "dataplane/mikey/rule.hpp"
#include "tests/unit/policy/damage.hpp"

namespace kmsgate::policy::table::test {
namespace {

std::function<void(Blob&)> on_rule(std::size_t i, std::function<void(RuleRecord&)> change) {
    return [i, change = std::move(change)](Blob& b) { change(b.at<RuleRecord>(Section::rules, i)); };
}
std::function<void(Blob&)> on_edge(std::function<void(EdgeRecord&)> change) {
    return [change = std::move(change)](Blob& b) { change(b.at<EdgeRecord>(Section::edges, 0)); };
}

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

INSTANTIATE_TEST_SUITE_P(Names, VerifyTest, ::testing::ValuesIn(kNames), name_of);

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

INSTANTIATE_TEST_SUITE_P(Edges, VerifyTest, ::testing::ValuesIn(kEdges), name_of);

}  // namespace
}  // namespace kmsgate::policy::table::test

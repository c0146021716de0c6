// SPDX-License-Identifier: BSD-3-Clause
// KRRs in canonical form, narrowed: what PlainRewrite writes is what replace_krr() and replace_payload()
// give, byte for byte, and what recognise_around() takes. Random lists, heads and depths; fixed seeds.
#include "dataplane/emit/answer.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/krr/recognise.hpp"
#include "dataplane/rewrite/plain.hpp"
#include "dataplane/rewrite/rewrite.hpp"
#include "tests/property/random_policy.hpp"
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::naive {
namespace {

using policy::decide::Decision;
using policy::decide::ListOut;
using test::Bytes;

constexpr int kMessages = 6000;
constexpr const char* kEdges[] = {"e", "a-long-name-of-an-edge", "An-edge"};  // `A` may begin an I_MESSAGE

std::string policy_text() {
    std::string y =
        "version: 1\nkms: {K0: kms0.example, K1: kms1.example, K2: kms2.example, K3: kms3.example, K4: "
        "kms4.example}\ndomains:\n  d1: {users: [\"sip:*@d1.example\"], home: K0}\nedges:\n";
    for (const char* name : kEdges)
        y += "  " + std::string(name) +
             ":\n    domain: d1\n    proxy: cs\n    rules: [{name: r, side: initiator, allow: [K0, K2]}]\n";
    return y;
}

std::string document(Dice& dice, unsigned depth) {
    krr::Document d;
    d.id = "krr-0123456789abcdef";
    d.processor = dice.chance(50) ? "urn:x-kmsgate:edge:far" : "sip:far@d9.example";
    d.time = "2026-01-01T00:00:00Z";
    if (dice.chance(60)) d.initiator = "sip:u1@d1.example" + std::string(dice.pick(300), 'u');
    if (dice.chance(60)) d.receiver = "tel:+44205";
    if (dice.chance(60)) d.initiator_kms = "kms0.example";
    if (dice.chance(60)) d.receiver_kms = "kms" + std::string(1 + dice.pick(40), '1') + ".example";
    for (krr::KmsList* list : {&d.initiator_list, &d.receiver_list}) {
        list->present = dice.chance(80);
        list->any = !list->present || dice.chance(30);
        if (list->any) continue;
        const std::size_t n = dice.chance(5) ? krr::kMaxList : dice.pick(8);
        for (std::size_t i = 0; i < n; ++i)
            list->uris.push_back((dice.chance(50) ? "kms" : "KMS") + std::to_string(i) + ".example");
    }
    if (depth > 0) {
        const std::string inner = document(dice, depth - 1);
        d.embedded = inner.substr(inner.find("?>") + 2);
    }
    return krr::emit(d);
}

std::string refusal(Dice& dice, const std::string& krr) {
    std::string text = "SIP/2.0 488 Not Acceptable Here\r\n";
    std::vector<std::string> heads = {"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1",
                                      "From: <sip:u1@d1.example>;tag=f1",
                                      "To: <sip:u2@d2.example>;tag=t1",
                                      "Call-ID: c1",
                                      "CSeq: 1 INVITE",
                                      "Content-Type: " + std::string(test::kKrrType)};
    if (dice.chance(80))
        heads.push_back(std::string(dice.chance(80) ? "Content-Length" : "l") + ": " +
                        std::to_string(krr.size()));
    if (dice.chance(30)) heads.push_back("X-Filler: " + std::string(1 + dice.pick(200), 'x'));
    for (std::size_t i = heads.size(); i > 1; --i) std::swap(heads[i - 1], heads[dice.pick(i)]);
    for (const std::string& head : heads) text += head + "\r\n";
    return text + "\r\n" + krr + (dice.chance(3) ? "\r\n" : "");
}

ListOut random_list_out(Dice& dice) {
    ListOut out;
    out.rule = 0;
    constexpr ListOut::Kind kKinds[] = {ListOut::Kind::copy, ListOut::Kind::names, ListOut::Kind::names,
                                        ListOut::Kind::any, ListOut::Kind::rule};
    out.kind = dice.of(kKinds);
    for (int i = 0; i < 64; ++i) out.keep = out.keep << 1 | (dice.chance(60) ? 1U : 0U);
    if (dice.chance(20)) out.keep = dice.chance(50) ? 0 : ~std::uint64_t{0};
    return out;
}

TEST(PlainRewriteProperty, WritesWhatTheGeneralWayWrites) {
    const test::Policy policy(policy_text());
    std::vector<std::byte> storage(1 << 21);
    sip::Arena arena(storage);
    int taken = 0, left = 0;
    for (std::uint32_t seed = 1; seed <= kMessages && !::testing::Test::HasFailure(); ++seed) {
        Dice dice(seed);
        arena.reset();
        const unsigned depth = dice.chance(70) ? 0 : static_cast<unsigned>(dice.pick(9));
        const std::string text = refusal(dice, document(dice, depth));
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
        inspect::Arrived arrived;
        arrived.payload = text;
        inspect::Context context;
        context.table = &policy.table();
        const auto edge = policy.table().find_edge(dice.of(kEdges));
        if (!edge) FAIL() << "the policy has all of these edges";
        context.edge = *edge;
        inspect::Inspection seen;
        inspect::inspect(arrived, context, arena, seen);
        if (seen.krr == nullptr) continue;
        Decision d;
        d.krr = {random_list_out(dice), random_list_out(dice)};
        const auto named = emit::krr_lists(d, seen, policy.table(), arena);
        const auto lists = emit::krr_lists(d, seen, policy.table(), arena, emit::Names::no);
        ASSERT_TRUE(lists.ok);
        ASSERT_EQ(lists.xml, named.xml) << "names one by one, and together";
        const std::uint64_t id = seed * 0x9E3779B97F4A7C15U, now = 1'700'000'000 + seed;
        const auto body = emit::krr_body(d, seen, policy.table(), named, id, now, seen.krr->root, arena);
        const auto pieces = emit::krr_pieces(d, seen, policy.table(), lists, id, now, seen.krr->root);
        const rewrite::PlainRewrite plain(text, seen, d, pieces);
        taken += plain ? 1 : 0;
        left += plain ? 0 : 1;
        if (!plain) continue;
        const auto general = rewrite::replace_krr(text, seen, body, arena);
        std::string out(plain.size() + 8, '#');
        ASSERT_TRUE(plain.write(out.data()));
        ASSERT_EQ(out, std::string(general) + "########");
        ASSERT_TRUE(krr::recognise_around(body, seen.krr->root));
        const bool v6 = dice.chance(50);
        const Bytes frame = v6 ? test::frame6(test::bytes(text)) : test::frame4(test::bytes(text));
        const std::size_t l4 = v6 ? 54 : 34;
        const core::Mbuf one = rewrite::replace_plain(frame, 14, l4, plain, test::gate_pool());
        const core::Mbuf other = rewrite::replace_payload(frame, 14, l4, general, test::gate_pool(), arena);
        ASSERT_NE(other, nullptr);
        if (one == nullptr) {
            ASSERT_GT(l4 + 8 + general.size() + 64, 2048U) << "more than a buffer";
            continue;
        }
        std::vector<std::uint8_t> scratch(70'000);
        const auto a = core::linear(one.get(), scratch);
        const Bytes first(a.begin(), a.end());
        const auto b = core::linear(other.get(), scratch);
        ASSERT_EQ(first, Bytes(b.begin(), b.end()));
    }
    EXPECT_GT(taken, kMessages / 4);
    EXPECT_GT(left, kMessages / 8);
}

}  // namespace
}  // namespace kmsgate::naive

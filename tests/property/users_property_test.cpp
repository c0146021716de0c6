// SPDX-License-Identifier: BSD-3-Clause
// Calls through two pipelines, over random policies: one works out only the users that its rules ask for, the
// other all of them, as somebody wants a record of every message. What leaves and what is told must be the
// same, of requests, their copies and what is answered. Fixed seeds.
#include <algorithm>
#include <map>

#include "dataplane/memory/uid.hpp"
#include "tests/property/random_policy.hpp"
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::naive {
namespace {

using core::Arrival;
using test::Bytes;
using test::Gate;
using test::Offer;
using test::Sip;

constexpr std::uint32_t kPolicies = 500;
constexpr int kCalls = 10;
constexpr const char* kCallers[] = {"sip:u0@d1.example",
                                    "sip:u1@d1.example",
                                    "sip:u0@x.d1.example",
                                    "tel:+44205",
                                    "SIP:U1@D1.example;lr",
                                    "sip:u%30@d1.example:5060",
                                    "sips:u0@d1.example",
                                    "sip:+44205@far.example;user=phone",
                                    "sip:u0@gw@d1.example",
                                    "sip:u2@d2.example",
                                    "sip:anonymous@anonymous.invalid",
                                    "not a uri"};
constexpr const char* kMethods[] = {"INVITE", "INVITE", "INVITE", "MESSAGE", "REGISTER", "ACK", "PRACK"};
constexpr const char* kPeerLines = "peers: {ims: {addresses: [10.0.0.0/24], trusted: true}}\n";

mikey::test::Octets uid_under(const std::string& user, std::string_view kms, core::Time now) {
    const auto hash = memory::uid_of(user, kms, 2592000, 0, memory::period_number(now, 2592000, 0));
    return {hash.begin(), hash.end()};
}

std::string in_brackets(const std::string& uri) {
    return "<" + uri + ">";
}

/// Some identity of an I_MESSAGE's side: in clear, hashed, or none.
void name(Dice& dice, std::string_view kms, core::Time now, std::string& clear, mikey::test::Octets& hashed) {
    if (dice.chance(40))
        clear = dice.of(kCallers);
    else if (dice.chance(50))
        hashed = uid_under(dice.of(kCallers), kms, now);
}

std::string mc_xml(Dice& dice) {
    std::string list = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>";
    const std::size_t entries = dice.chance(5) ? 140 : 1 + dice.pick(3);
    for (std::size_t i = 0; i < entries; ++i)
        list +=
            "<entry uri=\"" +
            (entries < 100 ? std::string(dice.of(kCallers)) : "sip:x" + std::to_string(i) + "@d1.example") +
            "\"/>";
    return list + "</list></resource-lists>";
}

Sip random_request(Dice& dice, int number, core::Time now) {
    const std::string kmsi = dice.of(kWritten), kmsr = dice.of(kWritten);
    std::string idri, idrr;
    Offer offer{.kmsi = kmsi, .kmsr = kmsr};
    name(dice, kmsi, now, idri, offer.uidi);
    name(dice, kmsr, now, idrr, offer.uidr);
    offer.idri = idri;
    offer.idrr = idrr;
    Sip s;
    s.body = dice.chance(90) ? test::sdp(offer) : test::kPlainSdp;
    if (dice.chance(8)) s.body.insert(s.body.find("m=audio"), "a=key-mgmt:mikey AQ==\r\n");
    s.method = dice.of(kMethods);
    s.call_id = "c" + std::to_string(number);
    s.via += "-" + std::to_string(number);
    s.from = in_brackets(dice.of(kCallers)) + ";tag=f1";
    s.uri = dice.chance(50) ? "sip:server@d1.example" : "sip:server@far.example";
    s.to = in_brackets(dice.chance(50) ? std::string(dice.of(kCallers)) : s.uri);
    if (dice.chance(40)) s.extra += "P-Asserted-Identity: " + in_brackets(dice.of(kCallers)) + "\r\n";
    for (std::size_t i = dice.pick(3); i > 0; --i)
        s.extra += "P-Access-Network-Info: " + std::string(dice.of(kVisited)) + "\r\n";
    if (dice.chance(30)) {
        s.body = "--b\r\nContent-Type: application/sdp\r\n\r\n" + s.body +
                 "\r\n--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n" + mc_xml(dice) +
                 "\r\n--b--\r\n";
        s.type = "multipart/mixed;boundary=b";
    }
    return s;
}

std::string random_uris(Dice& dice) {
    std::string out;
    for (std::size_t i = 1 + dice.pick(4); i > 0; --i)
        out += "<KmsUri>" + std::string(dice.of(kWritten)) + "</KmsUri>";
    return out;
}

/// An answer to the request: a KRR, or an offer of its own.
Sip random_answer(Dice& dice, const Sip& request) {
    Sip s = request;
    s.extra.clear();
    if (dice.chance(20)) {
        s.status = 200;
        return s;
    }
    s.status = 488;
    s.type = test::kKrrType;
    s.body = test::krr_text(random_uris(dice), random_uris(dice));
    if (dice.chance(40)) s.from = s.to = "<sip:anonymous@anonymous.invalid>;tag=f1";
    if (dice.chance(15)) s.call_id += "-other";
    return s;
}

/// The two pipelines.
class Twins {
  public:
    Twins(const std::string& yaml, policy::table::Mode mode) : few_(yaml), all_(yaml) {
        few_.judge.mode = all_.judge.mode = mode;
        all_.records = true;
    }

    void tag(const char* user, std::uint32_t bits) {
        for (Gate* g : {&few_, &all_}) ASSERT_TRUE(g->tags.set("d1", user, bits));
    }
    void send(const Sip& sip, Arrival from) {
        const Bytes frame = test::frame4(test::bytes(sip.text()));
        const auto a = few_.send(frame, from);
        const auto b = all_.send(frame, from);
        ASSERT_EQ(few_.lines.back().json, all_.lines.back().json) << sip.text();
        ASSERT_EQ(a.inside, b.inside);
        ASSERT_EQ(a.outside, b.outside);
        ++seen[few_.lines.back().verdict + " " + few_.lines.back().reason];
        named += few_.lines.back().json.find("\"user\":{\"initiator\":null,\"receiver\":null}") ==
                 std::string::npos;
    }
    [[nodiscard]] core::Time now() const { return few_.now; }

    std::map<std::string, int> seen;
    int named = 0;  ///< lines that tell of a user

  private:
    Gate few_, all_;
};

TEST(UsersProperty, WhatNobodyAskedForIsToldTheSame) {
    std::map<std::string, int> seen;
    int named = 0;
    for (std::uint32_t seed = 1; seed <= kPolicies && !::testing::Test::HasFailure(); ++seed) {
        Dice dice(seed);
        const std::string yaml = random_policy(dice) + kPeerLines;
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + yaml);
        using policy::table::Mode;
        Twins twins(yaml, dice.chance(15) ? Mode::shadow : dice.chance(5) ? Mode::bypass : Mode::enforce);
        for (const char* user : {"sip:u0@d1.example", "sip:u1@d1.example", "tel:+44205"})
            if (dice.chance(70)) twins.tag(user, static_cast<std::uint32_t>(dice.pick(8)));
        for (int i = 0; i < kCalls && !::testing::Test::HasFailure(); ++i) {
            const Arrival in = dice.chance(50) ? Arrival::inside : Arrival::outside;
            const Sip request = random_request(dice, i, twins.now());
            twins.send(request, in);
            if (dice.chance(20)) twins.send(request, in);
            if (dice.chance(80) && !::testing::Test::HasFailure())
                twins.send(random_answer(dice, request), core::opposite(in));
        }
        for (const auto& [what, count] : twins.seen) seen[what] += count;
        named += twins.named;
    }
    EXPECT_GT(named, 2000);
    for (const char* what : {"forward allowed", "forward no-rule", "forward no-mikey", "forward krr-adheres",
                             "redirect initiator-kms-not-allowed", "redirect receiver-kms-not-allowed",
                             "redirect unknown-user", "reject malformed-mikey", "drop response-mikey",
                             "rewrite krr-initiator-narrowed", "rewrite krr-receiver-narrowed"})
        EXPECT_GT(seen[what], 20) << what;
}

}  // namespace
}  // namespace kmsgate::naive

// SPDX-License-Identifier: BSD-3-Clause
// Refused requests over random policies, heads, users and KMS names: what the pipeline sends is what the
// general writers (write_response(), krr::join() with every text checked, write_datagram()) give, frame by
// frame. Fixed seeds.
#include "dataplane/emit/answer.hpp"
#include "dataplane/emit/datagram.hpp"
#include "dataplane/emit/response.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/krr/names.hpp"
#include "tests/property/random_policy.hpp"
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::naive {
namespace {

using core::Arrival;
using test::Bytes;
using test::Gate;

constexpr std::uint32_t kPolicies = 500;
constexpr int kMessages = 10;
constexpr const char* kNames[] = {"kms0.example", "kms1.example",  "kms2.example", "kms3.example",
                                  "kms4.example", "KMS0.example",  "kms9.example", "k&s.example",
                                  "k<9>.example", "kms 9.example", "k\x7F.example"};
constexpr const char* kCallers[] = {"sip:u0@d1.example", "sip:u1@d1.example", "tel:+44205",
                                    "sip:o'neill@d1.example", "sip:a&b@d1.example"};
constexpr const char* kTopVias[] = {"SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK",
                                    "SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK",
                                    "SIP/2.0/UDP 10.0.0.9;rport=9;received=10.9.9.9;branch=z9hG4bK",
                                    "SIP/2.0/UDP ue.d1.example;received=1.2.3.4;rport;branch=z9hG4bK",
                                    "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK",
                                    "SIP/2.0/UDP 010.0.0.1;branch=z9hG4bK",
                                    "SIP / 2.0 / UDP h;branch=z9hG4bK"};
constexpr const char* kVias[] = {
    "SIP/2.0/UDP p1.d1.example;branch=z9hG4bKx;received=10.0.0.7",
    "SIP/2.0/TCP p2.d1.example:5070;branch=z9hG4bKy, SIP/2.0/UDP p3;branch=z9hG4bKz",
    "SIP/2.0/UDP p4\r\n ;branch=z9hG4bKfolded"};
constexpr const char* kTos[] = {"<sip:u1@d1.example>",      "\"U One; tag=no\" <sip:u1@d1.example>",
                                "<sip:u1@d1.example>;x=y",  "<sip:u1@d1.example>;tag=dialog",
                                "<sip:u1@d1.example>;tag=", "sip:u1@d1.example;x=y",
                                "sip:u1@d1.example"};

std::string long_text(Dice& dice) {
    return std::string(dice.chance(20) ? 200 + dice.pick(100) : dice.pick(40), 'u');
}

std::string request(Dice& dice, int number) {
    test::Offer offer{.kmsi = dice.of(kNames), .kmsr = dice.of(kNames)};
    const std::string idri = dice.of(kCallers) + long_text(dice), idrr = dice.of(kCallers) + long_text(dice);
    if (dice.chance(80)) offer.idri = idri;
    if (dice.chance(80)) offer.idrr = idrr;
    const std::string body = test::sdp(offer);
    const std::string n = std::to_string(number);
    const std::string method = dice.chance(85) ? "INVITE" : "MESSAGE";
    const bool compact = dice.chance(20);
    std::vector<std::string> heads = {
        std::string(compact ? "f" : "From") + ": <" + dice.of(kCallers) + ">;tag=f" + n,
        std::string(compact ? "t" : "To") + ": " + (dice.chance(60) ? kTos[0] : dice.of(kTos)),
        std::string(compact ? "i" : "Call-ID") + ": c" + n + long_text(dice) + "@10.0.0.1",
        "CSeq: " + n + " " + method,
        std::string(compact ? "v: " : "Via: ") +
            (dice.chance(60) ? kTopVias[dice.pick(5)] : dice.of(kTopVias)) + n};
    for (std::size_t i = dice.pick(4); i > 0; --i)
        heads.push_back(std::string("Via: ") + (dice.chance(80) ? kVias[0] : dice.of(kVias)));
    for (std::size_t i = dice.pick(6); i > 0; --i)
        heads.push_back("X-Filler-" + std::to_string(i) + ": " + std::string(1 + dice.pick(300), 'x'));
    if (dice.chance(5)) heads.push_back("CSeq: " + n + " " + method);
    for (std::size_t i = heads.size(); i > 1; --i) std::swap(heads[i - 1], heads[dice.pick(i)]);
    std::string text = method + " sip:u1@d1.example SIP/2.0\r\n";
    for (const std::string& head : heads) text += head + "\r\n";
    return text + "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// The answer of a refusal by the general writers.
class Expected {
  public:
    Expected() : storage_(1 << 20), arena_(storage_) {}
    /// Nothing where it is no redirect.
    std::vector<Bytes> of(const Gate& gate, const Bytes& frame, const std::string& text, Arrival arrival,
                          bool v6, std::size_t mtu, std::uint32_t packet_id) {
        arena_.reset();
        inspect::Arrived arrived;
        arrived.now = gate.now;
        arrived.arrival = arrival;
        arrived.source = end(v6, test::kA4, test::kA6);
        arrived.destination = end(v6, test::kB4, test::kB6);
        arrived.payload = text;
        inspect::Inspection seen;
        inspect::inspect(
            arrived, {gate.judge.table, gate.judge.edge, gate.judge.mode, gate.judge.tags, gate.judge.roster},
            arena_, seen);
        const auto decision = policy::decide::decide(seen.facts, *gate.judge.table);
        if (decision.verdict != policy::decide::Verdict::redirect) return {};
        plain += seen.plain ? 1 : 0;
        const memory::Hash128 key = emit::transaction_key(seen.message, hash_);
        const auto lists = emit::krr_lists(decision, seen, *gate.judge.table, arena_);
        const auto body = emit::krr_body(decision, seen, *gate.judge.table, lists, key.low ^ key.high,
                                         gate.now / core::kSecond, {}, arena_);
        const emit::ToTag tag = emit::to_tag(key);
        const auto out = arena_.take_raw<char>(65'000);
        const auto answer = emit::write_response(
            seen.message, arrived.source,
            {488, "Not Acceptable Here", {tag.data(), tag.size()}, {}, krr::names::content_type, body}, out);
        EXPECT_FALSE(answer.empty());
        emit::Envelope envelope;
        envelope.link = std::span(frame).first(14);
        envelope.swap_link = true;
        envelope.source = arrived.destination;
        const auto to = emit::answer_destination(seen.message, arrived.source);
        if (!to) {
            ADD_FAILURE() << "no destination";
            return {};
        }
        envelope.destination = *to;
        envelope.packet_id = packet_id;
        core::FrameList frames;
        EXPECT_TRUE(emit::write_datagram(envelope, answer, mtu, test::gate_pool(), frames));
        std::vector<Bytes> all;
        std::vector<std::uint8_t> scratch(70'000);
        while (!frames.empty()) {
            const core::Mbuf m = frames.pop();
            const auto b = core::linear(m.get(), scratch);
            all.emplace_back(b.begin(), b.end());
        }
        return all;
    }
    int plain = 0;

  private:
    static core::Endpoint end(bool v6, const test::Octets4& four, const test::Octets16& six) {
        core::Endpoint e;
        e.v6 = v6;
        e.port = 5060;
        if (v6) std::copy(six.begin(), six.end(), e.address.begin());
        if (!v6) {
            e.address[10] = e.address[11] = 0xFF;
            std::copy(four.begin(), four.end(), e.address.begin() + 12);
        }
        return e;
    }
    std::vector<std::byte> storage_;
    sip::Arena arena_;
    memory::TagHash hash_{{5, 6}};
};

TEST(AnswerProperty, PreparedPiecesGiveWhatTheGeneralWritersGive) {
    constexpr std::size_t kMtus[] = {1500, 1500, 576, 9000, 1000};
    Expected expected;
    int redirects = 0, fragmented = 0;
    for (std::uint32_t seed = 1; seed <= kPolicies && !::testing::Test::HasFailure(); ++seed) {
        Dice dice(seed);
        const std::string yaml = random_policy(dice);
        const std::size_t mtu = dice.of(kMtus);
        Gate gate(yaml, {.mtu = mtu});
        gate.judge.mode = policy::table::Mode::enforce;
        std::uint32_t answers = 0;
        for (int i = 0; i < kMessages; ++i) {
            const std::string text = request(dice, i + 1);
            const bool v6 = dice.chance(30);
            const Arrival from = dice.chance(50) ? Arrival::inside : Arrival::outside;
            gate.now += dice.pick(3) * core::kSecond;
            const Bytes frame = v6 ? test::frame6(test::bytes(text)) : test::frame4(test::bytes(text));
            const auto left = gate.send(frame, from);
            const auto& back = from == Arrival::inside ? left.inside : left.outside;
            answers += back.empty() ? 0 : 1;
            const std::vector<Bytes> same = expected.of(gate, frame, text, from, v6, mtu, answers);
            if (same.empty()) continue;
            SCOPED_TRACE(testing::Message() << "seed " << seed << '\n'
                                            << yaml << text << gate.lines.back().json);
            ASSERT_EQ(gate.lines.back().verdict, "redirect");
            ASSERT_EQ(back, same);
            ++redirects;
            fragmented += same.size() > 1 ? 1 : 0;
        }
    }
    EXPECT_GT(redirects, 1000);
    EXPECT_GT(fragmented, 200);
    EXPECT_GT(expected.plain, redirects / 3);
    EXPECT_LT(expected.plain, redirects * 9 / 10);
}

}  // namespace
}  // namespace kmsgate::naive

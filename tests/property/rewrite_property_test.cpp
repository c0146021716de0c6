// SPDX-License-Identifier: BSD-3-Clause
// Whole 488s through a pipeline, over random policies, users, lists and bodies: what must hold of every KRR
// that leaves rewritten, read from its bytes. Fixed seeds.
#include <algorithm>

#include "dataplane/krr/parse.hpp"
#include "dataplane/sip/ascii.hpp"
#include "tests/property/naive.hpp"
#include "tests/property/random_policy.hpp"
#include "tests/unit/dataplane/gate.hpp"

// An optional that is empty here is a broken test, which may die of it.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
namespace kmsgate::naive {
namespace {

using core::Arrival;
using test::Bytes;
using test::Gate;
using test::Sip;

constexpr std::uint32_t kPolicies = 600;
constexpr int kMessages = 8;
constexpr const char* kCallers[] = {"sip:u0@d1.example", "sip:u1@d1.example", "sip:u0@x.d1.example",
                                    "tel:+44205", "sip:anonymous@anonymous.invalid"};

/// One call: the request that went by, its 488, and what a naive reader makes of it.
struct Call {
    Sip request, refusal;
    Bytes frame;  ///< of the 488
    Message meaning;
    std::string krr;
};

std::string list_xml(const char* element, const Names& names, bool absent) {
    if (!names && absent) return "";
    std::string out = "<" + std::string(element) + ">";
    if (!names) out += "<KmsUri>ANY</KmsUri>";
    if (names)
        for (const auto& n : *names) out += "<KmsUri>\n " + n + "</KmsUri >";
    return out + "</" + element + ">";
}

std::string document(Dice& dice, const Message& m) {
    std::string body = "<KmsRedirectResponse xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\" Id='q'>";
    body += "<ProcessorUri>sip:far@d9.example</ProcessorUri><Time>2026-01-01T00:00:00Z</Time>";
    if (dice.chance(30)) body += "<InitiatorUri>sip:u1@d1.example</InitiatorUri>";
    if (dice.chance(30)) body += "<!-- ]] \xC3\xA9 -->";
    body += list_xml("InitiatorKmsList", m.lists[0], dice.chance(50));
    body += list_xml("ReceiverKmsList", m.lists[1], dice.chance(50));
    return body + "</KmsRedirectResponse>";
}

void dress(Dice& dice, Sip& s, const std::string& krr) {
    const std::string text =
        (dice.chance(50) ? "<?xml version='1.0'?>\r\n" : "") + krr + (dice.chance(30) ? "\r\n" : "");
    const bool base64 = dice.chance(25);
    const std::string written =
        base64 ? mikey::test::base64(mikey::test::Octets(text.begin(), text.end())) : text;
    const std::string encoding = base64 ? "Content-Transfer-Encoding: base64\r\n" : "";
    s.type = test::kKrrType;
    s.body = written;
    if (dice.chance(50)) {
        s.extra += encoding;
        return;
    }
    const std::string length =
        dice.chance(50) ? "Content-Length: " + std::to_string(written.size()) + "\r\n" : "";
    s.type = "multipart/mixed; boundary=\"b b\"";
    s.body = "--b b\r\n\r\nfirst\r\n--b b\r\nContent-Type: " + test::kKrrType + "\r\n" + encoding + length +
             "\r\n" + written + "\r\n--b b--\r\n";
}

Call random_call(Dice& dice, Gate& gate, int number) {
    Call c;
    Message& m = c.meaning;
    m.kind = MessageClass::response;
    m.krr = Krr::State::read;
    m.arrival = dice.chance(50) ? Arrival::inside : Arrival::outside;
    m.peer = "10.0.0.2";
    c.request = test::invite({.kmsi = dice.of(kWritten), .kmsr = dice.of(kWritten)});
    c.request.call_id = "c" + std::to_string(number);
    c.request.via += "-" + std::to_string(number);  // calls that share a branch would be judged as one
    std::array<std::string, 2> names;
    for (std::size_t side = 0; side < 2; ++side) {
        names[side] = dice.of(kCallers);
        if (names[side] == kCallers[4]) continue;
        m.users[side].state = UserState::ours;
        m.users[side].candidates.push_back({names[side], "", {}});
    }
    c.request.from = "<" + names[0] + ">;tag=f1";
    c.request.to = "<" + names[1] + ">";
    c.request.uri = names[1];
    for (std::size_t i = dice.pick(3); i > 0; --i) {
        m.visited.push_back(dice.of(kVisited));
        c.request.extra += "P-Access-Network-Info: " + m.visited.back() + "\r\n";
    }
    for (User& user : m.users)
        for (Person& p : user.candidates) {
            const std::uint32_t bits = gate.tags.get("d1", p.uri);
            for (const char* tag : kTags)
                if (const auto id = gate.judge.table->find_tag(tag); id && (bits >> *id & 1U) != 0)
                    p.tags.insert(tag);
        }
    for (Names& list : m.lists) {
        list = random_list(dice);
        if (!list) continue;
        Names once = std::vector<std::string>();  // a reader keeps the first of names that repeat
        for (const auto& n : *list)
            if (std::ranges::none_of(*once, [&](const auto& k) { return sip::iequal(k, n); }))
                once->push_back(n);
        list = once;
    }
    c.krr = document(dice, m);
    c.refusal = c.request;
    c.refusal.status = 488;
    c.refusal.extra.clear();
    for (std::string* who : {&c.refusal.from, &c.refusal.to})
        *who = "<sip:anonymous@anonymous.invalid>;tag=f1";
    dress(dice, c.refusal, c.krr);
    c.frame = test::frame4(test::bytes(c.refusal.text()));
    return c;
}

struct Read {
    std::string body;
    krr::Document document;
};
/// The KRR of a message that left.
Read read(const std::string& payload) {
    std::vector<std::byte> storage(1 << 19);
    sip::Arena arena(storage);
    const sip::Message message = sip::parse(payload, arena);
    const sip::Contents contents = sip::look_into(message, arena);
    EXPECT_FALSE(message.faults.any());
    EXPECT_EQ(contents.krrs.size(), 1U);
    if (contents.krrs.size() != 1) return {};
    const auto document = krr::parse(contents.krrs[0].data);
    EXPECT_TRUE(document.has_value());
    return document ? Read{std::string(contents.krrs[0].data), *document} : Read{};
}
Names names_of(const krr::KmsList& list) {
    if (list.any) return std::nullopt;
    return list.uris;
}
/// Is `part` what is left of `all` when some of its members are taken out?
bool in_order(const std::vector<std::string>& part, const std::vector<std::string>& all) {
    std::size_t at = 0;
    for (const auto& n : all)
        if (at < part.size() && part[at] == n) ++at;
    return at == part.size();
}

void check_side(const Gate& gate, const policy::language::Policy& policy, const policy::language::Edge& edge,
                const Call& c, std::size_t side, const Names& after) {
    const Names& before = c.meaning.lists[side];
    const auto allows = [&](const std::string& n) {
        return allowed(policy, edge, c.meaning, static_cast<int>(side), true, n);
    };
    ASSERT_TRUE(after.has_value()) << "ANY was left";
    for (const auto& n : *after) ASSERT_TRUE(allows(n)) << n << " is not allowed";
    if (before) {
        ASSERT_TRUE(in_order(*after, *before));
    }
    for (const char* n : kWritten) {
        if (!allows(n) || (before && std::ranges::find(*before, n) == before->end())) continue;
        const auto kept = [&](const std::string& k) {
            return gate.judge.table->find_kms(k) == gate.judge.table->find_kms(n);
        };
        ASSERT_TRUE(std::ranges::any_of(*after, kept)) << n << " was lost";
    }
}

TEST(RewriteProperty, NarrowsAndNothingElse) {
    int rewrites = 0, both = 0, encoded = 0;
    for (std::uint32_t seed = 1; seed <= kPolicies && !::testing::Test::HasFailure(); ++seed) {
        Dice dice(seed);
        const std::string yaml = random_policy(dice);
        const auto compiled = policy::compile::compile_text(yaml);
        const auto& edge =
            *std::ranges::find_if(compiled.policy.edges, [](const auto& e) { return e.name.text == "e"; });
        const bool let_go = yaml.find("empty-intersection: forward") != std::string::npos;
        Gate gate(yaml);
        gate.judge.mode = policy::table::Mode::enforce;
        for (const char* user : kCallers)
            ASSERT_TRUE(gate.tags.set("d1", user, static_cast<std::uint32_t>(dice.pick(8))));
        for (int i = 0; i < kMessages; ++i) {
            const Call c = random_call(dice, gate, i);
            const Arrival in = c.meaning.arrival;
            gate.message(c.request, in == Arrival::inside ? Arrival::outside : Arrival::inside);
            const auto left = gate.send(c.frame, in);
            if (gate.lines.back().verdict != "rewrite") continue;
            ++rewrites;
            SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + yaml + c.refusal.text() +
                         gate.lines.back().json);
            const auto& out = in == Arrival::inside ? left.outside : left.inside;
            const std::string payload = test::receive(out).payload;
            const Read fresh = read(payload);
            ASSERT_NE(fresh.body.find("<EmbeddedKrr>" + c.krr + "</EmbeddedKrr></KmsRedirectResponse>"),
                      std::string::npos)
                << "the old root, byte for byte";
            const std::string& json = gate.lines.back().json;
            const bool two = json.find("\"side\":\"both\"") != std::string::npos;
            both += two ? 1 : 0;
            encoded += c.refusal.text().find("base64") != std::string::npos ? 1 : 0;
            for (std::size_t side = 0; side < 2; ++side) {
                const Names after =
                    names_of(side == 0 ? fresh.document.initiator_list : fresh.document.receiver_list);
                const bool policed =
                    two || json.find(side == 0 ? "\"side\":\"initiator\"" : "\"side\":\"receiver\"") !=
                               std::string::npos;
                if (!policed) {
                    ASSERT_EQ(after, c.meaning.lists[side]) << "the other side was touched";
                } else if (!let_go || after != c.meaning.lists[side]) {
                    check_side(gate, compiled.policy, edge, c, side, after);
                }
            }
            if (out.size() != 1) continue;
            const auto again = gate.send(out[0], in);
            ASSERT_EQ(gate.lines.back().verdict, "forward");
            ASSERT_EQ(in == Arrival::inside ? again.outside : again.inside, out)
                << "a second pass changes nothing";
        }
    }
    EXPECT_GT(rewrites, 700);
    EXPECT_GT(both, 50);
    EXPECT_GT(encoded, 100);
}

}  // namespace
}  // namespace kmsgate::naive
// NOLINTEND(bugprone-unchecked-optional-access)

// SPDX-License-Identifier: BSD-3-Clause
// Random policies and messages out of a small world, so that names, users and rules meet often.
#pragma once

#include <random>
#include <string>

#include "tests/property/naive.hpp"

namespace kmsgate::naive {

class Dice {
  public:
    explicit Dice(std::uint32_t seed) : engine_(seed) {}
    /// 0 .. n - 1
    std::size_t pick(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    bool chance(unsigned percent) { return pick(100) < percent; }
    template <class T, std::size_t N>
    const T& of(const T (&list)[N]) {
        return list[pick(N)];
    }

  private:
    std::mt19937 engine_;
};

inline constexpr const char* kKmsNames[] = {"K0", "K1", "K2", "K3", "K4"};
/// As messages write them: the policy's spelling, others that mean the same, and names that mean nothing.
inline constexpr const char* kWritten[] = {"kms0.example",
                                           "kms1.example",
                                           "kms2.example",
                                           "kms3.example",
                                           "kms4.example",
                                           "KMS0.example",
                                           "kms1.EXAMPLE",
                                           "two.alias.example",
                                           "Two.Alias.example",
                                           "kms9.example",
                                           "kms0.example.",
                                           "kms0.example:443",
                                           "K0"};
inline constexpr const char* kTags[] = {"roaming", "migrated", "vip"};
inline constexpr const char* kUsers[] = {"sip:u0@d1.example", "sip:u1@d1.example", "sip:u0@x.d1.example",
                                         "tel:+4420", "sip:u0@gw@d1.example"};
inline constexpr const char* kUserGlobs[] = {"sip:u0@*", "sip:*@d1.example", "sip:u1@d1.example", "tel:*",
                                             "sip:*0@*.example"};
inline constexpr const char* kPeers[] = {"10.1.0.1", "10.2.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1"};
inline constexpr const char* kNetworks[] = {"10.0.0.0/8",    "10.1.0.0/16", "192.0.2.1",
                                            "2001:db8::/32", "10.2.0.0/31", "0.0.0.0/0"};
inline constexpr const char* kVisited[] = {"v1.example", "3GPP-E-UTRAN-FDD;x@mnc01", "v2.example"};
inline constexpr const char* kVisitedGlobs[] = {"v1.*", "*mnc01", "v*example", "v2.example"};

template <std::size_t N>
std::string some(Dice& dice, const char* const (&words)[N], std::size_t most) {
    std::set<std::string> chosen;
    const std::size_t n = 1 + dice.pick(most);
    for (std::size_t i = 0; i < n; ++i) chosen.insert(words[dice.pick(N)]);
    std::string out;
    for (const auto& w : chosen) out += (out.empty() ? "\"" : ", \"") + w + "\"";
    return "[" + out + "]";
}

inline std::string random_rule(Dice& dice, std::size_t number) {
    const bool initiator = dice.chance(50);
    std::string when;
    const auto add = [&](const char* key, const std::string& value) {
        when += (when.empty() ? "" : ", ") + std::string(key) + ": " + value;
    };
    if (dice.chance(30)) add("tag", some(dice, kTags, 2));
    if (dice.chance(30)) add("user", some(dice, kUserGlobs, 2));
    if (dice.chance(20)) add("peer", some(dice, kNetworks, 2));
    if (dice.chance(15)) add("visited", some(dice, kVisitedGlobs, 2));
    std::string allow;
    if (dice.chance(12)) {
        allow = "any";
    } else {
        std::vector<std::string> names;
        const std::size_t n = 1 + dice.pick(4);
        for (std::size_t i = 0; i < n; ++i) {
            const std::string name = dice.chance(10) ? "home" : dice.of(kKmsNames);
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
        for (const auto& name : names) allow += (allow.empty() ? "" : ", ") + name;
    }
    std::string rule =
        "{name: r" + std::to_string(number) + ", side: " + (initiator ? "initiator" : "receiver");
    if (!when.empty()) rule += ", when: {" + when + "}";
    rule += ", allow: [" + allow + "]";
    if (initiator && allow != "any" && dice.chance(50))
        rule += dice.chance(50) ? ", other: any" : ", other: copy";
    return rule + "}";
}

inline std::string random_failure(Dice& dice) {
    static constexpr Cause kCauses[] = {
        Cause::malformed_sip,  Cause::malformed_sip_mikey, Cause::malformed_mikey,
        Cause::duplicate_idr,  Cause::mikey_other_type,    Cause::missing_idr,
        Cause::unknown_user,   Cause::response_mikey,      Cause::uninspectable_body,
        Cause::unparsable_krr, Cause::krr_out_of_place,    Cause::empty_intersection,
        Cause::off_port_sip,   Cause::tunnelled,           Cause::unknown_kms_in_krr};
    std::string out;
    for (const Cause cause : kCauses) {
        if (!dice.chance(35)) continue;
        Action action{};
        do {
            action = static_cast<Action>(dice.pick(static_cast<std::size_t>(Action::count_)));
        } while ((policy::allowed_actions(cause) & policy::bit(action)) == 0);
        out += (out.empty() ? "" : ", ") + std::string(policy::to_string(cause)) + ": " +
               std::string(policy::to_string(action));
    }
    return "{" + out + "}";
}

/// A whole policy with an edge `e` among others.
inline std::string random_policy(Dice& dice) {
    std::string y =
        "version: 1\ntags: [roaming, migrated, vip]\nkms:\n  K0: kms0.example\n  K1: kms1.example\n"
        "  K2: {uri: kms2.example, aliases: [two.alias.example]}\n  K3: kms3.example\n  K4: kms4.example\n"
        "domains:\n  d1: {users: [\"sip:*@d1.example\", \"sip:*@*.d1.example\", \"tel:+4420*\"], home: " +
        std::string(dice.of(kKmsNames)) + (dice.chance(50) ? ", secondary: [K3]" : "") + "}\n";
    if (dice.chance(40)) y += "failure: " + random_failure(dice) + "\n";
    y += "edges:\n";
    for (const char* name : {"d", "e", "f"}) {
        y += "  " + std::string(name) + ":\n    domain: d1\n    proxy: " + (dice.chance(60) ? "cs" : "is") +
             "\n";
        if (dice.chance(20)) y += "    in-dialog: grandfather\n";
        if (dice.chance(30)) y += "    register: alarm\n";
        if (dice.chance(60)) y += "    failure: " + random_failure(dice) + "\n";
        const std::size_t rules = dice.pick(7);
        y += rules == 0 ? "    rules: []\n" : "    rules:\n";
        for (std::size_t i = 0; i < rules; ++i) y += "      - " + random_rule(dice, i) + "\n";
    }
    return y;
}

inline User random_user(Dice& dice) {
    User user;
    user.state = static_cast<UserState>(dice.pick(3));
    const std::size_t n = user.state == UserState::unknown ? 0 : dice.chance(70) ? 1 : 2 + dice.pick(3);
    for (std::size_t i = 0; i < n; ++i) {
        Person person{dice.of(kUsers), dice.chance(15) ? "tel:+4430" : "", {}};
        for (const char* tag : kTags)
            if (dice.chance(30)) person.tags.insert(tag);
        user.candidates.push_back(person);
    }
    return user;
}

inline Names random_list(Dice& dice) {
    if (dice.chance(25)) return std::nullopt;
    Names names(std::vector<std::string>{});
    const std::size_t n = dice.pick(5);
    for (std::size_t i = 0; i < n; ++i) names->push_back(dice.of(kWritten));
    return names;
}

inline Offer random_offer(Dice& dice) {
    Offer offer;
    if (dice.chance(15)) {
        offer.state = static_cast<IMessage::State>(dice.pick(5));
        if (offer.state != IMessage::State::read) return offer;
    }
    for (auto& kms : offer.kms)
        if (!dice.chance(10)) kms = dice.of(kWritten);
    return offer;
}

inline Message random_message(Dice& dice) {
    Message m;
    m.mode = dice.chance(3)    ? policy::table::Mode::bypass
             : dice.chance(10) ? policy::table::Mode::shadow
                               : policy::table::Mode::enforce;
    m.arrival = dice.chance(50) ? Arrival::inside : Arrival::outside;
    m.kind = dice.chance(60)   ? MessageClass::request
             : dice.chance(60) ? MessageClass::response
             : dice.chance(50) ? MessageClass::ack
                               : MessageClass::unknown;
    m.unanswerable = dice.chance(8);
    m.is_register = dice.chance(20);
    m.grandfathered = dice.chance(8);
    m.malformed = dice.chance(10);
    m.claim = dice.chance(30);
    m.uninspectable = dice.chance(8);
    m.off_port = dice.chance(8);
    m.tunnelled = dice.chance(5);
    const std::size_t offers = dice.chance(60) ? 1 : dice.pick(4);
    for (std::size_t i = 0; i < offers; ++i) m.offers.push_back(random_offer(dice));
    for (User& user : m.users) user = random_user(dice);
    m.peer = dice.of(kPeers);
    for (std::size_t i = dice.pick(3); i > 0; --i) m.visited.push_back(dice.of(kVisited));
    if (dice.chance(m.kind == MessageClass::response ? 60 : 8))
        m.krr = static_cast<Krr::State>(1 + dice.pick(3));
    if (m.krr != Krr::State::none && dice.chance(60)) {
        m.offers.clear();
        m.krr = Krr::State::read;
    }
    if (m.krr == Krr::State::read)
        for (Names& list : m.lists) list = random_list(dice);
    return m;
}

}  // namespace kmsgate::naive

// SPDX-License-Identifier: BSD-3-Clause
// The KMS Discovery use cases X.1-X.11 as far as the two clients decide them, and what holds for any profile.
#include "tools/client/select/select.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace kmsgate::client::select {
namespace {

using Names = std::vector<std::string>;

Profile profile(std::string home, Names secondary = {}, Names external = {}) {
    Profile p;
    p.home = std::move(home);
    p.secondary = std::move(secondary);
    p.external = std::move(external);
    return p;
}
Lists krr(List initiator, List receiver) {
    return {std::move(initiator), std::move(receiver)};
}
const List kAny = std::nullopt;

/// What the initiator sends after `lists`, told as text: "A B", or the failure.
std::string next(const Profile& p, const Lists& lists, std::vector<Pair> tried) {
    const auto pair = next_attempt(p, lists, tried);
    return pair ? pair->kmsi + " " + pair->kmsr : std::string(to_string(pair.error()));
}

TEST(UseCases, TheFirstAttemptNamesHomeTwice) {
    EXPECT_EQ(first_attempt(profile("A", {"C"}, {"B"})), (Pair{"A", "A"}));
}

TEST(UseCases, X1Basic) {
    const Profile initiator = profile("A", {}, {"B"});
    const Profile receiver = profile("B", {}, {"A"});
    EXPECT_EQ(judge_offer(receiver, {"A", "A"}, false), krr(Names{"A"}, Names{"B"}));
    EXPECT_EQ(next(initiator, krr(Names{"A"}, Names{"B"}), {{"A", "A"}}), "A B");
    EXPECT_EQ(judge_offer(receiver, {"A", "B"}, false), std::nullopt);
}

TEST(UseCases, X2SecondaryHome) {
    const Profile initiator = profile("A", {"C"}, {"B"});
    const Profile receiver = profile("B", {}, {"C"});
    EXPECT_EQ(judge_offer(receiver, {"A", "A"}, false), krr(Names{"B", "C"}, Names{"B"}));
    EXPECT_EQ(next(initiator, krr(Names{"B", "C"}, Names{"B"}), {{"A", "A"}}), "C B");
    EXPECT_EQ(judge_offer(receiver, {"C", "B"}, false), std::nullopt);
}

TEST(UseCases, X3Failure) {
    EXPECT_EQ(judge_offer(profile("B", {}, {"C"}), {"A", "A"}, false), krr(Names{"B", "C"}, Names{"B"}));
    EXPECT_EQ(next(profile("A"), krr(Names{"B", "C"}, Names{"B"}), {{"A", "A"}}), "no-initiator-kms");
}

TEST(UseCases, X4PreferredAndBothArmsOfItsNote) {
    Profile receiver = profile("A", {"S"});
    receiver.prefer = {"S"};
    const Lists wish = krr(Names{"S", "A"}, Names{"S", "A"});
    EXPECT_EQ(judge_offer(receiver, {"A", "A"}, false), wish);
    EXPECT_EQ(next(profile("A", {"S"}), wish, {{"A", "A"}}), "S S");
    EXPECT_EQ(judge_offer(receiver, {"S", "S"}, false), std::nullopt);

    // NOTE: S is no Secondary of the initiator, or its own policy is against S: the same message again.
    EXPECT_EQ(next(profile("A"), wish, {{"A", "A"}}), "A A");
    Profile unwilling = profile("A", {"S"});
    unwilling.refuse = {"S"};
    EXPECT_EQ(next(unwilling, wish, {{"A", "A"}}), "A A");
    EXPECT_EQ(judge_offer(receiver, {"A", "A"}, true), std::nullopt);
}

TEST(UseCases, X5ProxyPolicesTheReceiver) {
    const Profile initiator = profile("A", {}, {"B"});
    EXPECT_EQ(next(initiator, krr(kAny, Names{"B"}), {{"A", "A"}}), "A B");
    EXPECT_EQ(judge_offer(profile("B", {}, {"A"}), {"A", "B"}, false), std::nullopt);
}

TEST(UseCases, X6InitiatorRoaming) {
    const Profile initiator = profile("A", {"C"}, {"B"});
    EXPECT_EQ(next(initiator, krr(Names{"C"}, Names{"A"}), {{"A", "A"}}), "C A");
    EXPECT_EQ(next(initiator, krr(Names{"C"}, Names{"B"}), {{"A", "A"}, {"C", "A"}}), "C B");
    EXPECT_EQ(judge_offer(profile("B", {}, {"A", "C"}), {"C", "B"}, false), std::nullopt);
}

TEST(UseCases, X7ReceiverRoaming) {
    EXPECT_EQ(next(profile("A", {}, {"B", "D"}), krr(kAny, Names{"D"}), {{"A", "A"}}), "A D");
    EXPECT_EQ(judge_offer(profile("B", {"D"}, {"A"}), {"A", "D"}, false), std::nullopt);
}

TEST(UseCases, X8InitiatorMigrated) {
    const Profile initiator = profile("A", {"D"}, {"B"});
    EXPECT_EQ(next(initiator, krr(Names{"C", "D"}, kAny), {{"A", "A"}}), "D A");
    EXPECT_EQ(next(initiator, krr(Names{"D"}, Names{"B"}), {{"A", "A"}, {"D", "A"}}), "D B");
    EXPECT_EQ(judge_offer(profile("B", {}, {"A", "D"}), {"D", "B"}, false), std::nullopt);
}

TEST(UseCases, X9ReceiverMigrated) {
    const Profile initiator = profile("A", {}, {"B", "D"});
    EXPECT_EQ(next(initiator, krr(kAny, Names{"B", "D"}), {{"A", "A"}}), "A B");
    EXPECT_EQ(next(initiator, krr(kAny, Names{"D"}), {{"A", "A"}, {"A", "B"}}), "A D");
    EXPECT_EQ(judge_offer(profile("B", {"D"}, {"A"}), {"A", "D"}, false), std::nullopt);
}

TEST(UseCases, X10BothMigrated) {
    const Profile initiator = profile("A", {"C"}, {"X", "Z"});
    EXPECT_EQ(next(initiator, krr(Names{"B", "C"}, kAny), {{"A", "A"}}), "C A");
    EXPECT_EQ(next(initiator, krr(Names{"C"}, Names{"X", "Z"}), {{"A", "A"}, {"C", "A"}}), "C X");
    EXPECT_EQ(next(initiator, krr(Names{"C"}, Names{"Z"}), {{"A", "A"}, {"C", "A"}, {"C", "X"}}), "C Z");
    EXPECT_EQ(judge_offer(profile("X", {"Z"}, {"A", "C"}), {"C", "Z"}, false), std::nullopt);
}

TEST(UseCases, X11Malicious) {
    const Profile initiator = profile("A", {}, {"B"});
    EXPECT_EQ(next(initiator, krr(Names{"A"}, Names{"Z"}), {{"A", "A"}}), "no-receiver-kms");
    EXPECT_EQ(next(initiator, krr(kAny, Names{"Z"}), {{"A", "A"}}), "no-receiver-kms");
}

TEST(NextAttempt, TheListsOrderDecidesNotOurs) {
    const Profile p = profile("A", {"C", "D"}, {"B"});
    EXPECT_EQ(next(p, krr(Names{"D", "A", "C"}, Names{"B", "A"}), {{"A", "A"}}), "D B");
}

TEST(NextAttempt, AnyKeepsWhatWasFound) {
    const Profile p = profile("A", {"C"}, {"B"});
    EXPECT_EQ(next(p, krr(Names{"C"}, kAny), {{"A", "A"}, {"A", "B"}}), "C B");
    EXPECT_EQ(next(p, krr(kAny, Names{"B"}), {{"C", "A"}}), "C B");
    EXPECT_EQ(next(p, krr(kAny, kAny), {}), "A A");
    EXPECT_EQ(next(p, krr(kAny, kAny), {{"Q", "Q"}}), "A A");  // what was used is no longer allowed: Home
}

TEST(NextAttempt, AnEmptyListOffersNothing) {
    const Profile p = profile("A", {}, {"B"});
    EXPECT_EQ(next(p, krr(Names{}, Names{"B"}), {{"A", "A"}}), "no-initiator-kms");
    EXPECT_EQ(next(p, krr(Names{"A"}, Names{}), {{"A", "A"}}), "no-receiver-kms");
}

TEST(NextAttempt, AnExternalKmsIsNeverTheInitiators) {
    EXPECT_EQ(next(profile("A", {}, {"B"}), krr(Names{"B"}, Names{"B"}), {{"A", "A"}}), "no-initiator-kms");
}

TEST(NextAttempt, NamesAreComparedWithoutLetterCase) {
    EXPECT_EQ(
        next(profile("kms.a", {}, {"kms.b"}), krr(Names{"KMS.A"}, Names{"Kms.B"}), {{"kms.a", "kms.a"}}),
        "kms.a kms.b");
}

TEST(NextAttempt, OneResendOfAPairIsAllowed) {
    const Profile p = profile("A", {"C"});
    const Lists same = krr(Names{"A"}, Names{"A"});
    EXPECT_EQ(next(p, same, {{"A", "A"}}), "A A");
    EXPECT_EQ(next(p, same, {{"A", "A"}, {"A", "A"}}), "repeated");
    EXPECT_EQ(next(p, same, {{"A", "A"}, {"C", "A"}, {"A", "A"}}), "repeated");
}

TEST(NextAttempt, AttemptsAreBounded) {
    Profile p = profile("A", {"C", "D"}, {"B"});
    p.attempts = 2;
    EXPECT_EQ(next(p, krr(Names{"C"}, Names{"B"}), {{"A", "A"}}), "C B");
    EXPECT_EQ(next(p, krr(Names{"D"}, Names{"B"}), {{"A", "A"}, {"C", "B"}}), "too-many-attempts");
}

TEST(JudgeOffer, ListsHomeAndSecondaryForTheReceiver) {
    EXPECT_EQ(judge_offer(profile("B", {"D", "E"}, {"A"}), {"Q", "A"}, false),
              krr(Names{"B", "D", "E", "A"}, Names{"B", "D", "E"}));
}

TEST(JudgeOffer, AnAcceptableSideIsCopied) {
    const Profile p = profile("B", {"D"}, {"A"});
    EXPECT_EQ(judge_offer(p, {"Q", "D"}, false), krr(Names{"B", "D", "A"}, Names{"D"}));
    EXPECT_EQ(judge_offer(p, {"a", "Q"}, false), krr(Names{"a"}, Names{"B", "D"}));
}

TEST(JudgeOffer, AnExternalKmsIsNeverTheReceivers) {
    EXPECT_EQ(judge_offer(profile("B", {}, {"A"}), {"A", "A"}, true), krr(Names{"A"}, Names{"B"}));
}

TEST(JudgeOffer, RefusedKmssAreNotAcceptable) {
    Profile p = profile("B", {"D"}, {"A", "C"});
    p.refuse = {"a", "D"};
    EXPECT_EQ(judge_offer(p, {"A", "B"}, false), krr(Names{"B", "C"}, Names{"B"}));
    EXPECT_EQ(judge_offer(p, {"C", "D"}, false), krr(Names{"C"}, Names{"B"}));
    EXPECT_EQ(judge_offer(p, {"A", "B"}, true), krr(Names{"B", "C"}, Names{"B"}));
}

TEST(JudgeOffer, APreferenceIsSaidWithoutRepeats) {
    Profile p = profile("A", {"S", "T"}, {"B"});
    p.prefer = {"S", "T"};
    EXPECT_EQ(judge_offer(p, {"T", "A"}, false), krr(Names{"S", "T"}, Names{"S", "T", "A"}));
    EXPECT_EQ(judge_offer(p, {"T", "S"}, false), std::nullopt);
    EXPECT_EQ(judge_offer(p, {"B", "S"}, false), krr(Names{"S", "T", "B"}, Names{"S", "T"}));
    // Where nothing can be copied, what is preferred comes first.
    EXPECT_EQ(judge_offer(p, {"Q", "Q"}, false), krr(Names{"S", "T", "A", "B"}, Names{"S", "T", "A"}));
}

/// Random profiles and lists over few names, so that everything meets everything.
class Random {
  public:
    explicit Random(unsigned seed) : engine_(seed) {}
    unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(engine_); }
    std::string name() {
        std::string out = "k" + std::to_string(below(8));
        if (below(3) == 0) out[0] = 'K';
        return out;
    }
    Names names() {
        Names out;
        for (unsigned n = below(5); n > 0; --n) out.push_back(name());
        return out;
    }
    List list() { return below(4) == 0 ? List{} : List{names()}; }
    Profile make() {
        Profile p = profile(name(), names(), names());
        p.refuse = below(2) == 0 ? Names{} : names();
        if (contains(p.refuse, p.home)) p.refuse.clear();
        p.prefer = below(2) == 0 ? Names{} : names();
        std::erase_if(p.prefer, [&](const std::string& k) {
            return !same_kms(k, p.home) && !contains(p.secondary, k);
        });
        return p;
    }

  private:
    std::mt19937 engine_;
};

/// Written from the rules, not from the code: may this KMS be used on that side?
bool usable(const Profile& p, const std::string& kms, bool initiator) {
    if (contains(p.refuse, kms)) return false;
    return same_kms(kms, p.home) || contains(p.secondary, kms) || (!initiator && contains(p.external, kms));
}
void check_side(const Profile& p, const List& list, const std::string& got, const std::string& used,
                bool initiator) {
    EXPECT_TRUE(usable(p, got, initiator)) << got;
    if (!list) {
        EXPECT_TRUE(same_kms(got, usable(p, used, initiator) ? used : p.home));
        return;
    }
    const auto first = std::ranges::find_if(*list, [&](const auto& k) { return usable(p, k, initiator); });
    ASSERT_NE(first, list->end());
    EXPECT_TRUE(same_kms(*first, got)) << *first << " " << got;
}
bool nothing(const Profile& p, const List& list, bool initiator) {
    return list && std::ranges::none_of(*list, [&](const auto& k) { return usable(p, k, initiator); });
}

TEST(Property, NextAttemptNamesTheFirstUsableOrFailsForTheReasonTold) {
    Random random(20261121);
    std::size_t pairs = 0;
    for (int round = 0; round < 20000; ++round) {
        const Profile p = random.make();
        const Lists lists{random.list(), random.list()};
        std::vector<Pair> tried;
        for (unsigned n = 1 + random.below(4); n > 0; --n) tried.push_back({random.name(), random.name()});
        const auto got = next_attempt(p, lists, tried);
        if (got) {
            ++pairs;
            check_side(p, lists.initiator, got->kmsi, tried.back().kmsi, true);
            check_side(p, lists.receiver, got->kmsr, tried.back().kmsr, false);
        } else if (got.error() == Failure::no_initiator_kms) {
            EXPECT_TRUE(nothing(p, lists.initiator, true));
        } else if (got.error() == Failure::no_receiver_kms) {
            EXPECT_TRUE(nothing(p, lists.receiver, false));
        } else {
            EXPECT_EQ(got.error(), Failure::repeated);  // four attempts at most: never too many
        }
    }
    EXPECT_GT(pairs, 5000U);
}

TEST(Property, AReceiverAcceptsOnlyWhatItMayAndOffersOnlyWhatItAccepts) {
    Random random(42);
    std::size_t accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        const Profile p = random.make();
        const Pair offered{random.name(), random.name()};
        const bool good = usable(p, offered.kmsi, false) && usable(p, offered.kmsr, true);
        EXPECT_EQ(judge_offer(p, offered, true) == std::nullopt, good);
        const auto lists = judge_offer(p, offered, false);
        if (!lists) {
            ++accepted;
            EXPECT_TRUE(good);
            continue;
        }
        ASSERT_TRUE(lists->initiator && lists->receiver);
        for (const auto& k : *lists->initiator) EXPECT_TRUE(usable(p, k, false)) << k;
        for (const auto& k : *lists->receiver) EXPECT_TRUE(usable(p, k, true)) << k;
        EXPECT_EQ(usable(p, offered.kmsi, false), contains(*lists->initiator, offered.kmsi));
        EXPECT_EQ(usable(p, offered.kmsr, true), contains(*lists->receiver, offered.kmsr));
    }
    EXPECT_GT(accepted, 1000U);
}

}  // namespace
}  // namespace kmsgate::client::select

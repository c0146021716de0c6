// SPDX-License-Identifier: BSD-3-Clause
// Each reason for which open() refuses a message, and messages changed or cut on the way.
#include <gtest/gtest.h>

#include "dataplane/mikey/message.hpp"
#include "dataplane/mikey/uid.hpp"
#include "tests/unit/client/select/imessage_world.hpp"
#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/imessage/parts.hpp"

namespace kmsgate::client::imessage::test {
namespace {

// Offsets in a clear message of offer(), as the layout test counts them.
constexpr std::size_t kIdrr = 75, kKmsi = 99, kKmsr = 117, kSp = 135, kSakke = 158, kSign = 436;
constexpr std::size_t kIdri = 49, kTime = 21;

Bytes without(Bytes m, std::size_t from, std::size_t to) {
    m.erase(m.begin() + static_cast<std::ptrdiff_t>(from), m.begin() + static_cast<std::ptrdiff_t>(to));
    return m;
}
/// The message as Alice herself would have signed it.
Bytes signed_again(Bytes m, const std::string& kms = kA) {
    World& w = World::get();
    m.resize(m.size() - crypto::kEccsiSignature);
    const keys::KeySet* const keys = w.alice.key_set(kms, kAlice, kPeriod);
    const Bytes signature =
        must(crypto::eccsi_sign(m, keys->signing, w.alice.certificate(kms)->pub_auth_key,
                                mikey::uid_of(kAlice, kms, 2'592'000, 0, kPeriod), w.random));
    m.insert(m.end(), signature.begin(), signature.end());
    return m;
}

TEST(Refused, SigningAgainIsNoFault) {
    EXPECT_EQ(result(signed_again(made(offer()))), "accepted");
}

TEST(Refused, Malformed) {
    Bytes m = made(offer());
    m.push_back(0);
    EXPECT_EQ(result(m), "malformed");
    EXPECT_EQ(read_names(m).error().detail, "trailing-bytes");
    EXPECT_EQ(result({}), "malformed");
}

TEST(Refused, MalformedPurposeThatNobodyKnows) {
    Bytes m = made(offer());
    m[4] = static_cast<std::uint8_t>(0x30 | (m[4] & 0x0FU));
    EXPECT_EQ(result(signed_again(m)), "malformed");
}

TEST(Refused, MissingKms) {
    const Bytes m = made(offer());
    EXPECT_EQ(result(signed_again(without(m, kKmsi, kKmsr))), "missing-kms");
    Bytes n = without(m, kKmsr, kSp);
    n[kKmsi] = 10;  // SP follows
    EXPECT_EQ(result(signed_again(n)), "missing-kms");
    EXPECT_EQ(read_names(n).error().detail, "no IDRkmsr");
}

TEST(Refused, NotForUs) {
    World& w = World::get();
    static const keys::Ring carol = w.ring(kCarol);
    EXPECT_EQ(result(made(offer()), carol, kCarol), "not-for-us");
    EXPECT_EQ(result(made(offer(kA, kB, true)), carol, kCarol), "not-for-us");
}

TEST(Refused, AClearNameOfUsDoesNotCoverAForeignUid) {
    Bytes m = made(offer());
    const Bytes strange{14, 9, 1, 0, 2, 'x', 'y'};
    m.insert(m.begin() + kKmsi, strange.begin(), strange.end());
    EXPECT_EQ(result(signed_again(m)), "not-for-us");
}

TEST(Refused, UnknownInitiator) {
    World& w = World::get();
    const std::vector<std::string> others{kCarol, kBob};
    const auto got = open(made(offer(kA, kB, true)), w.bob, kBob, others, kNow);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().fault, Fault::unknown_initiator);
    EXPECT_EQ(result(signed_again(without(made(offer()), kIdri, kIdrr))), "unknown-initiator");
}

TEST(Refused, UnknownInitiatorWhoseNameAndUidDiffer) {
    Bytes m = made(offer());
    Bytes uid{14, 8, 1, 0, 32};
    const auto carol = mikey::uid_of(kCarol, kA, 2'592'000, 0, kPeriod);
    uid.insert(uid.end(), carol.begin(), carol.end());
    m.insert(m.begin() + kKmsi, uid.begin(), uid.end());
    EXPECT_EQ(result(signed_again(m)), "unknown-initiator");
}

TEST(Refused, NoCertificate) {
    World& w = World::get();
    keys::Ring ring;
    ring.add(w.b.certificate());
    w.add(ring, w.b, kBob, kPeriod);
    EXPECT_EQ(result(made(offer()), ring), "no-certificate");
    keys::Certificate revoked = w.a.certificate();
    revoked.revoked = true;
    ring.add(revoked);
    EXPECT_EQ(result(made(offer()), ring), "no-certificate");
}

TEST(Refused, NoKeys) {
    World& w = World::get();
    keys::Ring none;
    none.add(w.a.certificate());
    EXPECT_EQ(result(made(offer()), none), "no-keys");  // not even a certificate of B
    EXPECT_EQ(result(made(offer()), w.certificates()), "no-keys");
    EXPECT_EQ(result(made(offer(kA, kB, true)), w.certificates()), "no-keys");
    keys::Ring early = w.certificates();
    w.add(early, w.b, kBob, kPeriod - 2);
    EXPECT_EQ(result(made(offer()), early), "no-keys");
}

TEST(Refused, Stale) {
    const keys::Ring& bob = World::get().bob;
    const Bytes m = made(offer());
    for (const bool later : {false, true}) {
        const auto at = [&](Time away) { return later ? kNow + away : kNow - away; };
        EXPECT_EQ(result(m, bob, kBob, at(3600 * kSecond)), "accepted");
        EXPECT_EQ(result(m, bob, kBob, at(3601 * kSecond)), "stale");
        EXPECT_EQ(result(m, bob, kBob, at(61 * kSecond), 60 * kSecond), "stale");
    }
    Bytes counter = m;
    counter[kTime + 1] = 2;  // COUNTER has four bytes
    EXPECT_EQ(result(signed_again(without(counter, kTime + 6, kTime + 10))), "stale");
}

TEST(Refused, Decapsulation) {
    Bytes m = made(offer());
    m[kSakke + 5 + 272] ^= 1;  // the hint
    EXPECT_EQ(result(signed_again(m)), "decapsulation");
    Bytes point = made(offer());
    point[kSakke + 5 + 100] ^= 1;  // no point of the curve
    EXPECT_EQ(result(signed_again(point)), "decapsulation");
    Bytes set = made(offer());
    set[kSakke + 1] = 2;
    EXPECT_EQ(result(signed_again(set)), "decapsulation");
    Bytes scheme = made(offer());
    scheme[kSakke + 2] = 1;
    EXPECT_EQ(result(signed_again(scheme)), "decapsulation");
    Bytes shorter = without(made(offer()), kSakke + 5, kSakke + 6);
    shorter[kSakke + 4] = 0x10;  // 272 bytes
    EXPECT_EQ(result(signed_again(shorter)), "decapsulation");
}

TEST(Refused, SignatureOfAnotherUserOrAnotherKms) {
    World& w = World::get();
    EXPECT_EQ(result(signed_again(made(offer()), kB)), "signature");  // Alice's keys, but B's
    Bytes m = made(offer());
    std::copy(kCarol.begin(), kCarol.end(), m.begin() + kIdri + 5);  // as long as Alice's name
    EXPECT_EQ(result(signed_again(m)), "signature");
    static const keys::TestKms impostor = must(keys::TestKms::make(kA, w.random));
    keys::Ring ring;
    ring.add(impostor.certificate());
    ring.add(w.b.certificate());
    w.add(ring, impostor, kAlice, kPeriod);
    EXPECT_EQ(result(must(make(offer(), ring, w.random))), "signature");
}

TEST(Refused, SignatureOfAnotherTypeOrLength) {
    Bytes m = made(offer());
    m[kSign] = 0x10;
    EXPECT_EQ(result(m), "signature");
    Bytes empty = made(offer());
    empty.resize(kSign + 2);
    empty[kSign] = 0x20;
    empty[kSign + 1] = 0;
    EXPECT_EQ(result(empty), "signature");
}

TEST(Periods, AMessageCrossesTheTurnOfAPeriod) {
    World& w = World::get();
    for (const bool hashed : {false, true}) {
        Offer late = offer(kA, kB, hashed);
        late.now = kStart + 30 * 86'400 * kSecond - kSecond;
        EXPECT_EQ(result(made(late), w.bob, kBob, late.now + 2 * kSecond), "accepted") << hashed;
        static const keys::Ring next_bob = w.ring(kBob, kPeriod - 1);
        static const keys::Ring before = w.ring(kAlice, kPeriod - 1);
        Offer early = offer(kA, kB, hashed);
        early.now = kStart - kSecond;
        EXPECT_EQ(result(must(make(early, before, w.random)), next_bob, kBob, kStart + kSecond), "accepted");
    }
}

TEST(Periods, AClockThatIsBehindReadsTheNextPeriod) {
    World& w = World::get();
    Offer first = offer();
    first.now = kStart;
    EXPECT_EQ(result(made(first), w.bob, kBob, kStart - kSecond), "accepted");
}

TEST(Periods, TwoPeriodsAwayIsTooFar) {
    const Bytes m = made(offer());
    EXPECT_EQ(result(m, World::get().bob, kBob, kNow + 60 * 86'400 * kSecond, 1'000'000'000 * kSecond),
              "no-keys");
}

TEST(Periods, TheTurnOfTheNtpEraIsNoJump) {
    World& w = World::get();
    constexpr Time kEra = (4'294'967'296 - 2'208'988'800) * kSecond;  // 2036-02-07
    const std::uint64_t period = mikey::period_number(kEra, 2'592'000, 0);
    const keys::Ring alice = w.ring(kAlice, period);
    const keys::Ring bob = w.ring(kBob, period);
    Offer late = offer();
    late.now = kEra - kSecond;
    const Bytes m = must(make(late, alice, w.random));
    EXPECT_EQ(result(m, bob, kBob, kEra + kSecond), "accepted");
    EXPECT_EQ(result(m, bob, kBob, kEra + 4000 * kSecond), "stale");
}

TEST(Hostile, EveryTruncationIsRefused) {
    const Bytes m = made(offer());
    for (std::size_t size = 0; size < m.size(); ++size) {
        EXPECT_EQ(result(View(m).first(size)), "malformed") << size;
        EXPECT_FALSE(find_parts(View(m).first(size))) << size;
    }
}

TEST(Hostile, NoChangedByteIsEverAccepted) {
    for (const bool hashed : {false, true}) {
        const Bytes m = made(offer(kA, kB, hashed));
        Bytes changed = m;
        for (std::size_t i = 0; i < m.size(); ++i) {
            changed[i] ^= static_cast<std::uint8_t>(1U << i % 8);
            EXPECT_NE(result(changed), "accepted") << hashed << " byte " << i;
            changed[i] = m[i];
        }
        EXPECT_EQ(result(changed), "accepted");
    }
}

TEST(Hostile, TheWalkTakesEveryValueOfEveryByte) {
    const Bytes m = made(offer());
    Bytes changed = m;
    for (std::size_t i = 0; i < m.size(); ++i) {
        for (unsigned value = 0; value < 256; ++value) {
            changed[i] = static_cast<std::uint8_t>(value);
            const bool sound = !mikey::read(changed).fault;
            const auto parts = find_parts(changed);
            if (!sound) continue;
            ASSERT_TRUE(parts) << i << " " << value;  // what the reader passes the walk understands
            EXPECT_EQ(parts->covered.size() + parts->signature.size(), changed.size());
        }
        changed[i] = m[i];
    }
}

}  // namespace
}  // namespace kmsgate::client::imessage::test

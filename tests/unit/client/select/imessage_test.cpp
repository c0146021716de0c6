// SPDX-License-Identifier: BSD-3-Clause
// What make() writes, byte by byte, and that open() gives back what was sealed.
#include "tools/client/imessage/imessage.hpp"

#include <gtest/gtest.h>

#include "dataplane/mikey/message.hpp"
#include "dataplane/mikey/uid.hpp"
#include "tests/unit/client/select/imessage_world.hpp"
#include "tools/client/crypto/eccsi.hpp"

namespace kmsgate::client::imessage::test {
namespace {

struct Case {
    std::string kmsi;
    std::string kmsr;
    bool hashed;
};
class RoundTrip : public testing::TestWithParam<Case> {};

TEST_P(RoundTrip, GivesBackWhatWasSealed) {
    const Offer sent = offer(GetParam().kmsi, GetParam().kmsr, GetParam().hashed);
    const Bytes message = made(sent);
    const std::vector<std::string> candidates{kCarol, kAlice};
    const auto got = open(message, World::get().bob, kBob, candidates, kNow);
    ASSERT_TRUE(got) << to_string(got.error().fault) << ": " << got.error().detail;
    EXPECT_EQ(got->key, sent.key);
    EXPECT_EQ(got->initiator, kAlice);
    EXPECT_EQ(got->kmsi, sent.kmsi);
    EXPECT_EQ(got->kmsr, sent.kmsr);
    EXPECT_EQ(got->csb_id, sent.csb_id);
    EXPECT_EQ(got->purpose, Purpose::pck);
    const auto names = read_names(message);
    ASSERT_TRUE(names);
    EXPECT_EQ(names->kmsi, sent.kmsi);
    EXPECT_EQ(names->kmsr, sent.kmsr);
}
INSTANTIATE_TEST_SUITE_P(KmsPairs, RoundTrip,
                         testing::Values(Case{kA, kA, false}, Case{kA, kB, false}, Case{kB, kA, false},
                                         Case{kA, kA, true}, Case{kA, kB, true}, Case{kB, kA, true}));

class Purposes : public testing::TestWithParam<Purpose> {};
TEST_P(Purposes, AreToldByTheCsbId) {
    Offer sent = offer();
    sent.purpose = GetParam();
    sent.csb_id = 0xF000'0001;  // the top four bits are the purpose's
    const Bytes message = made(sent);
    const mikey::Message read = mikey::read(message);
    EXPECT_FALSE(read.fault);
    EXPECT_EQ(read.csb_id, static_cast<std::uint32_t>(GetParam()) << 28 | 1U);
    const auto got = open(message, World::get().bob, kBob, {}, kNow);
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(got->purpose, GetParam());
    EXPECT_EQ(got->csb_id, 1U);
}
INSTANTIATE_TEST_SUITE_P(All, Purposes, testing::Values(Purpose::gmk, Purpose::pck, Purpose::csk));

/// Bytes [at, at + size) of a message in hexadecimal.
std::string hex(const Bytes& message, std::size_t at, std::size_t size) {
    std::string out;
    for (std::size_t i = at; i < at + size && i < message.size(); ++i) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        out += kDigits[message[i] >> 4];
        out += kDigits[message[i] & 15U];
    }
    return out;
}
std::string text(const Bytes& message, std::size_t at, std::size_t size) {
    return {message.begin() + static_cast<std::ptrdiff_t>(at),
            message.begin() + static_cast<std::ptrdiff_t>(at + size)};
}

/// Counted by hand from spec: RFC 3830 6.1, 6.5, 6.6, 6.10, 6.11, RFC 6043 6.1.1, 6.6, RFC 6509 4.2.
TEST(Layout, ClearPck) {
    const Bytes m = made(offer());
    ASSERT_EQ(m.size(), 567U);
    EXPECT_EQ(hex(m, 0, 10),
              "011a0501"
              "10234567"
              "0102");  // T first, PRF 1, PCK, one GENERIC-ID
    EXPECT_EQ(hex(m, 10, 11),
              "000001"
              "00"
              "0004"
              "00000000"
              "00");
    EXPECT_EQ(hex(m, 21, 2), "0b00");        // T: RAND next, NTP-UTC
    EXPECT_EQ(hex(m, 31, 2), "0e10");        // RAND: IDR next, 16 bytes
    EXPECT_EQ(hex(m, 49, 5), "0e01010015");  // IDRi
    EXPECT_EQ(text(m, 54, 21), kAlice);
    EXPECT_EQ(hex(m, 75, 5), "0e02010013");  // IDRr
    EXPECT_EQ(text(m, 80, 19), kBob);
    EXPECT_EQ(hex(m, 99, 5), "0e0601000d");  // IDRkmsi
    EXPECT_EQ(text(m, 104, 13), kA);
    EXPECT_EQ(hex(m, 117, 5), "0a0701000d");  // IDRkmsr: SP next
    EXPECT_EQ(text(m, 122, 13), kB);
    EXPECT_EQ(hex(m, 135, 5), "1a00000012");  // SP: SAKKE next, policy 0, SRTP
    EXPECT_EQ(hex(m, 140, 18),
              "000106010110"
              "04010c070101"
              "080101140110");
    EXPECT_EQ(hex(m, 158, 5), "0401020111");  // SAKKE: SIGN next, set 1, hashed UID, 273
    EXPECT_EQ(hex(m, 163, 1), "04");          // an uncompressed point
    EXPECT_EQ(hex(m, 436, 2), "2081");        // SIGN: ECCSI, 129 bytes
    // 1700611200.25 s: 10 days into the period; NTP counts from 1900.
    EXPECT_EQ(hex(m, 23, 8),
              "e907c300"
              "40000000");
}

TEST(Layout, HashedPck) {
    const Bytes m = made(offer(kA, kB, true));
    ASSERT_EQ(m.size(), 567U - 21 - 19 + 64);
    EXPECT_EQ(hex(m, 49, 5), "0e08010020");  // IDRuidi
    EXPECT_EQ(hex(m, 86, 5), "0e09010020");  // IDRuidr
    const auto alice = mikey::uid_of(kAlice, kA, 2'592'000, 0, kPeriod);
    const auto bob = mikey::uid_of(kBob, kB, 2'592'000, 0, kPeriod);
    EXPECT_TRUE(std::equal(alice.begin(), alice.end(), m.begin() + 54));
    EXPECT_TRUE(std::equal(bob.begin(), bob.end(), m.begin() + 91));
}

TEST(Layout, AGmkHasNoSessionAndNoPolicy) {
    Offer sent = offer();
    sent.purpose = Purpose::gmk;
    const Bytes m = made(sent);
    ASSERT_EQ(m.size(), 567U - 11 - 23);
    EXPECT_EQ(hex(m, 0, 10),
              "011a0501"
              "00234567"
              "0001");
    EXPECT_EQ(hex(m, 117 - 11, 5), "1a0701000d");  // IDRkmsr: SAKKE next
}

TEST(Layout, TheStrictReaderFindsNoFault) {
    for (const bool hashed : {false, true}) {
        const Bytes m = made(offer(kA, kB, hashed));
        const mikey::Message read = mikey::read(m);
        EXPECT_FALSE(read.fault);
        EXPECT_TRUE(read.relaxed.empty());
        EXPECT_EQ(read.has(mikey::Role::idri), !hashed);
        EXPECT_EQ(read.has(mikey::Role::idruidr), hashed);
    }
}

TEST(Layout, RandAndSealedKeyAreFreshEachTime) {
    const Bytes one = made(offer());
    const Bytes two = made(offer());
    EXPECT_NE(hex(one, 33, 16), hex(two, 33, 16));
}

TEST(Signature, CoversEverythingBeforeItself) {
    const Bytes m = made(offer());
    const View all(m);
    const auto uid = mikey::uid_of(kAlice, kA, 2'592'000, 0, kPeriod);
    const Bytes& kpak = World::get().a.certificate().pub_auth_key;
    EXPECT_TRUE(crypto::eccsi_verify(all.first(438), all.last(129), kpak, uid));
    EXPECT_FALSE(crypto::eccsi_verify(all.first(436), all.last(129), kpak, uid));  // without SIGN's own bytes
}

std::string fault_of(const Offer& of, const keys::Ring& ring) {
    const auto got = make(of, ring, World::get().random);
    return got ? "made" : got.error();
}

TEST(Make, SaysWhatIsMissing) {
    World& w = World::get();
    EXPECT_EQ(fault_of(offer("kms.q", kB), w.alice), "no certificate of kms.q");
    EXPECT_EQ(fault_of(offer(kA, "kms.q"), w.alice), "no certificate of kms.q");
    EXPECT_EQ(fault_of(offer(), w.certificates()),
              "no keys of sip:alice@mc1.example from kms.a.example for period 1508");
    Offer later = offer();
    later.now += 30 * 86'400 * kSecond;
    EXPECT_EQ(fault_of(later, w.alice),
              "no keys of sip:alice@mc1.example from kms.a.example for period 1509");
    Offer odd = offer();
    odd.key.pop_back();
    EXPECT_EQ(fault_of(odd, w.alice), "a key of 15 bytes, SAKKE carries 16");
    keys::Certificate revoked = w.b.certificate();
    revoked.revoked = true;
    keys::Ring ring;
    ring.add(w.a.certificate());
    ring.add(revoked);
    EXPECT_EQ(fault_of(offer(), ring), "the certificate of kms.b.example is revoked");
}

TEST(Make, SpellsAKmsAsItsCertificateDoes) {
    const Bytes m = made(offer("KMS.A.example", "kms.B.EXAMPLE"));
    EXPECT_EQ(read_names(m)->kmsi, kA);
    EXPECT_EQ(read_names(m)->kmsr, kB);
    EXPECT_EQ(result(m), "accepted");
}

TEST(Make, NeedsNoKeysOfTheReceiversKms) {
    World& w = World::get();
    keys::Ring ring = w.certificates();
    w.add(ring, w.a, kAlice, kPeriod);
    EXPECT_EQ(result(must(make(offer(), ring, w.random))), "accepted");
}

}  // namespace
}  // namespace kmsgate::client::imessage::test

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/crypto/eccsi.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/keys/rfc_vectors.hpp"

namespace kmsgate::client::crypto {
namespace {

namespace rfc = test::rfc;
using test::from_hex;

const View kId = as_view(rfc::kId);
const View kMessage = as_view(rfc::kMessage);
// order and prime of P-256 (SEC 2)
const Bytes kOrder = from_hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
const Bytes kPrime = from_hex("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");

Bytes put(Bytes bytes, std::size_t at, const Bytes& with) {
    std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return bytes;
}

TEST(Eccsi, RfcKpakFromKsak) {
    const auto kms = eccsi_kms_from_secret(rfc::kKsak);
    ASSERT_TRUE(kms) << kms.error();
    EXPECT_EQ(kms->kpak, rfc::kKpak);
    EXPECT_EQ(kms->ksak, rfc::kKsak);
}

TEST(Eccsi, RfcKeysBelongToTheIdentity) {
    const auto good = eccsi_check_user({rfc::kSsk, rfc::kPvt}, rfc::kKpak, kId);
    EXPECT_TRUE(good) << good.error();
    EXPECT_FALSE(eccsi_check_user({rfc::kSsk, rfc::kPvt}, rfc::kKpak, as_view("2011-03")));
    EXPECT_FALSE(eccsi_check_user({rfc::kSsk, rfc::kKpak}, rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_check_user({rfc::kKsak, rfc::kPvt}, rfc::kKpak, kId));
}

TEST(Eccsi, RfcSignatureVerifies) {
    const auto good = eccsi_verify(kMessage, rfc::kSignature, rfc::kKpak, kId);
    EXPECT_TRUE(good) << good.error();
    EXPECT_FALSE(eccsi_verify(as_view("message"), rfc::kSignature, rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, rfc::kSignature, rfc::kPvt, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, rfc::kSignature, rfc::kKpak, kId.first(25)));
}

TEST(Eccsi, SignaturesOfTheRfcUserVerify) {
    Random random;
    const auto signature = eccsi_sign(kMessage, {rfc::kSsk, rfc::kPvt}, rfc::kKpak, kId, random);
    ASSERT_TRUE(signature) << signature.error();
    ASSERT_EQ(signature->size(), kEccsiSignature);
    EXPECT_EQ(Bytes(signature->begin() + 64, signature->end()), rfc::kPvt);
    EXPECT_TRUE(eccsi_verify(kMessage, *signature, rfc::kKpak, kId));
}

TEST(Eccsi, FreshKeysWorkAlsoWithLeadingZeros) {
    // 1 in 256 numbers starts with a zero byte: enough tries to meet some
    Random random;
    const auto kms = eccsi_make_kms(random);
    ASSERT_TRUE(kms) << kms.error();
    unsigned zeros = 0;
    for (unsigned i = 0; i < 600; ++i) {
        const Bytes message = random.bytes(i);
        const Bytes id = random.bytes(32);
        const auto user = eccsi_make_user(*kms, id, random);
        ASSERT_TRUE(user) << user.error();
        if (i < 100) {
            ASSERT_TRUE(eccsi_check_user(*user, kms->kpak, id));
        }
        const auto signature = eccsi_sign(message, *user, kms->kpak, id, random);
        ASSERT_TRUE(signature) << signature.error();
        const auto good = eccsi_verify(message, *signature, kms->kpak, id);
        ASSERT_TRUE(good) << good.error();
        zeros +=
            (*signature)[0] == 0 || (*signature)[32] == 0 || user->ssk[0] == 0 || user->pvt[1] == 0 ? 1 : 0;
    }
    EXPECT_GT(zeros, 0U);
}

TEST(Eccsi, TwoUsersAndTwoKmssAreApart) {
    Random random;
    const auto a = eccsi_make_kms(random);
    const auto b = eccsi_make_kms(random);
    ASSERT_TRUE(a && b);
    const auto user = eccsi_make_user(*a, as_view("alice"), random);
    ASSERT_TRUE(user);
    EXPECT_TRUE(eccsi_check_user(*user, a->kpak, as_view("alice")));
    EXPECT_FALSE(eccsi_check_user(*user, b->kpak, as_view("alice")));
    EXPECT_FALSE(eccsi_check_user(*user, a->kpak, as_view("bob")));
    const auto signature = eccsi_sign(as_view("m"), *user, a->kpak, as_view("alice"), random);
    ASSERT_TRUE(signature);
    EXPECT_TRUE(eccsi_verify(as_view("m"), *signature, a->kpak, as_view("alice")));
    EXPECT_FALSE(eccsi_verify(as_view("m"), *signature, b->kpak, as_view("alice")));
    EXPECT_FALSE(eccsi_verify(as_view("m"), *signature, a->kpak, as_view("bob")));
}

TEST(EccsiHostile, NumbersThatMakeAnyMessageSigned) {
    const Bytes zero(32);
    // r = s = 0 and s = 0 give the point at infinity, whose x would be taken for r = 0
    EXPECT_FALSE(eccsi_verify(kMessage, put(put(rfc::kSignature, 0, zero), 32, zero), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(as_view("any"), put(put(rfc::kSignature, 0, zero), 32, zero), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, put(put(rfc::kSignature, 0, zero), 32, kOrder), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, put(put(rfc::kSignature, 0, kOrder), 32, kOrder), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, put(rfc::kSignature, 0, zero), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, put(rfc::kSignature, 32, zero), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, put(rfc::kSignature, 0, Bytes(32, 0xff)), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, put(rfc::kSignature, 32, Bytes(32, 0xff)), rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, Bytes(kEccsiSignature), rfc::kKpak, kId));
}

TEST(EccsiHostile, PointsOffTheCurve) {
    const Bytes no_point(64);
    const Bytes big_x = put(Bytes(64), 0, kPrime);
    for (const Bytes& xy : {no_point, big_x, Bytes(64, 0xff)}) {
        const auto in_signature = eccsi_verify(kMessage, put(rfc::kSignature, 65, xy), rfc::kKpak, kId);
        ASSERT_FALSE(in_signature);
        EXPECT_NE(in_signature.error().find("not a point"), std::string::npos) << in_signature.error();
        EXPECT_FALSE(eccsi_verify(kMessage, rfc::kSignature, put(rfc::kKpak, 1, xy), kId));
        EXPECT_FALSE(eccsi_check_user({rfc::kSsk, put(rfc::kPvt, 1, xy)}, rfc::kKpak, kId));
        EXPECT_FALSE(eccsi_check_user({rfc::kSsk, rfc::kPvt}, put(rfc::kKpak, 1, xy), kId));
    }
    for (unsigned form = 0; form < 256; ++form) {
        if (form == 4) continue;
        const Bytes first{static_cast<std::uint8_t>(form)};
        EXPECT_FALSE(eccsi_verify(kMessage, put(rfc::kSignature, 64, first), rfc::kKpak, kId)) << form;
        EXPECT_FALSE(eccsi_verify(kMessage, rfc::kSignature, put(rfc::kKpak, 0, first), kId)) << form;
    }
}

TEST(EccsiHostile, EveryTruncationAndOneByteMore) {
    for (std::size_t n = 0; n <= kEccsiSignature + 1; ++n) {
        Bytes cut = rfc::kSignature;
        cut.resize(n);
        EXPECT_EQ(eccsi_verify(kMessage, cut, rfc::kKpak, kId).has_value(), n == kEccsiSignature) << n;
    }
    for (std::size_t n = 0; n <= kEccsiPoint + 1; ++n) {
        if (n == kEccsiPoint) continue;
        Bytes point = rfc::kKpak;
        point.resize(n);
        EXPECT_FALSE(eccsi_verify(kMessage, rfc::kSignature, point, kId)) << n;
        EXPECT_FALSE(eccsi_check_user({rfc::kSsk, point}, rfc::kKpak, kId)) << n;
    }
    Random random;
    for (std::size_t n = 0; n <= kEccsiSecret + 1; ++n) {
        if (n == kEccsiSecret) continue;
        Bytes secret = rfc::kSsk;
        secret.resize(n);
        EXPECT_FALSE(eccsi_check_user({secret, rfc::kPvt}, rfc::kKpak, kId)) << n;
        EXPECT_FALSE(eccsi_sign(kMessage, {secret, rfc::kPvt}, rfc::kKpak, kId, random)) << n;
        EXPECT_FALSE(eccsi_kms_from_secret(secret)) << n;
        EXPECT_FALSE(eccsi_make_user({secret, rfc::kKpak}, kId, random)) << n;
    }
}

TEST(EccsiHostile, EveryBitOfTheSignatureCounts) {
    for (std::size_t bit = 0; bit < 8 * kEccsiSignature; ++bit) {
        Bytes flipped = rfc::kSignature;
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
        EXPECT_FALSE(eccsi_verify(kMessage, flipped, rfc::kKpak, kId)) << bit;
    }
}

TEST(EccsiHostile, SecretsOutOfRangeAndIdentitiesOfNoSize) {
    Random random;
    EXPECT_FALSE(eccsi_kms_from_secret(Bytes(32)));
    EXPECT_FALSE(eccsi_kms_from_secret(kOrder));
    Bytes last = kOrder;
    last.back() = static_cast<std::uint8_t>(last.back() - 1);
    EXPECT_TRUE(eccsi_kms_from_secret(last));
    EXPECT_FALSE(eccsi_check_user({Bytes(32), rfc::kPvt}, rfc::kKpak, kId));
    EXPECT_FALSE(eccsi_verify(kMessage, rfc::kSignature, rfc::kKpak, {}));
    const Bytes long_id(129, 'x');
    EXPECT_FALSE(eccsi_make_user({rfc::kKsak, rfc::kKpak}, long_id, random));
    const View longest = View(long_id).first(128);
    const auto user = eccsi_make_user({rfc::kKsak, rfc::kKpak}, longest, random);
    ASSERT_TRUE(user);
    EXPECT_TRUE(eccsi_check_user(*user, rfc::kKpak, longest));
}

}  // namespace
}  // namespace kmsgate::client::crypto

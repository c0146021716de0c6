// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/crypto/sakke.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/keys/rfc_vectors.hpp"

namespace kmsgate::client::crypto {
namespace {

namespace rfc = test::rfc;

const View kId = as_view(rfc::kId);
const SakkeKms kKms{rfc::kSecret, rfc::kPublic};

Bytes put(Bytes bytes, std::size_t at, const Bytes& with) {
    std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return bytes;
}

TEST(Sakke, RfcPublicKeyFromSecret) {
    const auto kms = sakke_kms_from_secret(rfc::kSecret);
    ASSERT_TRUE(kms) << kms.error();
    EXPECT_EQ(kms->pub, rfc::kPublic);
    EXPECT_EQ(kms->secret, rfc::kSecret);
}

TEST(Sakke, RfcRskFromSecretAndIdentity) {
    const auto rsk = sakke_make_rsk(kKms, kId);
    ASSERT_TRUE(rsk) << rsk.error();
    EXPECT_EQ(*rsk, rfc::kRsk);
    const auto good = sakke_check_rsk(rfc::kRsk, rfc::kPublic, kId);
    EXPECT_TRUE(good) << good.error();
    EXPECT_FALSE(sakke_check_rsk(rfc::kRsk, rfc::kPublic, kId.first(25)));
    EXPECT_FALSE(sakke_check_rsk(rfc::kPublic, rfc::kPublic, kId));
}

TEST(Sakke, RfcEncapsulationGivesThePublishedData) {
    const auto data = sakke_encapsulate(rfc::kSsv, rfc::kPublic, kId);
    ASSERT_TRUE(data) << data.error();
    EXPECT_EQ(*data, rfc::kData);
}

TEST(Sakke, RfcDecapsulationGivesTheSsv) {
    const auto ssv = sakke_decapsulate(rfc::kData, rfc::kRsk, rfc::kPublic, kId);
    ASSERT_TRUE(ssv) << ssv.error();
    EXPECT_EQ(*ssv, rfc::kSsv);
}

TEST(Sakke, FreshKeysOfTwoKmss) {
    Random random;
    const auto a = sakke_make_kms(random);
    const auto b = sakke_make_kms(random);
    ASSERT_TRUE(a && b);
    EXPECT_NE(a->pub, b->pub);
    const Bytes bob = random.bytes(32);
    const Bytes carol = random.bytes(32);
    const auto bobs = sakke_make_rsk(*a, bob);
    const auto carols = sakke_make_rsk(*a, carol);
    ASSERT_TRUE(bobs && carols);
    EXPECT_TRUE(sakke_check_rsk(*bobs, a->pub, bob));
    EXPECT_FALSE(sakke_check_rsk(*bobs, b->pub, bob));
    EXPECT_FALSE(sakke_check_rsk(*bobs, a->pub, carol));
    for (int i = 0; i < 8; ++i) {
        const Bytes ssv = i == 0 ? Bytes(kSsv) : i == 1 ? Bytes(kSsv, 0xff) : random.bytes(kSsv);
        const auto data = sakke_encapsulate(ssv, a->pub, bob);
        ASSERT_TRUE(data) << data.error();
        ASSERT_EQ(data->size(), kSakkeData);
        const auto opened = sakke_decapsulate(*data, *bobs, a->pub, bob);
        ASSERT_TRUE(opened) << opened.error();
        EXPECT_EQ(*opened, ssv);
        EXPECT_FALSE(sakke_decapsulate(*data, *carols, a->pub, carol));
        EXPECT_FALSE(sakke_decapsulate(*data, *carols, a->pub, bob));
        EXPECT_FALSE(sakke_decapsulate(*data, *bobs, b->pub, bob));
    }
}

TEST(SakkeHostile, EveryTruncationAndOneByteMore) {
    for (std::size_t n = 0; n <= kSakkeData + 1; ++n) {
        if (n == kSakkeData) continue;
        Bytes cut = rfc::kData;
        cut.resize(n);
        EXPECT_FALSE(sakke_decapsulate(cut, rfc::kRsk, rfc::kPublic, kId)) << n;
    }
    for (std::size_t n = 0; n <= kSakkePoint + 1; ++n) {
        if (n == kSakkePoint) continue;
        Bytes rsk = rfc::kRsk;
        rsk.resize(n);
        Bytes pub = rfc::kPublic;
        pub.resize(n);
        EXPECT_FALSE(sakke_decapsulate(rfc::kData, rsk, rfc::kPublic, kId)) << n;
        EXPECT_FALSE(sakke_decapsulate(rfc::kData, rfc::kRsk, pub, kId)) << n;
        EXPECT_FALSE(sakke_encapsulate(rfc::kSsv, pub, kId)) << n;
        EXPECT_FALSE(sakke_check_rsk(rsk, rfc::kPublic, kId)) << n;
    }
    for (std::size_t n = 0; n <= 40; ++n) {
        if (n != kSsv) {
            EXPECT_FALSE(sakke_encapsulate(Bytes(n), rfc::kPublic, kId)) << n;
        }
    }
}

TEST(SakkeHostile, BitsOfTheDataCount) {
    // Every bit of the hint; of R a bit of each byte: they all fail at the equation of the curve.
    const auto flipped = [](std::size_t byte, unsigned bit) {
        Bytes data = rfc::kData;
        data[byte] = static_cast<std::uint8_t>(data[byte] ^ 1U << bit);
        return data;
    };
    for (std::size_t byte = 0; byte < kSakkePoint; ++byte)
        EXPECT_FALSE(sakke_decapsulate(flipped(byte, byte % 8), rfc::kRsk, rfc::kPublic, kId)) << byte;
    for (std::size_t byte = kSakkePoint; byte < kSakkeData; ++byte)
        for (unsigned bit = 0; bit < 8; ++bit)
            EXPECT_FALSE(sakke_decapsulate(flipped(byte, bit), rfc::kRsk, rfc::kPublic, kId)) << byte;
}

TEST(SakkeHostile, PointsThatAreNone) {
    // (0,0) lies on y^2 = x^3 - 3x, with order 2; the others lie nowhere
    const Bytes zero(256);
    const Bytes ones(256, 0xff);
    for (const Bytes& xy : {zero, ones, put(zero, 255, {1}), put(zero, 127, {1})}) {
        EXPECT_FALSE(sakke_decapsulate(put(rfc::kData, 1, xy), rfc::kRsk, rfc::kPublic, kId));
        EXPECT_FALSE(sakke_decapsulate(rfc::kData, put(rfc::kRsk, 1, xy), rfc::kPublic, kId));
        EXPECT_FALSE(sakke_decapsulate(rfc::kData, rfc::kRsk, put(rfc::kPublic, 1, xy), kId));
        EXPECT_FALSE(sakke_encapsulate(rfc::kSsv, put(rfc::kPublic, 1, xy), kId));
        EXPECT_FALSE(sakke_check_rsk(put(rfc::kRsk, 1, xy), rfc::kPublic, kId));
        EXPECT_FALSE(sakke_check_rsk(rfc::kRsk, put(rfc::kPublic, 1, xy), kId));
    }
    EXPECT_FALSE(sakke_decapsulate(Bytes(kSakkeData), rfc::kRsk, rfc::kPublic, kId));
    for (unsigned form = 0; form < 256; ++form) {
        if (form == 4) continue;
        const Bytes first{static_cast<std::uint8_t>(form)};
        EXPECT_FALSE(sakke_decapsulate(put(rfc::kData, 0, first), rfc::kRsk, rfc::kPublic, kId)) << form;
        EXPECT_FALSE(sakke_encapsulate(rfc::kSsv, put(rfc::kPublic, 0, first), kId)) << form;
    }
}

TEST(SakkeHostile, AnotherPointOfTheCurveIsNotOpened) {
    // on the curve and of the right order, but not the R of this hint
    EXPECT_FALSE(sakke_decapsulate(put(rfc::kData, 0, rfc::kPublic), rfc::kRsk, rfc::kPublic, kId));
    EXPECT_FALSE(sakke_decapsulate(put(rfc::kData, 0, rfc::kRsk), rfc::kRsk, rfc::kPublic, kId));
}

TEST(SakkeHostile, SecretsOutOfRangeAndIdentitiesOfNoSize) {
    EXPECT_FALSE(sakke_kms_from_secret(Bytes(128)));
    EXPECT_FALSE(sakke_kms_from_secret(put(Bytes(128), 127, {1})));
    EXPECT_TRUE(sakke_kms_from_secret(put(Bytes(128), 127, {2})));
    EXPECT_FALSE(sakke_kms_from_secret(Bytes(128, 0xff)));
    for (std::size_t n = 0; n <= 129; ++n) {
        if (n == kSakkeSecret) continue;
        Bytes secret = rfc::kSecret;
        secret.resize(n);
        EXPECT_FALSE(sakke_kms_from_secret(secret)) << n;
        EXPECT_FALSE(sakke_make_rsk({secret, rfc::kPublic}, kId)) << n;
    }
    const Bytes long_id(129, 'x');
    EXPECT_FALSE(sakke_make_rsk(kKms, long_id));
    EXPECT_FALSE(sakke_make_rsk(kKms, {}));
    EXPECT_FALSE(sakke_encapsulate(rfc::kSsv, rfc::kPublic, {}));
    EXPECT_FALSE(sakke_encapsulate(rfc::kSsv, rfc::kPublic, long_id));
    EXPECT_FALSE(sakke_decapsulate(rfc::kData, rfc::kRsk, rfc::kPublic, {}));
    const View longest = View(long_id).first(128);
    const auto rsk = sakke_make_rsk(kKms, longest);
    const auto data = sakke_encapsulate(rfc::kSsv, rfc::kPublic, longest);
    ASSERT_TRUE(rsk && data);
    const auto ssv = sakke_decapsulate(*data, *rsk, rfc::kPublic, longest);
    ASSERT_TRUE(ssv) << ssv.error();
    EXPECT_EQ(*ssv, rfc::kSsv);
}

}  // namespace
}  // namespace kmsgate::client::crypto

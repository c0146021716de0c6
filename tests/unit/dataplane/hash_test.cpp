// SPDX-License-Identifier: BSD-3-Clause
// SipHash against published vectors and OpenSSL's; UIDs against a second computation from TS 33.180 F.2.1.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/uid.hpp"
#include "dataplane/memory/uid_owner.hpp"
#include "dataplane/memory/user_hash.hpp"
#include "tests/unit/dataplane/frames.hpp"
#include "tests/unit/dataplane/tags.hpp"

namespace kmsgate::memory {
namespace {

using namespace kmsgate::test;

constexpr Key kReference = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string hex(const Hash128& h) {
    std::string out;
    for (const std::uint64_t word : {h.low, h.high})
        for (unsigned i = 0; i < 8; ++i) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(word >> (8 * i) & 0xFF));
            out += two;
        }
    return out;
}
Hash128 hash(const Key& key, std::string_view data) {
    SipHash h(key);
    h.bytes(data);
    return h.finish();
}
std::string counting(std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s.push_back(static_cast<char>(i));
    return s;
}

std::string openssl_siphash(const Bytes& key, std::string_view data) {
    std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr),
                                                          EVP_MAC_free);
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> ctx(EVP_MAC_CTX_new(mac.get()),
                                                                  EVP_MAC_CTX_free);
    unsigned size = 16;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint("size", &size), OSSL_PARAM_construct_end()};
    std::array<unsigned char, 16> out{};
    std::size_t n = 0;
    if (EVP_MAC_init(ctx.get(), key.data(), key.size(), params) != 1 ||
        EVP_MAC_update(ctx.get(), reinterpret_cast<const unsigned char*>(data.data()), data.size()) != 1 ||
        EVP_MAC_final(ctx.get(), out.data(), &n, out.size()) != 1)
        return "openssl failed";
    Hash128 h;
    std::memcpy(&h.low, out.data(), 8);
    std::memcpy(&h.high, out.data() + 8, 8);
    return hex(h);
}

TEST(SipHash, ReferenceVectors) {
    EXPECT_EQ(hex(hash(kReference, "")), "a3817f04ba25a8e66df67214c7550293");
    EXPECT_EQ(hex(hash(kReference, counting(1))), "da87c1d86b99af44347659119b22fc45");
}

TEST(SipHash, AgreesWithOpenSsl) {
    Bytes key;
    for (std::size_t i = 0; i < 16; ++i) key = key + u8(i);
    for (std::size_t n = 0; n < 300; ++n)
        ASSERT_EQ(hex(hash(kReference, counting(n))), openssl_siphash(key, counting(n))) << n;
}

TEST(SipHash, PiecesMakeNoDifference) {
    const std::string data = counting(100);
    for (std::size_t a = 0; a <= 40; ++a)
        for (std::size_t b = a; b <= 60; ++b) {
            SipHash h(kReference);
            h.bytes(std::string_view(data).substr(0, a));
            h.bytes(std::string_view(data).substr(a, b - a));
            h.bytes(std::string_view(data).substr(b));
            ASSERT_EQ(h.finish(), hash(kReference, data)) << a << ' ' << b;
        }
}

TEST(SipHash, FieldsDoNotRunTogether) {
    const auto two = [](std::string_view a, std::string_view b) {
        SipHash h(kReference);
        h.field(a);
        h.field(b);
        return h.finish();
    };
    EXPECT_NE(two("ab", "c"), two("a", "bc"));
    EXPECT_NE(two("", "abc"), two("abc", ""));
}

/// Field by field from the clause, hashed by OpenSSL's other interface.
Uid by_the_book(const std::string& user, const std::string& kms, const Bytes& period, const Bytes& offset,
                const Bytes& number) {
    Bytes s = u8(0);
    for (const Bytes& p : {bytes("MIKEY-SAKKE-UID"), bytes(user), bytes(kms), period, offset, number})
        s = s + p + u16(p.size());
    Uid out{};
    unsigned n = 0;
    EVP_Digest(s.data(), s.size(), out.data(), &n, EVP_sha256(), nullptr);
    return out;
}

TEST(Uid, ByTheBook) {
    const std::string user = "sip:alice@mc1.example", kms = "kms.a.example";
    EXPECT_EQ(uid_of(user, kms, 2592000, 0, 1514),
              by_the_book(user, kms, {0x27, 0x8D, 0x00}, {0x00}, {0x05, 0xEA}));
    EXPECT_EQ(uid_of(user, kms, 255, 256, 0), by_the_book(user, kms, {0xFF}, {0x01, 0x00}, {0x00}));
    EXPECT_EQ(uid_of(user, kms, 0xFFFFFFFFFFFFFFFF, 1, 65536),
              by_the_book(user, kms, Bytes(8, 0xFF), {0x01}, {0x01, 0x00, 0x00}));
    EXPECT_EQ(uid_of("", "", 1, 0, 0), by_the_book("", "", {1}, {0}, {0}));
    EXPECT_NE(uid_of(user, kms, 2592000, 0, 1514), uid_of(user, "kms.b.example", 2592000, 0, 1514));
}

/// Is `uid` the UID of `user` in the current or an adjacent period?
bool is_uid_of(std::string_view uid, std::string_view user, const UidKms& kms, core::Time now) {
    std::array<SoughtUid, 1> sought{{{uid, kms, {&user, 1}}}};
    find_owners(sought, now);
    return sought[0].owner == user;
}

TEST(Uid, Periods) {
    constexpr core::Time kNow = 1'700'000'000 * core::kSecond;
    // NTP seconds count from 1900: 1,700,000,000 + 2,208,988,800 = 3,908,988,800
    EXPECT_EQ(period_number(kNow, 2592000, 0), 1508U);
    EXPECT_EQ(period_number(kNow, 1000, 800), 3908988U);
    EXPECT_EQ(period_number(kNow, 1000, 801), 3908987U);
    EXPECT_EQ(period_number(kNow, 10, 3908988801), 0U) << "before the first period";
    const UidKms kms{"kms.a.example", 2592000, 0};
    for (std::uint64_t n = 1505; n <= 1511; ++n) {
        const Uid u = uid_of("sip:a@b", "kms.a.example", 2592000, 0, n);
        const std::string_view text(reinterpret_cast<const char*>(u.data()), u.size());
        EXPECT_EQ(is_uid_of(text, "sip:a@b", kms, kNow), n >= 1507 && n <= 1509) << n;
        EXPECT_FALSE(is_uid_of(text.substr(1), "sip:a@b", kms, kNow));
        EXPECT_FALSE(is_uid_of(text, "sip:x@b", kms, kNow));
    }
    EXPECT_FALSE(is_uid_of(std::string(32, 'u'), "sip:a@b", {"kms.a.example", 0, 0}, kNow))
        << "no division by zero";
}

TEST(Uid, Roster) {
    constexpr core::Time kNow = 1'700'000'000 * core::kSecond;
    const auto users = made_tags(1000);
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(users->set("mc1", "sip:u" + std::to_string(i) + "@mc1.example", 0));
    UidRoster roster(*users, 1000, 120);
    const auto find = [&](int user, const std::string& kms, bool own = false) {
        const Uid u = uid_of("sip:u" + std::to_string(user) + "@mc1.example", kms, 2592000, 0, 1508);
        return std::string(
            roster.find({reinterpret_cast<const char*>(u.data()), 32}, {kms, 2592000, 0, own}, kNow));
    };
    EXPECT_EQ(find(7, "kms.a.example"), "sip:u7@mc1.example");
    for (const bool own : {false, true})
        for (int i = 0; i < 20; ++i)
            EXPECT_EQ(find(i, "kms" + std::to_string(i), own), "sip:u" + std::to_string(i) + "@mc1.example")
                << "tables come and go";
    EXPECT_EQ(find(60, "kms.a.example"), "");
    ASSERT_TRUE(users->set("mc1", "sip:u60@mc1.example", 0));
    EXPECT_EQ(find(60, "kms.a.example"), "sip:u60@mc1.example") << "users who came later";
    EXPECT_TRUE(users->remove("mc1", "sip:u7@mc1.example"));
    EXPECT_EQ(find(7, "kms.a.example"), "") << "users who left";
    EXPECT_EQ(find(8, "kms.a.example"), "sip:u8@mc1.example");
    ASSERT_TRUE(users->set("mc2", "sip:u8@mc1.example", 0));
    EXPECT_TRUE(users->remove("mc1", "sip:u8@mc1.example"));
    EXPECT_EQ(find(8, "kms.a.example"), "sip:u8@mc1.example") << "still in the other domain";
    users->clear();
    EXPECT_EQ(find(8, "kms.a.example"), "");
    ASSERT_TRUE(users->set("mc1", "sip:u7@mc1.example", 0));
    EXPECT_EQ(find(7, "kms.a.example"), "sip:u7@mc1.example");
    EXPECT_EQ(find(8, "kms.a.example"), "");
    EXPECT_EQ(roster.find("short", {"kms.a.example", 2592000, 0}, kNow), "");
    EXPECT_EQ(find(7, std::string(kMaxKmsName, 'k')), "sip:u7@mc1.example");
    EXPECT_EQ(find(7, std::string(kMaxKmsName + 1, 'k')), "");
}

/// The two polynomials with a division a step.
Hash128 user_hash_slowly(const Key& key, const std::string& domain, const std::string& uri) {
    __extension__ using Wide = unsigned __int128;
    constexpr std::uint64_t prime = (std::uint64_t{1} << 61) - 1;
    std::vector<std::uint64_t> pieces = {std::uint64_t{domain.size()} << 28 | uri.size()};
    for (const std::string& text : {domain, uri})
        for (std::size_t at = 0; at < text.size(); at += 7) {
            std::uint64_t piece = 0;
            for (std::size_t i = std::min(text.size(), at + 7); i-- > at;)
                piece = piece << 8 | static_cast<unsigned char>(text[i]);
            if (text.size() < 4) {  // so short a text stands as its first, middle and last byte
                const auto byte = [&text](std::size_t i) {
                    return std::uint64_t{static_cast<unsigned char>(text[i])};
                };
                piece = byte(0) | byte(text.size() / 2) << 8 | byte(text.size() - 1) << 16;
            }
            pieces.push_back(piece);
        }
    const auto value = [&](std::uint64_t k) {
        const std::uint64_t point = (k * 0x9E3779B97F4A7C15 + 0xC2B2AE3D27D4EB4F) & prime;
        std::uint64_t h = 0;
        for (const std::uint64_t piece : pieces)
            h = static_cast<std::uint64_t>(Wide{h + piece} * point % prime);
        h *= 0x9E3779B97F4A7C15;
        return h ^ (h >> 32);
    };
    return {value(key[0]), value(key[1])};
}

TEST(UserHash, IsThePolynomialItSays) {
    const std::string text =
        "sip:A-user.of+any~length@with-a-long.host.example\xFF\xFE\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    for (const Key& key : {kReference, Key{0, 0}, Key{~0ULL, 1}})
        for (std::size_t n = 0; n <= text.size(); ++n)
            for (std::size_t d = 0; d < 20; ++d)
                EXPECT_EQ(UserHash(key)(text.substr(0, d), text.substr(text.size() - n)),
                          user_hash_slowly(key, text.substr(0, d), text.substr(text.size() - n)))
                    << n << " " << d;
}

TEST(UserHash, TellsUsersApart) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    std::set<std::uint64_t> low, high;
    const UserHash hash(kReference);
    for (int i = 0; i < 100'000; ++i) {
        const Hash128 h = hash("mc1", "sip:unit-" + std::to_string(i) + "@mc1.example");
        seen.insert({h.low, h.high});
        low.insert(h.low & 0xFFFF);
        high.insert(h.high & 0xFFFF);
    }
    EXPECT_EQ(seen.size(), 100'000U);
    // 100,000 balls in 65,536 boxes leave a share of exp(-1.53) empty.
    EXPECT_NEAR(static_cast<double>(low.size()), 51'270, 500);
    EXPECT_NEAR(static_cast<double>(high.size()), 51'270, 500);
    EXPECT_NE(hash("mc1", "sip:a@b"), hash("mc1s", "ip:a@b")) << "the border between the two counts";
    EXPECT_NE(hash("mc1", "sip:a"), hash("mc1", std::string("sip:a\0", 6)));
    EXPECT_NE(hash("mc1", "sip:a"), UserHash(Key{1, 2})("mc1", "sip:a"));
}

// What find_owners() keeps of those whom it has proven must never say more than hashing says.
TEST(Uid, WhoIsKnownIsKnownUnderThatKmsAndPeriodOnly) {
    UidKms kms{"kms.a.example", 1000, 0, true};
    const auto at = [](std::uint64_t period) { return core::Time{period * 1000 + 1} * core::kSecond; };
    const std::uint64_t number = period_number(at(700), kms.period, kms.offset);
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 5000; ++i) {  // more than are kept
            const std::string user = "sip:user" + std::to_string(i) + "@mc1.example";
            const Uid made = uid_of(user, kms.uri, kms.period, kms.offset, number);
            const std::string uid(reinterpret_cast<const char*>(made.data()), made.size());
            for (int again = 0; again < 2; ++again) {
                ASSERT_TRUE(is_uid_of(uid, user, kms, at(700)));
                ASSERT_TRUE(is_uid_of(uid, user, kms, at(699)));
                ASSERT_TRUE(is_uid_of(uid, user, kms, at(701)));
                ASSERT_FALSE(is_uid_of(uid, user, kms, at(702)));
                ASSERT_FALSE(is_uid_of(uid, user, kms, at(698)));
                ASSERT_FALSE(is_uid_of(uid, user + "x", kms, at(700)));
                ASSERT_FALSE(is_uid_of(uid, user.substr(0, user.size() - 1), kms, at(700)));
                ASSERT_FALSE(is_uid_of(uid, user, UidKms{"kms.b.example", 1000, 0, true}, at(700)));
                ASSERT_FALSE(is_uid_of(uid, user, UidKms{"kms.a.exampl", 1000, 0, true}, at(700)));
                ASSERT_FALSE(is_uid_of(uid, user, UidKms{"kms.a.example", 1000, 1, true}, at(700)));
                ASSERT_FALSE(is_uid_of(uid, user, UidKms{"kms.a.example", 999, 0, true}, at(700)));
                ASSERT_FALSE(is_uid_of(uid, user, UidKms{"kms.a.example", 0, 0, true}, at(700)));
            }
        }
}

}  // namespace
}  // namespace kmsgate::memory

// SPDX-License-Identifier: BSD-3-Clause
// The hash of whole messages against a computation bit by bit, at every level that this CPU has.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/memory/tag_hash.hpp"
#include "tests/unit/dataplane/frames.hpp"

namespace kmsgate::memory {
namespace {

using namespace kmsgate::test;
using Level = BulkHash::Level;

constexpr Key kKey = {0x0123456789abcdef, 0xfedcba9876543210};

std::vector<Level> levels() {
    std::vector<Level> out;
    for (const Level l : {Level::portable, Level::pclmul, Level::vpclmul})
        if (l <= BulkHash::best()) out.push_back(l);
    return out;
}

std::uint64_t key_word(std::size_t i) {
    SipHash h(kKey);
    h.word(i / 2);
    const Hash128 two = h.finish();
    return i % 2 == 0 ? two.low : two.high;
}

/// Shift and add.
Hash128 product(std::uint64_t a, std::uint64_t b) {
    Hash128 out;
    for (unsigned i = 0; i < 64; ++i) {
        if ((b >> i & 1) == 0) continue;
        out.low ^= a << i;
        if (i != 0) out.high ^= a >> (64 - i);
    }
    return out;
}

/// The sum of a piece, from the definition.
Hash128 expected(std::size_t offset, const Bytes& piece) {
    Hash128 sum;
    const auto word = [&](std::size_t i) {
        std::uint64_t w = 0;
        for (std::size_t b = 0; b < 8; ++b)
            if (i * 8 + b >= offset && i * 8 + b < offset + piece.size())
                w |= std::uint64_t{piece[i * 8 + b - offset]} << 8 * b;
        return w;
    };
    if (piece.empty()) return sum;
    for (std::size_t pair = offset / 16; pair <= (offset + piece.size() - 1) / 16; ++pair) {
        const Hash128 p =
            product(word(2 * pair) ^ key_word(2 * pair), word(2 * pair + 1) ^ key_word(2 * pair + 1));
        sum.low ^= p.low;
        sum.high ^= p.high;
    }
    return sum;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
    Bytes out(size);
    for (auto& b : out) b = static_cast<std::uint8_t>(random());
    return out;
}

std::string_view payload_of(const Bytes& datagram) {
    return {reinterpret_cast<const char*>(datagram.data()) + 8, datagram.size() - 8};
}

// Intel, "Carry-Less Multiplication Instruction and its Usage for Computing the GCM Mode", 2010, figure 1.
TEST(BulkHash, TheProductIsThatOfThePaper) {
    EXPECT_EQ(product(0x63746f725d53475d, 0x5b477565726f6e5d),
              (Hash128{0x929633d5d36f0451, 0x1d4d84c85c3440c0}));
}

TEST(BulkHash, SumsAreThoseOfTheDefinitionAtEveryLevel) {
    std::mt19937_64 random(1);
    for (const Level level : levels()) {
        const BulkHash hash(kKey, level);
        for (std::size_t size = 0; size < 300; ++size)
            for (const std::size_t offset :
                 {std::size_t{0}, std::size_t{8}, std::size_t{16}, std::size_t{1480}}) {
                const Bytes piece = random_bytes(random, size);
                ASSERT_EQ(hash.piece(offset, piece), expected(offset, piece))
                    << static_cast<int>(level) << ' ' << offset << ' ' << size;
            }
    }
}

TEST(BulkHash, LevelsAgreeUpToTheLargestMessage) {
    std::mt19937_64 random(2);
    const BulkHash portable(kKey, Level::portable);
    for (const std::size_t size : {1000U, 2713U, 9000U, 65'507U}) {
        const Bytes datagram = random_bytes(random, size + 8);
        for (const Level level : levels())
            EXPECT_EQ(BulkHash(kKey, level).message(payload_of(datagram)),
                      portable.message(payload_of(datagram)));
    }
}

TEST(BulkHash, FragmentsTellTheDigestOfTheirDatagram) {
    std::mt19937_64 random(3);
    for (const Level level : levels()) {
        const BulkHash hash(kKey, level);
        for (int round = 0; round < 400; ++round) {
            const Bytes datagram = random_bytes(random, 8 + random() % 600);
            Hash128 sum;
            for (std::size_t at = 0; at < datagram.size();) {
                const std::size_t size = std::min<std::size_t>((1 + random() % 20) * 8, datagram.size() - at);
                const Hash128 piece = hash.piece(at, part(datagram, at, size));
                const Hash128 seam = at == 0 ? Hash128{} : hash.seam(at, datagram);
                sum = {sum.low ^ piece.low ^ seam.low, sum.high ^ piece.high ^ seam.high};
                at += size;
            }
            ASSERT_EQ(hash.payload(sum, datagram), hash.message(payload_of(datagram))) << datagram.size();
        }
    }
}

TEST(BulkHash, TheHeaderInFrontOfThePayloadDoesNotCount) {
    std::mt19937_64 random(4);
    const BulkHash hash(kKey);
    Bytes a = random_bytes(random, 100), b = a;
    for (std::size_t i = 0; i < 8; ++i) b[i] ^= 0x5A;
    EXPECT_EQ(hash.payload(hash.piece(0, a), a), hash.payload(hash.piece(0, b), b));
    b[8] ^= 1;
    EXPECT_NE(hash.payload(hash.piece(0, a), a), hash.payload(hash.piece(0, b), b));
}

TEST(BulkHash, EveryBitAndEveryByteMoreCounts) {
    std::mt19937_64 random(5);
    for (const Level level : levels()) {
        const BulkHash hash(kKey, level);
        std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
        Bytes datagram = random_bytes(random, 8 + 77);
        const auto note = [&](const Bytes& d) {
            const Hash128 h = hash.message(payload_of(d));
            return seen.emplace(h.low, h.high).second;
        };
        EXPECT_TRUE(note(datagram));
        for (std::size_t bit = 0; bit < 77 * 8; ++bit) {
            datagram[8 + bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            EXPECT_TRUE(note(datagram)) << bit;
            datagram[8 + bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        }
        for (int i = 0; i < 40; ++i) {
            datagram.push_back(0);
            EXPECT_TRUE(note(datagram)) << i;
        }
    }
}

TEST(BulkHash, TextsDoNotRunTogether) {
    for (const Level level : levels()) {
        const BulkHash hash(kKey, level);
        const auto base = hash.fields({"ab", "cd", "ef"}, 1);
        EXPECT_EQ(base, hash.fields({"ab", "cd", "ef"}, 1));
        EXPECT_NE(base, hash.fields({"abc", "d", "ef"}, 1));
        EXPECT_NE(base, hash.fields({"ab", "cdef", ""}, 1));
        EXPECT_NE(base, hash.fields({"ab", "cd", "ef"}, 2));
        EXPECT_NE(base, hash.fields({"ab", "cd", "ef", ""}, 1));
        EXPECT_NE(base, hash.fields({std::string_view("ab\0", 3), "cd", "ef"}, 1));
        // texts longer than the key has words for
        const std::string longer(5000, 'x');
        EXPECT_EQ(hash.fields({longer, "b"}, 1), BulkHash(kKey, Level::portable).fields({longer, "b"}, 1));
        EXPECT_NE(hash.fields({longer, "b"}, 1), hash.fields({longer, "c"}, 1));
    }
}

/// Bits that choose a bucket: messages that differ where an attacker likes them to must not meet in one.
TEST(BulkHash, HighBitsOfTheMessageReachTheLowBitsOfTheDigest) {
    const BulkHash hash(kKey);
    Bytes datagram(8 + 64, 0);
    std::vector<int> buckets(256);
    for (int i = 0; i < 4096; ++i) {
        datagram[8 + 31] = static_cast<std::uint8_t>(i);
        datagram[8 + 30] = static_cast<std::uint8_t>(i >> 8);
        ++buckets[hash.message(payload_of(datagram)).low & 0xFF];
    }
    EXPECT_LT(*std::ranges::max_element(buckets), 50);  // 16 on average
    EXPECT_GT(*std::ranges::min_element(buckets), 0);
}

/// By OpenSSL.
Hash128 aes_of(const Hash128& key, const Hash128& block) {
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> ctx(EVP_CIPHER_CTX_new(),
                                                                        EVP_CIPHER_CTX_free);
    std::array<unsigned char, 16> in{}, k{}, out{};
    std::memcpy(in.data(), &block, 16);
    std::memcpy(k.data(), &key, 16);
    int size = 0;
    if (EVP_EncryptInit_ex(ctx.get(), EVP_aes_128_ecb(), nullptr, k.data(), nullptr) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx.get(), 0) != 1 ||
        EVP_EncryptUpdate(ctx.get(), out.data(), &size, in.data(), 16) != 1)
        ADD_FAILURE() << "openssl failed";
    Hash128 h;
    std::memcpy(&h, out.data(), 16);
    return h;
}

TEST(Aes128, IsThatOfOpenSsl) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 2000; ++i) {
        const Hash128 k = i == 0 ? Hash128{} : Hash128{random(), random()};
        const Hash128 b{random(), i % 3 == 0 ? 0 : random()};
        const Hash128 out = aes_of(k, b);
        EXPECT_EQ(Aes128(k, true).encrypt(b), out);
        EXPECT_EQ(Aes128(k, false).encrypt(b), out);
    }
}

/// From the definition: the NH sum of the lengths, the number and the texts, and AES of it.
TEST(TagHash, IsThatOfTheDefinitionAtEveryLevel) {
    std::mt19937_64 random(11);
    for (int n = 0; n < 300; ++n) {
        std::array<std::string, 4> texts;
        Bytes head, body;
        const auto add = [&head](std::uint64_t word) {
            for (unsigned b = 0; b < 8; ++b) head.push_back(static_cast<std::uint8_t>(word >> 8 * b));
        };
        for (std::string& text : texts) {
            const Bytes bytes = random_bytes(random, random() % (n < 150 ? 40 : 400));
            text.assign(bytes.begin(), bytes.end());
            add(text.size());
            body.insert(body.end(), bytes.begin(), bytes.end());
            body.resize((body.size() + 15) / 16 * 16);
        }
        const std::uint64_t number = random();
        add(number);
        add(0);
        const Hash128 a = expected(0, head), b = expected(64, body);
        SipHash h(kKey);
        h.word(256);  // behind those of the words
        const Hash128 tag = aes_of(h.finish(), {a.low ^ b.low, a.high ^ b.high});
        for (const Level level : levels())
            EXPECT_EQ(TagHash(kKey, level)({texts[0], texts[1], texts[2], texts[3]}, number), tag) << n;
    }
}

TEST(TagHash, EveryTextTheirBordersTheNumberAndTheKeyCount) {
    const std::string longer(5000, 'x');  // longer than the key has words for
    for (const Level level : levels()) {
        const TagHash hash(kKey, level);
        const auto base = hash({"ab", "cd", "ef", "gh"}, 1);
        EXPECT_EQ(base, hash({"ab", "cd", "ef", "gh"}, 1));
        EXPECT_NE(base, hash({"abc", "d", "ef", "gh"}, 1));
        EXPECT_NE(base, hash({"ab", "cd", "efgh", ""}, 1));
        EXPECT_NE(base, hash({"ab", "cd", "ef", "gi"}, 1));
        EXPECT_NE(base, hash({"ab", "cd", "ef", std::string_view("gh\0", 3)}, 1));
        EXPECT_NE(base, hash({"ab", "cd", "ef", "gh"}, 2));
        EXPECT_NE(base, TagHash({kKey[0], kKey[1] ^ 1}, level)({"ab", "cd", "ef", "gh"}, 1));
        EXPECT_EQ(hash({longer, "", "", "b"}, 1), TagHash(kKey, Level::portable)({longer, "", "", "b"}, 1));
        EXPECT_NE(hash({longer, "", "", "b"}, 1), hash({longer, "", "", "c"}, 1));
    }
}

}  // namespace
}  // namespace kmsgate::memory

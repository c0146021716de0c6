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

TEST(BulkHash, ACopiedPieceHasTheSameSumAndIsTheSame) {
    std::mt19937_64 random(6);
    for (const Level level : levels()) {
        const BulkHash hash(kKey, level);
        for (std::size_t size = 0; size < 300; ++size)
            for (const std::size_t offset : {std::size_t{0}, std::size_t{8}, std::size_t{1480}}) {
                const Bytes piece = random_bytes(random, size);
                Bytes to(size + 1, 0xEE);
                ASSERT_EQ(hash.copied_piece(offset, piece, to.data()), hash.piece(offset, piece));
                ASSERT_EQ(part(to, 0, size), piece) << size;
                ASSERT_EQ(to[size], 0xEE) << size;
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
            std::vector<BulkHash::Piece> pieces;
            for (std::size_t at = 0; at < datagram.size();) {
                const std::size_t size = std::min<std::size_t>((1 + random() % 20) * 8, datagram.size() - at);
                const Hash128 piece = hash.piece(at, part(datagram, at, size));
                pieces.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size), piece});
                at += size;
            }
            std::ranges::shuffle(pieces, random);
            ASSERT_EQ(hash.payload(pieces, datagram), hash.message(payload_of(datagram))) << datagram.size();
        }
    }
}

TEST(BulkHash, TheHeaderInFrontOfThePayloadDoesNotCount) {
    std::mt19937_64 random(4);
    const BulkHash hash(kKey);
    Bytes a = random_bytes(random, 100), b = a;
    for (std::size_t i = 0; i < 8; ++i) b[i] ^= 0x5A;
    const auto digest = [&hash](const Bytes& d) {
        const std::array<BulkHash::Piece, 1> all = {
            {{0, static_cast<std::uint32_t>(d.size()), hash.piece(0, d)}}};
        return hash.payload(all, d);
    };
    EXPECT_EQ(digest(a), digest(b));
    b[8] ^= 1;
    EXPECT_NE(digest(a), digest(b));
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

std::string random_text(std::mt19937_64& random, std::size_t size) {
    std::string out(size, ' ');
    for (char& c : out) c = static_cast<char>(random());
    return out;
}

TEST(BulkHash, BothKeysAreTheSameAtEveryLevelAndTellTextsApart) {
    std::mt19937_64 random(7);
    const BulkHash portable(kKey, Level::portable);
    for (int round = 0; round < 2000; ++round) {
        std::array<std::string, 4> t;
        for (auto& text : t) text = random_text(random, random() % (round % 50 == 0 ? 768 : 60));
        const std::array<std::string_view, 4> texts = {t[0], t[1], t[2], t[3]};
        const auto base = portable.both(texts, 7, 1);
        for (const Level level : levels()) {
            const auto same = BulkHash(kKey, level).both(texts, 7, 1);
            ASSERT_EQ(same.exact, base.exact) << static_cast<int>(level);
            ASSERT_EQ(same.folded, base.folded) << static_cast<int>(level);
        }
        EXPECT_NE(portable.both(texts, 8, 1).exact, base.exact);
        EXPECT_EQ(portable.both(texts, 8, 1).folded, base.folded);
        EXPECT_NE(portable.both(texts, 7, 2).folded, base.folded);
        const std::size_t which = random() % 4;
        if (t[which].empty()) continue;
        const std::size_t at = random() % t[which].size();
        const auto c = static_cast<unsigned char>(t[which][at]);
        t[which][at] = static_cast<char>(c ^ 0x20);
        const auto other = portable.both({t[0], t[1], t[2], t[3]}, 7, 1);
        EXPECT_NE(other.exact, base.exact);
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        EXPECT_EQ(other.folded == base.folded, which != 0 || letter) << static_cast<int>(c);
        if (round == 200) break;  // a key for each level is made in each round
    }
    EXPECT_NE(portable.both({"ab", "c", "", ""}, 0, 0).exact, portable.both({"a", "bc", "", ""}, 0, 0).exact);
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

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/aes.hpp"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kmsgate::memory {

namespace {

using Block = Aes128::Block;
static_assert(std::endian::native == std::endian::little);

constexpr std::uint8_t twice(std::uint8_t x) noexcept {
    return static_cast<std::uint8_t>(x << 1 ^ (x >> 7) * 0x1B);
}

/// FIPS 197 5.1.1: the inverse in GF(2^8), found by walking through the powers of 3 and of its inverse 0xF6,
/// and an affine map.
constexpr std::array<std::uint8_t, 256> kSbox = [] {
    std::array<std::uint8_t, 256> box{};
    std::uint8_t p = 1, q = 1;
    do {
        p = static_cast<std::uint8_t>(p ^ twice(p));
        q = static_cast<std::uint8_t>(q ^ q << 1);
        q = static_cast<std::uint8_t>(q ^ q << 2);
        q = static_cast<std::uint8_t>(q ^ q << 4);
        if ((q & 0x80) != 0) q ^= 0x09;
        box[p] = static_cast<std::uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^ std::rotl(q, 3) ^
                                           std::rotl(q, 4) ^ 0x63);
    } while (p != 1);
    box[0] = 0x63;
    return box;
}();

Block bytes_of(const Hash128& h) noexcept {
    Block b;  // NOLINT: written next
    std::memcpy(b.data(), &h.low, 8);
    std::memcpy(b.data() + 8, &h.high, 8);
    return b;
}

Hash128 words_of(const Block& b) noexcept {
    Hash128 h;
    std::memcpy(&h.low, b.data(), 8);
    std::memcpy(&h.high, b.data() + 8, 8);
    return h;
}

void add(Block& state, const Block& key) noexcept {
    for (std::size_t i = 0; i < state.size(); ++i) state[i] ^= key[i];
}

/// SubBytes and ShiftRows: row r stands at r, r + 4, ..
void substitute(Block& state) noexcept {
    const Block old = state;
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = kSbox[old[(i + i % 4 * 4) % 16]];
}

void mix_columns(Block& state) noexcept {
    for (std::size_t c = 0; c < state.size(); c += 4) {
        std::uint8_t* s = state.data() + c;
        const auto all = static_cast<std::uint8_t>(s[0] ^ s[1] ^ s[2] ^ s[3]);
        const std::uint8_t first = s[0];
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint8_t next = i == 3 ? first : s[i + 1];
            s[i] = static_cast<std::uint8_t>(s[i] ^ all ^ twice(static_cast<std::uint8_t>(s[i] ^ next)));
        }
    }
}

Hash128 encrypt_portable(const Aes128::Rounds& rounds, const Hash128& block) noexcept {
    Block state = bytes_of(block);
    add(state, rounds.keys.front());
    for (std::size_t i = 1; i + 1 < rounds.keys.size(); ++i) {
        substitute(state);
        mix_columns(state);
        add(state, rounds.keys[i]);
    }
    substitute(state);
    add(state, rounds.keys.back());
    return words_of(state);
}

#if defined(__x86_64__)
[[gnu::target("aes,sse4.1")]] Hash128 encrypt_aesni(const Aes128::Rounds& rounds,
                                                    const Hash128& block) noexcept {
    const auto* const key = reinterpret_cast<const __m128i*>(rounds.keys.data());
    __m128i state = _mm_set_epi64x(static_cast<long long>(block.high), static_cast<long long>(block.low));
    state = _mm_xor_si128(state, key[0]);
#pragma GCC unroll 9
    for (std::size_t i = 1; i < 10; ++i) state = _mm_aesenc_si128(state, key[i]);
    state = _mm_aesenclast_si128(state, key[10]);
    return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(state)),
            static_cast<std::uint64_t>(_mm_extract_epi64(state, 1))};
}
#endif

}  // namespace

Aes128::Aes128(const Hash128& key, [[maybe_unused]] bool instructions) noexcept
    : rounds_{}, encrypt_(&encrypt_portable) {
    rounds_.keys[0] = bytes_of(key);
    std::uint8_t constant = 1;
    for (std::size_t i = 1; i < rounds_.keys.size(); ++i) {
        const Block& before = rounds_.keys[i - 1];
        Block& now = rounds_.keys[i];
        for (std::size_t b = 0; b < 16; ++b) {
            const std::uint8_t left = b >= 4 ? now[b - 4] : kSbox[before[12 + (b + 1) % 4]];
            now[b] = static_cast<std::uint8_t>(before[b] ^ left ^ (b == 0 ? constant : 0));
        }
        constant = twice(constant);
    }
#if defined(__x86_64__)
    if (instructions && __builtin_cpu_supports("aes")) encrypt_ = &encrypt_aesni;
#endif
}

}  // namespace kmsgate::memory

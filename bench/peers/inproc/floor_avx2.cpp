// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/inproc/floor_avx2.hpp"

#include <immintrin.h>

#include <array>
#include <cstring>

namespace kmsgate::peers {

namespace {

constexpr std::size_t kIn = 32;   // characters in one register
constexpr std::size_t kOut = 24;  // bytes that they hold

/// 32 characters to 24 bytes at `out`, which has room for 32.
__attribute__((target("avx2"), always_inline)) inline void decode_block(const char* in,
                                                                        std::uint8_t* out) noexcept {
    // What to add to a character to get its value depends on its upper half alone, but for '/', which shares
    // its with
    // '+': it gets the entry before that.
    const __m256i shift = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16,
                                           19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6,
                                           5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi32(text, 4), _mm256_set1_epi8(0x0F));
    const __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    const __m256i value = _mm256_add_epi8(text, _mm256_shuffle_epi8(shift, _mm256_add_epi8(upper, slash)));
    const __m256i twelve = _mm256_maddubs_epi16(value, _mm256_set1_epi32(0x01400140));
    const __m256i whole = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
    const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(whole, order),
                                                       _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), packed);
}

std::size_t size_at(const std::uint8_t* p) noexcept {
    return std::size_t{p[0]} << 8 | p[1];
}

std::size_t map_size(const std::uint8_t* m) noexcept {
    constexpr std::uint8_t kSrtp = 0, kGeneric = 2;
    const std::size_t count = m[8];
    if (m[9] == kSrtp) return 9 * count;
    std::size_t at = 10;
    for (std::size_t i = 0; m[9] == kGeneric && i < count; ++i) {
        at += 3 + (m[at + 2] & 0x7FU);
        at += 2 + size_at(m + at);
        at += 1 + m[at];
    }
    return at - 10;
}

Names walk(const std::uint8_t* m) noexcept {
    constexpr unsigned kLast = 0, kSign = 4, kTime = 5, kRand = 11, kIdr = 14, kGeneral = 21, kSakke = 26;
    Names out;
    const std::uint8_t* p = m + 10 + map_size(m);
    for (unsigned type = m[2]; type != kLast && type != kSign;) {
        std::size_t size = 0;
        switch (type) {
            case kTime:
                size = 10;
                break;
            case kRand:
                size = 2U + p[1];
                break;
            case kSakke:
                size = 5 + size_at(p + 3);
                break;
            case kGeneral:
                size = 4 + size_at(p + 2);
                break;
            case kIdr: {
                const std::string_view name(reinterpret_cast<const char*>(p + 5), size_at(p + 3));
                if (p[1] == 6) out.initiator = name;
                if (p[1] == 7) out.receiver = name;
                size = 5 + name.size();
                break;
            }
            default:  // SP: policy number, protocol, length of the parameters
                size = 5 + size_at(p + 3);
        }
        type = p[0];
        p += size;
    }
    return out;
}

}  // namespace

__attribute__((target("avx2"))) std::size_t decode_believed(std::string_view text,
                                                            std::uint8_t* out) noexcept {
    while (text.ends_with('=')) text.remove_suffix(1);
    const char* from = text.begin();
    std::size_t left = text.size();
    for (; left >= kIn; from += kIn, left -= kIn, out += kOut) decode_block(from, out);
    std::array<char, kIn> rest{};
    std::memcpy(rest.data(), from, left);
    decode_block(rest.data(), out);
    return text.size() * 3 / 4;
}

Names believed_names(std::string_view base64, std::span<std::uint8_t> scratch) noexcept {
    static_cast<void>(decode_believed(base64, scratch.data()));
    return walk(scratch.data());
}

Names floor_names(std::string_view message, std::span<std::uint8_t> scratch) noexcept {
    constexpr std::string_view kName = "key-mgmt:mikey ";
    const auto* found =
        static_cast<const char*>(memmem(message.data(), message.size(), kName.data(), kName.size()));
    const char* text = found + kName.size();
    const auto* end = static_cast<const char*>(
        std::memchr(text, '\r', static_cast<std::size_t>(message.data() + message.size() - text)));
    return believed_names({text, static_cast<std::size_t>(end - text)}, scratch);
}

}  // namespace kmsgate::peers

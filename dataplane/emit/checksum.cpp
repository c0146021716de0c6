// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/checksum.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kmsgate::emit {

namespace {

constexpr std::size_t kBlock = 64;

/// The sum of the 16-bit words of `blocks` blocks as the machine has them, or of numbers that are the same
/// modulo 65535. A one's complement sum may be taken in any byte order, and swapped at its end (RFC 1071 2).
std::uint64_t sum_portable(const std::uint8_t* at, std::size_t blocks) noexcept {
    std::uint64_t sum = 0;
    for (const std::uint8_t* const end = at + blocks * kBlock; at != end; at += 8) {
        std::uint64_t w = 0;
        std::memcpy(&w, at, 8);
        sum += (w & 0xFFFFFFFF) + (w >> 32);
    }
    return sum;
}

#if defined(__x86_64__)
/// Words as signed numbers, each less by 32768, in pairs: three instructions for 32 bytes (tuned for older
/// CPUs every load would be two).
[[gnu::target("avx2,tune=haswell")]] std::uint64_t sum_avx2(const std::uint8_t* at,
                                                            std::size_t blocks) noexcept {
    const __m256i bias = _mm256_set1_epi16(-0x8000), ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
    for (const std::uint8_t* const end = at + blocks * kBlock; at != end; at += kBlock) {
        const __m256i x = _mm256_xor_si256(bias, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
        const __m256i y =
            _mm256_xor_si256(bias, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32)));
        a = _mm256_add_epi32(a, _mm256_madd_epi16(x, ones));  // 64 KiB stay below 2^31
        b = _mm256_add_epi32(b, _mm256_madd_epi16(y, ones));
    }
    a = _mm256_add_epi32(a, b);
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
    const std::int64_t less = _mm_cvtsi128_si32(four);
    return static_cast<std::uint64_t>(less + static_cast<std::int64_t>(blocks * (kBlock / 2) * 0x8000));
}
const bool has_avx2 = __builtin_cpu_supports("avx2");
#endif

std::uint64_t sum_of(const std::uint8_t* at, std::size_t blocks) noexcept {
#if defined(__x86_64__)
    if (has_avx2) return sum_avx2(at, blocks);
#endif
    return sum_portable(at, blocks);
}

/// From the machine's byte order to that of the network.
std::uint32_t folded(std::uint64_t wide) noexcept {
    wide = (wide & 0xFFFFFFFF) + (wide >> 32);                      // below 2^33
    wide = (wide & 0xFFFF) + (wide >> 16 & 0xFFFF) + (wide >> 32);  // below 2^18
    wide = (wide & 0xFFFF) + (wide >> 16);
    wide = (wide & 0xFFFF) + (wide >> 16);
    if constexpr (std::endian::native == std::endian::little) wide = (wide & 0xFF) << 8 | wide >> 8;
    return static_cast<std::uint32_t>(wide);
}

/// Of an address, in the machine's byte order.
std::uint64_t words_of(const policy::table::Address& address, bool v6) noexcept {
    std::array<std::uint32_t, 4> w{};
    std::memcpy(w.data(), address.data(), address.size());
    return v6 ? std::uint64_t{w[0]} + w[1] + w[2] + w[3] : w[3];
}

}  // namespace

std::uint32_t checksum_add(std::uint32_t sum, std::span<const std::uint8_t> bytes) noexcept {
    const std::size_t blocks = bytes.size() / kBlock, rest = bytes.size() % kBlock;
    std::uint64_t wide = blocks != 0 ? sum_of(bytes.data(), blocks) : 0;
    if (rest != 0) {
        alignas(32) std::array<std::uint8_t, kBlock> last{};
        std::memcpy(last.data(), bytes.data() + blocks * kBlock, rest);
        wide += sum_portable(last.data(), 1);
    }
    const std::uint64_t all = std::uint64_t{sum} + folded(wide);
    return static_cast<std::uint32_t>((all & 0xFFFFFFFF) + (all >> 32));
}

std::uint16_t checksum_fold(std::uint32_t sum) noexcept {
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t ipv4_checksum(const std::uint8_t* ip) noexcept {
    std::uint64_t a = 0, b = 0;
    std::uint32_t c = 0;
    std::memcpy(&a, ip, 8);
    std::memcpy(&b, ip + 8, 8);
    std::memcpy(&c, ip + 16, 4);
    return static_cast<std::uint16_t>(
        ~folded((a & 0xFFFFFFFF) + (a >> 32) + (b & 0xFFFFFFFF) + (b >> 32) + c));
}

std::uint16_t udp_checksum(const policy::table::Address& source, const policy::table::Address& destination,
                           bool v6, std::span<const std::uint8_t> udp_header,
                           std::string_view payload) noexcept {
    std::uint32_t sum = folded(words_of(source, v6) + words_of(destination, v6)) + 17 +
                        static_cast<std::uint32_t>(udp_header.size() + payload.size());
    for (std::size_t i = 0; i + 2 <= udp_header.size(); i += 2)
        sum += static_cast<std::uint32_t>(udp_header[i] << 8 | udp_header[i + 1]);
    sum = checksum_add(sum, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    const std::uint16_t c = checksum_fold(sum);
    return c == 0 ? 0xFFFF : c;
}

std::uint16_t udp_checksum_in_place(const policy::table::Address& source,
                                    const policy::table::Address& destination, bool v6, std::uint8_t* udp,
                                    std::size_t size) noexcept {
    std::memset(udp + size, 0, kChecksumPadding);
    std::uint64_t wide = sum_of(udp, (size + kBlock - 1) / kBlock);
    wide += words_of(source, v6) + words_of(destination, v6);
    const std::uint16_t c = checksum_fold(folded(wide) + 17 + static_cast<std::uint32_t>(size));
    return c == 0 ? 0xFFFF : c;
}

}  // namespace kmsgate::emit

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

/// The sum of 32-bit words as the machine has them; what is left over stands in `rest`. A one's complement
/// sum may be taken in any byte order, and swapped at its end (RFC 1071 2).
std::uint64_t words(std::span<const std::uint8_t> bytes, std::size_t& rest) noexcept {
    std::uint64_t sum = 0;
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        std::uint64_t w = 0;
        std::memcpy(&w, bytes.data() + i, 8);
        sum += (w & 0xFFFFFFFF) + (w >> 32);
    }
    rest = i;
    return sum;
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::uint64_t words_avx2(std::span<const std::uint8_t> bytes,
                                                 std::size_t& rest) noexcept {
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size() / 64 * 64;
    const __m256i low = _mm256_set1_epi64x(0xFFFFFFFF);
    __m256i a = _mm256_setzero_si256(), b = a;
    for (; at != end; at += 64) {
        const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
        const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32));
        a = _mm256_add_epi64(a, _mm256_add_epi64(_mm256_and_si256(x, low), _mm256_srli_epi64(x, 32)));
        b = _mm256_add_epi64(b, _mm256_add_epi64(_mm256_and_si256(y, low), _mm256_srli_epi64(y, 32)));
    }
    alignas(32) std::array<std::uint64_t, 4> lanes{};
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes.data()), _mm256_add_epi64(a, b));
    const auto done = static_cast<std::size_t>(end - bytes.data());
    const std::uint64_t sum = words(bytes.subspan(done), rest);
    rest += done;
    return sum + lanes[0] + lanes[1] + lanes[2] + lanes[3];
}
const bool has_avx2 = __builtin_cpu_supports("avx2");
#endif

}  // namespace

std::uint32_t checksum_add(std::uint32_t sum, std::span<const std::uint8_t> bytes) noexcept {
    std::size_t rest = 0;
#if defined(__x86_64__)
    std::uint64_t wide = bytes.size() >= 64 && has_avx2 ? words_avx2(bytes, rest) : words(bytes, rest);
#else
    std::uint64_t wide = words(bytes, rest);
#endif
    std::uint64_t last = 0;
    if (rest < bytes.size()) std::memcpy(&last, bytes.data() + rest, bytes.size() - rest);
    wide += (last & 0xFFFFFFFF) + (last >> 32);
    while (wide >> 16 != 0) wide = (wide & 0xFFFF) + (wide >> 16);
    if constexpr (std::endian::native == std::endian::little) wide = (wide & 0xFF) << 8 | wide >> 8;
    std::uint64_t all = std::uint64_t{sum} + wide;
    while (all >> 32 != 0) all = (all & 0xFFFFFFFF) + (all >> 32);
    return static_cast<std::uint32_t>(all);
}

std::uint16_t checksum_fold(std::uint32_t sum) noexcept {
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t udp_checksum(const policy::table::Address& source, const policy::table::Address& destination,
                           bool v6, std::span<const std::uint8_t> udp_header,
                           std::string_view payload) noexcept {
    const std::size_t skip = v6 ? 0 : 12;
    std::uint32_t sum = checksum_add(0, std::span(source).subspan(skip));
    sum = checksum_add(sum, std::span(destination).subspan(skip));
    sum += 17;
    sum += static_cast<std::uint32_t>(udp_header.size() + payload.size());
    sum = checksum_add(sum, udp_header);
    sum = checksum_add(sum, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    const std::uint16_t c = checksum_fold(sum);
    return c == 0 ? 0xFFFF : c;
}

}  // namespace kmsgate::emit

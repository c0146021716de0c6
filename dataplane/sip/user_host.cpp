// SPDX-License-Identifier: BSD-3-Clause
// Is a URI plainly in normal form, and where does its host start? Asked of every identity.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "dataplane/simd/level.hpp"
#include "dataplane/simd/set.hpp"
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"
#if defined(__x86_64__)
#include "dataplane/simd/avx2.hpp"
#endif

namespace kmsgate::sip {
namespace {

constexpr std::size_t kScheme = 4;

/// Where in a text of 1 to 64 bytes those bytes stand that a plain URI is told by.
struct Marks {
    static constexpr std::size_t kMost = 64;

    std::uint64_t at = 0;       ///< '@'
    std::uint64_t capital = 0;  ///< A-Z
    std::uint64_t other =
        0;  ///< no byte of a URI, or one that starts an escape, a parameter, a header or a port

    explicit Marks(std::string_view text) noexcept {
#ifdef __SSE2__
        const auto load = [](const char* from) {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        };
        const std::size_t size = text.size();
        if (size < 16) {
            std::array<char, 16> padded;
            padded.fill('0');
            std::copy(text.begin(), text.end(), padded.begin());
            add(load(padded.data()), 0);
            return;
        }
        for (std::size_t from = 0; from + 16 < size; from += 16) add(load(text.data() + from), from);
        add(load(text.data() + size - 16), size - 16);
#else
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            const std::uint64_t bit = std::uint64_t{1} << i;
            if (c == '@') at |= bit;
            if (c >= 'A' && c <= 'Z') capital |= bit;
            if (c <= 0x20 || c >= 0x7F || c == '%' || c == ';' || c == '?' || c == ':') other |= bit;
        }
#endif
    }

#ifdef __SSE2__
  private:
    void add(__m128i bytes, std::size_t from) noexcept {
        const auto is = [](__m128i some, char c) { return _mm_cmpeq_epi8(some, _mm_set1_epi8(c)); };
        const auto bits = [from](__m128i mask) {
            return std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(mask))} << from;
        };
        // Compared as signed numbers, one higher: 0x7F and what lies above it is then less than any other.
        const __m128i no_uri = _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(0x22));
        const __m128i colons = is(_mm_or_si128(bytes, _mm_set1_epi8(1)), ';');  // ':' is one less
        const __m128i marks = _mm_or_si128(is(bytes, '?'), is(bytes, '%'));
        other |= bits(_mm_or_si128(_mm_or_si128(no_uri, colons), marks));
        at |= bits(is(bytes, '@'));
        // A-Z are moved to the top of the signed numbers.
        capital |=
            bits(_mm_cmpgt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(0x7F - 'Z')), _mm_set1_epi8(0x7F - 26)));
    }
#endif
};

/// Where the host starts of a URI whose text behind the scheme that is, 0 when it is not plain.
[[nodiscard, gnu::always_inline]] inline std::size_t host_of(std::uint64_t at, std::uint64_t capital,
                                                             const char* text, std::size_t size) noexcept {
    if (at == 0 || (at & (at - 1)) != 0) return 0;
    const auto place = static_cast<unsigned>(std::countr_zero(at));
    if (capital >> place != 0 || text[size - 1] == '.' || place + 1 == size) return 0;
    return kScheme + place + 1;
}

[[nodiscard, gnu::noinline]] std::size_t find(const char* text, std::size_t size) noexcept {
    const Marks marks({text, size});
    return marks.other == 0 ? host_of(marks.at, marks.capital, text, size) : 0;
}

#if defined(__x86_64__)
constinit const simd::CharSet kPlain = simd::printable_but(" :;?%");

#define KMSGATE_AVX2 [[nodiscard, gnu::target("avx2,bmi,bmi2,lzcnt,popcnt")]]

KMSGATE_AVX2 inline std::uint32_t capitals(__m256i v) noexcept {
    const __m256i moved =
        _mm256_add_epi8(v, simd::avx2::all(0x7F - 'Z'));  // to the top of the signed numbers
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpgt_epi8(moved, simd::avx2::all(0x7F - 26))));
}

/// The same of 16 to 64 bytes, in vectors that begin and end with them.
KMSGATE_AVX2 std::size_t find_avx2(const char* text, std::size_t size) noexcept {
    namespace bytes = simd::avx2;
    if (size <= 32) {
        const __m256i v = _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(text + size - 16),
                                              reinterpret_cast<const __m128i*>(text));
        if (bytes::outside_of(v, kPlain) != 0) return 0;
        const auto spread = [size](std::uint32_t bits) {
            return (bits & 0xFFFFU) | std::uint64_t{bits >> 16} << (size - 16);
        };
        return host_of(spread(bytes::any_of<'@'>(v)), spread(capitals(v)), text, size);
    }
    const __m256i low = bytes::load32(text);
    const __m256i high = bytes::load32(text + size - 32);
    if ((bytes::outside_of(low, kPlain) | bytes::outside_of(high, kPlain)) != 0) return 0;
    const auto joined = [size](std::uint32_t first, std::uint32_t last) {
        return first | std::uint64_t{last} << (size - 32);
    };
    return host_of(joined(bytes::any_of<'@'>(low), bytes::any_of<'@'>(high)),
                   joined(capitals(low), capitals(high)), text, size);
}
#undef KMSGATE_AVX2
#endif

}  // namespace

std::size_t plain_user_host(std::string_view uri) noexcept {
    constexpr char scheme[kScheme] = {'s', 'i', 'p', ':'};
    if (uri.size() < kScheme + 3 || uri.size() > kScheme + Marks::kMost ||
        std::memcmp(uri.data(), scheme, kScheme) != 0)
        return 0;
    const char* const text = uri.data() + kScheme;
    const std::size_t size = uri.size() - kScheme;
#if defined(__x86_64__)
    if (size >= 16 && simd::level() != simd::Level::portable) [[likely]]
        return find_avx2(text, size);
#endif
    return find(text, size);
}

}  // namespace kmsgate::sip

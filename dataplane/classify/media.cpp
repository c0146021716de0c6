// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/classify/media.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace kmsgate::classify::portable {

namespace {

inline const std::uint8_t* line_end(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    while (at != end && *at != '\r' && *at != '\n') ++at;
    return at;
}

/// The end of the last byte before `end` that is no blank or control; there is one.
inline const std::uint8_t* text_end(const std::uint8_t* end) noexcept {
    while (end[-1] <= 0x20) --end;
    return end;
}

}  // namespace

}  // namespace kmsgate::classify::portable

#define KMSGATE_LEVEL portable
#include "dataplane/classify/media_rules.hpp"
#undef KMSGATE_LEVEL

namespace kmsgate::classify {

namespace {

bool has_avx2() noexcept {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
#else
    return false;
#endif
}

}  // namespace

const IsMedia is_media =
#if defined(__x86_64__)
    has_avx2() ? &avx2::is_media :
#endif
               &portable::is_media;

}  // namespace kmsgate::classify

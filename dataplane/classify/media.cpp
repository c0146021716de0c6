// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/classify/media.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace kmsgate::classify::portable {

namespace {

inline bool has_port(const Ports& ports, std::uint32_t both) noexcept {
    return ports.may_have(static_cast<std::uint16_t>(both), static_cast<std::uint16_t>(both >> 16));
}

inline bool no_version(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    for (; at != end && *at != '\r' && *at != '\n'; ++at)
        if (*at == '0' && at[-1] == '.') return false;
    return true;
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

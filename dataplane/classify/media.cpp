// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/classify/media.hpp"

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

namespace kmsgate::classify::portable {

namespace {

using Pairs = const Ports::Pairs&;
inline Pairs pairs_of(const Ports& ports) noexcept {
    return ports.pairs();
}
inline bool has_port(Pairs pairs, std::uint32_t both) noexcept {
    return std::ranges::any_of(pairs, [both](std::uint32_t pair) {
        const std::uint32_t differ = pair ^ both;
        return (differ & 0xFFFF) == 0 || differ >> 16 == 0;
    });
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

std::uint64_t kmsgate::classify::portable::media_of(std::span<rte_mbuf* const> frames, const Ports& udp,
                                                    const Ports& tcp, const Watched& watched) noexcept {
    return media_among(frames, udp, tcp, watched);
}

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

const MediaOf media_of =
#if defined(__x86_64__)
    has_avx2() ? &avx2::media_of :
#endif
               &portable::media_of;

}  // namespace kmsgate::classify

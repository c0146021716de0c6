// SPDX-License-Identifier: BSD-3-Clause
// media_of() asked about frames that are plain bytes.
#pragma once

#include <rte_mbuf.h>

#include <vector>

#include "dataplane/classify/media.hpp"
#include "tests/unit/dataplane/frames.hpp"

namespace kmsgate::test {

/// A buffer that holds exactly one frame: a sanitizer sees every byte read beyond it.
inline rte_mbuf buffer_of(Bytes& frame) {
    frame.shrink_to_fit();
    rte_mbuf m{};
    m.buf_addr = frame.data();
    m.data_len = static_cast<std::uint16_t>(frame.size());
    m.pkt_len = static_cast<std::uint32_t>(frame.size());
    m.nb_segs = 1;
    return m;
}

inline bool is_media(classify::MediaOf of, Bytes frame, const classify::Ports& udp,
                     const classify::Ports& tcp, const classify::Watched& watched) {
    rte_mbuf m = buffer_of(frame);
    rte_mbuf* const only = &m;
    return of(std::span(&only, 1), udp, tcp, watched) == 1;
}

inline std::vector<classify::MediaOf> media_levels() {
    std::vector<classify::MediaOf> out = {&classify::portable::media_of};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        out.push_back(&classify::avx2::media_of);
#endif
    return out;
}

}  // namespace kmsgate::test

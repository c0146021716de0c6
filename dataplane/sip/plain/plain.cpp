// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/plain/plain.hpp"

#include "dataplane/simd/level.hpp"
#include "dataplane/sip/plain/levels.hpp"

namespace kmsgate::sip {

bool read_plain(std::string_view datagram, Arena& arena, Message& message, Contents& contents) noexcept {
    if (datagram.size() < plain::kLeastMessage) return false;
#if defined(__x86_64__)
    switch (simd::level()) {
        case simd::Level::avx512:
            return plain::avx512::read(datagram, arena, message, contents);
        case simd::Level::avx2:
            return plain::avx2::read(datagram, arena, message, contents);
        case simd::Level::portable:
            break;
    }
#endif
    return plain::portable::read(datagram, arena, message, contents);
}

}  // namespace kmsgate::sip

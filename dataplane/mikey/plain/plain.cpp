// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/plain/plain.hpp"

#include "dataplane/mikey/plain/levels.hpp"
#include "dataplane/simd/level.hpp"

namespace kmsgate::mikey {

bool read_plain(std::string_view text, std::span<std::uint8_t> scratch, Message& out) noexcept {
    const std::size_t size = text.size();
    if (size % 4 != 0 || size < plain::kLeastCharacters + 4 || scratch.size() < plain_bytes(size))
        return false;
#if defined(__x86_64__)
    switch (simd::level()) {
        case simd::Level::avx512:
            return plain::avx512::read(text, scratch, out);
        case simd::Level::avx2:
            return plain::avx2::read(text, scratch, out);
        case simd::Level::portable:
            break;
    }
#endif
    return plain::portable::read(text, scratch, out);
}

}  // namespace kmsgate::mikey

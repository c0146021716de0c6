// SPDX-License-Identifier: BSD-3-Clause
// The plain reader once for each level. Inside this folder only.
#pragma once

#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip::plain {

/// Fewer bytes are no plain message: the readers load 64 at a time.
inline constexpr std::size_t kLeastMessage = 128;

namespace portable {
[[nodiscard]] bool read(std::string_view datagram, Arena& arena, Message& message,
                        Contents& contents) noexcept;
}
namespace avx2 {
[[nodiscard]] bool read(std::string_view datagram, Arena& arena, Message& message,
                        Contents& contents) noexcept;
}
namespace avx512 {
[[nodiscard]] bool read(std::string_view datagram, Arena& arena, Message& message,
                        Contents& contents) noexcept;
}

}  // namespace kmsgate::sip::plain

// SPDX-License-Identifier: BSD-3-Clause
// The fast reader of I_MESSAGEs: it knows well-formed ones, and leaves all others to read_base64().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/message.hpp"

namespace kmsgate::mikey {

/// Bytes beyond the decoded ones that read_plain() may overwrite.
inline constexpr std::size_t kDecodeSlack = 64;

/// Storage in which read_plain() has room for this many characters.
[[nodiscard]] constexpr std::size_t plain_bytes(std::size_t characters) noexcept {
    return base64_bytes(characters) + kDecodeSlack;
}

/// Decodes the whole text and walks it to its end. True: it keeps every rule of rule.def, and `out` is what
/// read_base64() gives, whatever the policy relaxes. False: a rule is broken, the data is longer than
/// kMaxMessage or the storage smaller than plain_bytes(); which rule it is read_base64() says, and `out`
/// means nothing.
[[nodiscard]] bool read_plain(std::string_view text, std::span<std::uint8_t> scratch, Message& out) noexcept;

}  // namespace kmsgate::mikey

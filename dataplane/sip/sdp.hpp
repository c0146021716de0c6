// SPDX-License-Identifier: BSD-3-Clause
// The key-mgmt lines of a session description (RFC 4567, RFC 8866) as the most lenient reader finds them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "dataplane/sip/body.hpp"

namespace kmsgate::sip {

/// One `a=key-mgmt:mikey` line: session or media level (behind the first m= line), or inside a capability
/// attribute (RFC 5939 acap, RFC 6871 mscap, RFC 3407 cpar).
struct KeyMgmt {
    Where where = Where::sdp_session;
    std::string_view
        data;  ///< all behind the one SP in the plain spelling, else with the blanks around it cut
};

/// Finds the lines one after the other. Attribute name and id count in any letter case, with blanks anywhere
/// around them; lines end with CRLF, LF or CR; other control characters start a line too (NUL ends a C
/// string). One pass over the text in all.
class KeyMgmtLines {
  public:
    explicit KeyMgmtLines(std::string_view sdp) noexcept : sdp_(sdp) {}
    /// The next line whose protocol id is mikey; nullopt when there is none left.
    [[nodiscard]] std::optional<KeyMgmt> next() noexcept;

  private:
    [[nodiscard]] std::size_t media_start() noexcept;
    [[nodiscard]] std::optional<KeyMgmt> read(std::size_t name) noexcept;
    /// Where the line starts for readers that take VT, FF and NUL for blanks.
    [[nodiscard]] std::size_t odd_start(std::size_t name, std::size_t start) const noexcept;

    std::string_view sdp_;
    std::size_t at_ = 0;
    std::optional<std::size_t> media_;  // position of the first m= line, npos when there is none
};

/// Is the first line, blanks and a byte order mark aside, `v=0`?
[[nodiscard]] bool begins_like_sdp(std::string_view text) noexcept;

}  // namespace kmsgate::sip

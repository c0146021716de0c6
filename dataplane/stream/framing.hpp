// SPDX-License-Identifier: BSD-3-Clause
// Where a SIP message ends in a stream (RFC 3261 7.5, 18.3). Whatever two readers could frame differently has
// no end here: then the stream is broken, and nothing behind that place can be trusted.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::stream {

/// Bytes of a message at most, head and body together: what one datagram could carry.
inline constexpr std::uint32_t kMaxMessage = 65'535;

/// Why a stream cannot be framed any further.
enum class Broken : std::uint8_t {
#define X(name, text, meaning) name,
#include "dataplane/stream/broken.def"
#undef X
    count_
};
[[nodiscard]] std::string_view to_string(Broken why) noexcept;

/// Looks for the end of a head, however it is cut into segments. Sees each byte once; small enough to stand
/// in a flow.
class HeadScan {
  public:
    /// Takes the next bytes of the head; how many of them end it, or nullopt when it goes on. An empty line
    /// of any kind ends it (CRLF, LF or a mixture): what a lenient reader takes for the end must not be
    /// missed.
    [[nodiscard]] std::optional<std::size_t> feed(std::string_view bytes) noexcept;

  private:
    enum class At : std::uint8_t { line, line_start, carriage_return };
    At at_ = At::line;
};

/// Line ends between messages: keep-alives (RFC 5626 3.5.1) and what stands before a start line. How many of
/// the bytes are.
[[nodiscard]] std::size_t blank(std::string_view bytes) noexcept;

/// Bytes of the body that follow `head` (start line to empty line, as HeadScan found it). Broken when the
/// first line is no SIP, the head ends elsewhere for a reader of CRLF alone, Content-Length is missing, no
/// plain number, folded, given twice with two values, or read differently by lenient and strict readers of
/// lines.
[[nodiscard]] std::expected<std::uint32_t, Broken> body_size(std::string_view head,
                                                             sip::Arena& arena) noexcept;

/// The same of a head that starts like SIP, by the parser alone: what body_size() asks where the head has not
/// the plain form.
[[nodiscard]] std::expected<std::uint32_t, Broken> full_body_size(std::string_view head,
                                                                  sip::Arena& arena) noexcept;

/// Is this the start of TLS: a record of handshake, alert, change or data of any version (RFC 8446 5.1)?
[[nodiscard]] bool looks_like_tls(std::string_view start) noexcept;

}  // namespace kmsgate::stream

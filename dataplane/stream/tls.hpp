// SPDX-License-Identifier: BSD-3-Clause
// TLS as a gate without keys sees it: records one behind the other (RFC 8446 5.1), begun by a ClientHello.
// Nothing of it can be judged, so all that is asked is whether it is what it says.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "dataplane/sip/message.hpp"
#include "dataplane/stream/framing.hpp"

namespace kmsgate::stream {

/// Bytes in front of a record's content.
inline constexpr std::uint32_t kRecordHeader = 5;
/// Bytes of a record's content at most: 2^14, and what protection may add (RFC 5246 6.2.3).
inline constexpr std::uint32_t kMaxRecord = (std::uint32_t{1} << 14) + 2048;
/// The type of records that a ClientHello comes in.
inline constexpr std::uint8_t kHandshake = 22;
/// Bytes of a ClientHello at most, its handshake header included; with key shares of every group it has half.
inline constexpr std::uint32_t kMaxHello = std::uint32_t{1} << 15;
/// First bytes of a stream that show whether a ClientHello begins it: up to the length of its session id.
inline constexpr std::uint32_t kOpening = 44;
/// The same of what answers one.
inline constexpr std::uint32_t kAnswer = kRecordHeader + 1;

struct Record {
    std::uint8_t type = 0;
    std::uint32_t size = 0;  ///< bytes of its content; 0: the header is not whole yet
};

/// The header that these bytes begin with. Broken where no version of TLS has such a one.
[[nodiscard]] std::expected<Record, Broken> read_record(std::string_view bytes) noexcept;

/// Do these first bytes of a stream (kOpening of them are enough) begin a ClientHello in a record?
[[nodiscard]] sip::LooksLike opens_tls(std::string_view start) noexcept;

/// Do these first bytes of the other side (kAnswer of them are enough) begin a ServerHello, or an alert?
[[nodiscard]] sip::LooksLike answers_tls(std::string_view start) noexcept;

/// Bytes of the ClientHello that `start` begins, as opens_tls() knows it, with its handshake header.
[[nodiscard]] std::uint32_t hello_size(std::string_view start) noexcept;

/// The content of whole handshake records, put together: in place when it is one record, else in `room`,
/// which has as many bytes as they, and may be where they stand.
[[nodiscard]] std::string_view content_of(std::string_view records, std::span<char> room) noexcept;

/// Is this whole handshake message a ClientHello, all its lengths nested without a byte left (RFC
/// 8446 4.1.2)?
[[nodiscard]] bool is_client_hello(std::string_view message) noexcept;

/// Does a SIP version stand in it, without which no reader finds a start line?
[[nodiscard]] bool names_sip(std::string_view bytes) noexcept;

}  // namespace kmsgate::stream

// SPDX-License-Identifier: BSD-3-Clause
// Payload types and how many bytes each takes. Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "dataplane/mikey/input.hpp"
#include "dataplane/mikey/rule.hpp"

namespace kmsgate::mikey {

/// Values of the next-payload byte (RFC 3830 6.1, RFC 6043 6.1, RFC 6509 4.1). Key data (20) is no payload of
/// the outer chain (RFC 3830 6.13) and stands here only to say so; of the IBAKE types (22 to 25) no length is
/// known.
enum class Payload : std::uint8_t {
    last = 0,
    kemac = 1,
    pke = 2,
    dh = 3,
    sign = 4,
    t = 5,
    id = 6,
    cert = 7,
    chash = 8,
    v = 9,
    sp = 10,
    rand = 11,
    err = 12,
    tr = 13,
    idr = 14,
    randr = 15,
    tp = 16,
    ticket = 17,
    key_data = 20,
    genext = 21,
    sakke = 26,
};

/// Is it one of the payloads of the closed list?
[[nodiscard]] bool listed(Payload type) noexcept;

/// Bytes of the payload that starts at `at`, its next-payload byte included; all of them can then be read.
/// payload_length: it does not end inside the data. t_type: a T of unknown type. payload_type: the length is
/// unknown, because of the type or of an algorithm named in it.
[[nodiscard]] std::expected<std::size_t, Rule> payload_bytes(Input& in, std::size_t at,
                                                             Payload type) noexcept;

/// Bytes of the CS ID map that starts at `at` (RFC 3830 6.1.1, RFC 4563 5, RFC 6043 6.1.1); all can then be
/// read. cs_id_map_type: the length is unknown. cs_id_map_length: it does not end inside the data.
[[nodiscard]] std::expected<std::size_t, Rule> map_bytes(Input& in, std::size_t at, std::uint8_t type,
                                                         std::uint8_t blocks) noexcept;

}  // namespace kmsgate::mikey

// SPDX-License-Identifier: BSD-3-Clause
// Reads one MIKEY-SAKKE I_MESSAGE to its last byte: values, or the name of the first rule it breaks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/mikey/rule.hpp"

namespace kmsgate::mikey {

using Bytes = std::span<const std::uint8_t>;

/// IDR roles (RFC 6043 table 6.11, RFC 6509 table 7, TS 33.180 E.7).
enum class Role : std::uint8_t {
    idri = 1,
    idrr = 2,
    idrkms = 3,
    idrpsk = 4,
    idrapp = 5,
    idrkmsi = 6,
    idrkmsr = 7,
    idruidi = 8,
    idruidr = 9,
};
inline constexpr std::size_t kRoles = 10;

/// Shortest data that the closed list accepts: HDR 10, T 6, RAND 18, SAKKE 5, SIGN 2.
inline constexpr std::size_t kMinMessage = 41;
/// Longest data that is read (bytes); of longer data the header is looked at, then it is payload_length. Real
/// messages are 650-710 bytes, with certificates more.
inline constexpr std::size_t kMaxMessage = 16384;

/// An I_MESSAGE that keeps every rule, or `fault`. Views point into the bytes read.
struct Message {
    std::optional<Rule>
        fault;        ///< the first rule broken, in the order the walk meets it; values are then incomplete
    RuleSet relaxed;  ///< rules broken and tolerated because the caller relaxed them, up to the fault
    std::uint8_t data_type = 0;  ///< 0 also when the header could not be read; stands with a later fault too
    bool header_read = false;    ///< data_type and csb_id are those of the message
    std::uint32_t csb_id = 0;
    std::array<Bytes, kRoles> idr{};  ///< data by role; see `present`
    std::array<std::uint8_t, kRoles> idr_type{};
    std::uint16_t present = 0;  ///< bit r: role r stands in the message

    /// The message names that role (with idr-repeated relaxed: and does not contradict itself).
    [[nodiscard]] bool has(Role r) const noexcept { return (present >> static_cast<unsigned>(r) & 1U) != 0; }
    /// The data of that role as text; empty when absent. Any bytes may stand in it: roles 8 and 9 are binary
    /// hashes.
    [[nodiscard]] std::string_view text(Role r) const noexcept {
        const Bytes b = idr[static_cast<std::size_t>(r)];
        return {reinterpret_cast<const char*>(b.data()), b.size()};
    }
};

/// Walks binary data (application/mikey under no or binary transfer encoding). Relaxing a rule that is not
/// relaxable changes nothing.
[[nodiscard]] Message read(Bytes data, RuleSet relax = {}) noexcept;

/// Walks base64 text (a=key-mgmt:mikey). `scratch` takes the decoded bytes (base64_bytes() of the text's
/// length is always enough) and must outlive the result; when it is too small: payload_length, as for data
/// longer than kMaxMessage. A base64 rule broken anywhere in the text is the fault, whatever else is broken
/// before it, and nothing else of the message is then told: the answer is that of decoding everything first
/// and then read().
[[nodiscard]] Message read_base64(std::string_view text, std::span<std::uint8_t> scratch,
                                  RuleSet relax = {}) noexcept;

}  // namespace kmsgate::mikey

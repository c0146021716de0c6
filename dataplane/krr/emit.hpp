// SPDX-License-Identifier: BSD-3-Clause
// Values to KRR bytes in one canonical form: no white space between elements, attributes in the order Id,
// Version, elements in schema order, the default namespace only (an extra prefix would break embedded
// signatures).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/krr/document.hpp"

namespace kmsgate::krr {

inline constexpr std::size_t kIdSize =
    20;  ///< "krr-" and 16 hexadecimal digits: same size in every document of ours
inline constexpr std::size_t kTimeSize = 20;  ///< "2026-11-21T12:00:00Z"

/// XML-escapes text (& < > " ') for content and attribute values; control characters must not stand in it.
[[nodiscard]] std::string escape(std::string_view text);

/// xsd:dateTime in UTC, whole seconds; `out` gets exactly kTimeSize bytes.
void format_time(std::uint64_t seconds_since_1970, std::span<char, kTimeSize> out) noexcept;
/// The Id of a document made from 64 bits that no other layer has; `out` gets exactly kIdSize bytes.
void format_id(std::uint64_t value, std::span<char, kIdSize> out) noexcept;

/// The canonical document. `document.embedded`, when not empty, is copied byte for byte.
[[nodiscard]] std::string emit(const Document& document);

// --- prepared pieces (the policy compiler makes them, the packet path joins them)
// -----------------------------------

/// All before the value of Id: XML declaration and the root's start.
[[nodiscard]] std::string_view piece_before_id() noexcept;
/// From behind the value of Id to before the value of Time, for one processor URI (unescaped here).
[[nodiscard]] std::string piece_after_id(std::string_view processor);
/// `<KmsUri>..</KmsUri>` for one KMS (unescaped here).
[[nodiscard]] std::string piece_kms(std::string_view uri);

/// What the packet path knows when it answers; all text unescaped except the prepared pieces.
struct Pieces {
    std::string_view after_id;  ///< piece_after_id()
    std::uint64_t id = 0;
    std::uint64_t time = 0;      ///< seconds since 1970
    std::string_view initiator;  ///< empty: element left out
    std::string_view receiver;
    std::string_view initiator_kms;
    std::string_view receiver_kms;
    std::optional<std::string_view>
        initiator_list;  ///< joined piece_kms(); empty: the empty list; nullopt: no element
    std::optional<std::string_view> receiver_list;
    std::string_view
        embedded;  ///< root element of the KRR that this one replaces, byte for byte; may be empty
};

/// Joins prepared pieces into `out`; the result equals emit() of the same values. Bytes written, 0 when `out`
/// is small. No allocation.
[[nodiscard]] std::size_t join(const Pieces& pieces, std::span<char> out) noexcept;

}  // namespace kmsgate::krr

// SPDX-License-Identifier: BSD-3-Clause
// Values to KRR bytes in one canonical form: no white space between elements, attributes in the order Id,
// Version, elements in schema order, the default namespace only (an extra prefix would break embedded
// signatures).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/krr/document.hpp"

namespace kmsgate::krr {

/// "krr-" and 16 hexadecimal digits: the same size in every document of ours.
inline constexpr std::size_t kIdSize = 20;
/// "2026-11-21T12:00:00Z".
inline constexpr std::size_t kTimeSize = 20;

/// XML-escapes text (& < > " ') for content and attribute values. Control characters must not stand in it:
/// they, and bytes that are no UTF-8, come out as '?', so that what a peer wrote never breaks our document.
[[nodiscard]] std::string escape(std::string_view text);

/// xsd:dateTime in UTC, whole seconds, years up to 9999; `out` gets exactly kTimeSize bytes.
void format_time(std::uint64_t seconds_since_1970, std::span<char, kTimeSize> out) noexcept;
/// The Id of a document made from 64 bits that no other layer has; `out` gets exactly kIdSize bytes.
void format_id(std::uint64_t value, std::span<char, kIdSize> out) noexcept;

/// The canonical document. `document.embedded`, when not empty, is copied byte for byte.
[[nodiscard]] std::string emit(const Document& document);

// Prepared pieces: the policy compiler makes them, the packet path joins them.

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
    std::uint64_t time = 0;        ///< seconds since 1970
    std::string_view time_text{};  ///< format_time() of it, where somebody has it; may be empty
    std::string_view initiator;    ///< empty: element left out
    std::string_view receiver;
    std::string_view initiator_kms;
    std::string_view receiver_kms;
    /// Joined piece_kms(); empty: the empty list; nullopt: no element. ANY is piece_kms("ANY").
    std::optional<std::string_view> initiator_list;
    std::optional<std::string_view> receiver_list;
    /// Root element of the KRR that this one replaces (Document::root), byte for byte; may be empty.
    std::string_view embedded;
};

/// Joins prepared pieces into `out`; the result equals emit() of the same values. Bytes written, 0 when `out`
/// is small. No allocation.
[[nodiscard]] std::size_t join(const Pieces& pieces, std::span<char> out) noexcept;

/// What join() writes, when no text needs an escape.
[[nodiscard]] std::size_t plain_size(const Pieces& pieces) noexcept;
/// The same as join() where plain_size() bytes have room. False: some text is not plain
/// (plain_text.hpp), and what was written counts for nothing.
[[nodiscard]] bool join_plain(const Pieces& pieces, char* out) noexcept;

/// format_time() of the last second asked for, kept.
class Clock {
  public:
    [[nodiscard]] std::string_view text(std::uint64_t seconds_since_1970) noexcept {
        if (seconds_since_1970 != seconds_) {
            seconds_ = seconds_since_1970;
            format_time(seconds_, text_);
        }
        return {text_.data(), text_.size()};
    }

  private:
    std::uint64_t seconds_ = ~std::uint64_t{0};
    std::array<char, kTimeSize> text_{};
};

}  // namespace kmsgate::krr

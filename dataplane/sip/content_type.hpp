// SPDX-License-Identifier: BSD-3-Clause
// Content-Type as a lenient reader takes it: every type that a value could name, every boundary it could
// mean.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// What a media type means to the walk over bodies. Values are bits: a part may have several types at once.
enum class Media : std::uint32_t {
    sdp = 1U << 0,      ///< application/sdp
    mikey = 1U << 1,    ///< application/mikey (RFC 3830 10.1)
    xml = 1U << 2,      ///< text/xml, application/xml, anything+xml
    krr = 1U << 3,      ///< application/vnd.3gpp.kmsredirectresponse+xml (TS 33.180 D.4.1); stands beside xml
    sip = 1U << 4,      ///< message/sip
    sipfrag = 1U << 5,  ///< message/sipfrag (RFC 3420): the start line may be missing
    multipart = 1U << 6,  ///< multipart/anything
    digest = 1U << 7,  ///< multipart/digest: parts without a type are message/rfc822; stands beside multipart
    entity = 1U << 8,  ///< message/rfc822, message/global: headers and a body
    cpim = 1U << 9,    ///< message/cpim (RFC 3862): headers, then headers and a body
    encrypted = 1U << 10,      ///< S/MIME enveloped or opaque, PGP
    external_body = 1U << 11,  ///< message/external-body (RFC 4483)
    partial = 1U << 12,        ///< message/partial
    text = 1U << 13,           ///< text/anything but XML
    signature = 1U << 14,      ///< a detached signature or certificates: holds no body
    other = 1U << 15,          ///< everything else, unreadable values too
};

/// Set of Media bits.
class MediaSet {
  public:
    constexpr MediaSet() noexcept = default;
    constexpr MediaSet(Media m) noexcept : bits_(static_cast<std::uint32_t>(m)) {}  // NOLINT(*-explicit-*)
    constexpr MediaSet& operator|=(MediaSet o) noexcept {
        bits_ |= o.bits_;
        return *this;
    }
    friend constexpr MediaSet operator|(MediaSet a, MediaSet b) noexcept { return a |= b; }
    friend constexpr bool operator==(MediaSet, MediaSet) noexcept = default;
    [[nodiscard]] constexpr bool has(Media m) const noexcept {
        return (bits_ & static_cast<std::uint32_t>(m)) != 0;
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    /// At least one bit stands in both.
    [[nodiscard]] constexpr bool meets(MediaSet o) const noexcept { return (bits_ & o.bits_) != 0; }
    /// No bit stands here that does not stand in `o`.
    [[nodiscard]] constexpr bool within(MediaSet o) const noexcept { return (bits_ & ~o.bits_) == 0; }

  private:
    std::uint32_t bits_ = 0;
};
constexpr MediaSet operator|(Media a, Media b) noexcept {
    return MediaSet(a) | MediaSet(b);
}

/// All that the Content-Type values of one body say, added up over every value.
struct MediaTypes {
    MediaSet kinds;                ///< empty: no Content-Type at all
    bool foreign_charset = false;  ///< a charset parameter names no superset of ASCII
    bool too_many = false;         ///< more boundaries than the bound
    bool memory = false;           ///< the arena was used up
    std::size_t boundary_count = 0;
    std::array<std::string_view, 16> boundary;  ///< each different, none empty

    [[nodiscard]] std::span<const std::string_view> boundaries() const noexcept {
        return {boundary.data(), boundary_count};
    }
};

/// Adds one Content-Type value: comma-joined types all count; comments, folds, quotes (also missing or
/// unterminated ones), blanks, RFC 2231 continuations of `boundary` and repeated parameters are all read.
/// Never fails: a value that is no type adds Media::other.
void add_content_type(std::string_view value, Arena& arena, MediaTypes& into) noexcept;

/// The meaning of one `type/subtype` in any letter case.
[[nodiscard]] MediaSet media_of(std::string_view type) noexcept;

/// Is this charset name (any letter case) one in which ASCII bytes mean ASCII characters? Unknown names are
/// not.
[[nodiscard]] bool ascii_superset(std::string_view charset) noexcept;

/// `value` with line ends replaced by SP and, when `comments`, each (comment) outside quotes too; the same
/// view when there is nothing to replace, an empty one when the arena is used up.
[[nodiscard]] std::string_view flatten(std::string_view value, bool comments, Arena& arena) noexcept;

}  // namespace kmsgate::sip

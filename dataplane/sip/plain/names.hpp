// SPDX-License-Identifier: BSD-3-Clause
// Header names by hash: one look-up and one comparison with the usual spelling.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/simd/set.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip::plain {

/// A name as it is usually written.
struct alignas(64) Name {
    std::array<char, 32> text{};  ///< with the colon and one blank behind it
    std::uint32_t mask = 0;       ///< bit i: byte i belongs to the text
    HeaderSet set;                ///< of `id` alone
    std::uint64_t once = 0;       ///< what to count it by when it may stand once only, see times_of()
    std::uint8_t size = 0;        ///< of the name alone
    std::uint8_t place = 0;       ///< in the table
    HeaderId id = HeaderId::other;
    bool uris = false;  ///< holds URIs that could have headers, and so a body
};

/// A header that may stand once only has a byte in the count of all.
[[nodiscard]] constexpr std::uint64_t times_of(HeaderId id) noexcept {
    constexpr std::array<HeaderId, 6> once = {HeaderId::from,         HeaderId::to,
                                              HeaderId::call_id,      HeaderId::cseq,
                                              HeaderId::content_type, HeaderId::content_length};
    for (std::size_t i = 0; i < once.size(); ++i)
        if (once[i] == id) return std::uint64_t{1} << (8 * i);
    return 0;
}
inline constexpr std::uint64_t kMoreThanOnce = 0xFEFE'FEFE'FEFEU;

/// Letters to lower case; '-' and ':' stay. No other byte that may stand in a name becomes a letter or '-'.
inline constexpr std::uint64_t kLower = 0x2020202020202020U;

/// From the four bytes that end with the colon, in lower case, and the size of the name.
[[nodiscard]] constexpr std::uint32_t name_hash(std::uint32_t tail, std::uint32_t size) noexcept {
    constexpr std::uint32_t factor = 0x5F21'A8C1U;  // found by trying: a new name may need another one
    return ((tail ^ size << 24) * factor) >> 23;
}

/// All names that have a meaning here (header_id.cpp), and the usual ones that have none.
struct NameTable {
    static constexpr std::size_t kMost = 128;
    static constexpr std::size_t kSlots = 512;
    std::array<std::uint8_t, kSlots> slot{};  ///< 0: no name
    std::array<Name, kMost> names{};          ///< from 1 on
};
extern const NameTable kNameTable;

/// What is in each of these places; anything else makes the message no plain one, or ends the place.
extern const simd::CharSet kTokens;         ///< RFC 3261 25.1 token
extern const simd::CharSet kHosts;          ///< host names and IPv4 addresses
extern const simd::CharSet kViaBytes;       ///< from sent-by on
extern const simd::FewChars kViaMarks;      ///< what starts a port or a parameter there, or is none but ','
extern const simd::CharSet kUriBytes;       ///< of an identity
extern const simd::CharSet kTagBytes;       ///< a tag parameter
extern const simd::FewChars kPartyMarks;    ///< what is in neither of these two, of printable bytes
extern const simd::CharSet kBoundaries;     ///< boundaries that need no quotes and hold no '='
extern const simd::CharSet kSubtypes;       ///< of a media type
extern const simd::CharSet kXmlNames;       ///< of elements and attributes
extern const simd::CharSet kXmlPlainNames;  ///< the same without a prefix
extern const simd::CharSet kXmlWord;        ///< no blank, markup, quote or entity: a URI at most
extern const simd::CharSet kXmlText;        ///< no markup, quote, entity or line end

}  // namespace kmsgate::sip::plain

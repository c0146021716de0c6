// SPDX-License-Identifier: BSD-3-Clause
// XML tags and lines of part headers as MC clients write them, each found by hash and compared whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kmsgate::sip::plain {

/// What a usual text is and says.
enum class Says : std::uint8_t {
    nothing,    ///< no usual text
    start,      ///< an element begins
    end,        ///< an element ends
    lists,      ///< a resource list begins: its entries name receivers
    initiator,  ///< the next element within names the initiator
    receiver,   ///< .. the receiver
    sdp,        ///< header of a part: its type is application/sdp
    xml,        ///< .. is a type of XML
    line,       ///< header of a part that says nothing here
};

/// A tag from '<' to '>', or a line without its end, as vectors have it.
struct alignas(64) UsualText {
    std::array<char, 64> text{};
    std::array<std::uint32_t, 2> mask{};  ///< bit i: byte i, or 32+i, belongs to the text
    std::uint8_t size = 0;
    Says says = Says::nothing;
};

/// From the four bytes behind the first, the last four, and the size of the text.
[[nodiscard]] constexpr std::uint32_t usual_hash(std::uint32_t head, std::uint32_t tail,
                                                 std::uint32_t size) noexcept {
    constexpr std::uint32_t factor = 0x19CB'517BU;  // found by trying: a new text may need another one
    return ((head ^ tail ^ size) * factor) >> 23;
}

struct UsualTexts {
    static constexpr std::size_t kMost = 128;
    static constexpr std::size_t kSlots = 512;
    std::array<std::uint8_t, kSlots> slot{};  ///< 0: no text
    std::array<UsualText, kMost> texts{};     ///< from 1 on, in the order of usual documents
};
extern const UsualTexts kUsualTexts;

}  // namespace kmsgate::sip::plain

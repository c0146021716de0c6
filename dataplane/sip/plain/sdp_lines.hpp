// SPDX-License-Identifier: BSD-3-Clause
// Session descriptions: every line is `x=`, and key management stands in its plain spelling or nowhere.
#pragma once

#include "dataplane/sip/plain/values.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

/// What was found so far, in the arena. More than fits is for the full parser.
class Found {
  public:
    /// False: the arena is used up.
    [[nodiscard, gnu::always_inline]] bool open(Arena& arena) noexcept {
        Room* const room = arena.take_raw<Room>(1).data();
        if (room == nullptr) return false;
        carriages_ = room->carriages.data();
        identities_ = room->identities.data();
        return true;
    }
    [[nodiscard]] std::span<const Carriage> carriages() const noexcept {
        return {carriages_, carriage_count_};
    }
    [[nodiscard]] std::span<const XmlIdentity> identities() const noexcept {
        return {identities_, identity_count_};
    }

    [[nodiscard, gnu::always_inline]] bool add(Where where, std::string_view data) noexcept {
        for (std::size_t i = 0; i < carriage_count_; ++i)
            if (carriages_[i].where == where && carriages_[i].data == data) return true;
        if (carriage_count_ == kCarriages) return false;
        carriages_[carriage_count_++] = {where, Form::base64, data};
        return true;
    }
    [[nodiscard, gnu::always_inline]] bool add(bool receiver, std::string_view uri) noexcept {
        if (identity_count_ == kIdentities) return false;
        identities_[identity_count_++] = {receiver, uri};
        return true;
    }

  private:
    static constexpr std::size_t kCarriages = 8;
    static constexpr std::size_t kIdentities = 16;
    struct Room {
        std::array<Carriage, kCarriages> carriages;
        std::array<XmlIdentity, kIdentities> identities;
    };
    Carriage* carriages_ = nullptr;
    XmlIdentity* identities_ = nullptr;
    std::size_t carriage_count_ = 0;
    std::size_t identity_count_ = 0;
};

/// `a=` and what follows up to `end`. False when a lenient reader could find key management in it that is not
/// in the plain spelling.
[[nodiscard, gnu::always_inline]] inline bool read_attribute(const char* at, const char* end, bool media,
                                                             Found& found) noexcept {
    // by the lower half of the first letter, in either case: a blank, or what the names below begin with
    constexpr std::uint32_t suspicious =
        1U << (' ' & 31) | 1U << ('k' & 31) | 1U << ('a' & 31) | 1U << ('c' & 31) | 1U << ('m' & 31);
    if ((suspicious >> (static_cast<unsigned char>(*at) & 31U) & 1U) == 0) [[likely]]
        return true;
    switch (*at | 0x20) {
        case 'k': {
            if (end - at < 8) return true;
            const std::uint64_t name = load64(at);
            if ((name | kLower) != text64("key-mgmt")) return true;
            if (name != text64("key-mgmt") || end - at < 18) return false;
            const std::uint64_t id = load64(at + 8);  // RFC 4567 3: one blank may stand before the id
            const bool blank = id == text64(": mikey ");
            if (!blank && (id & 0x00FF'FFFF'FFFF'FFFFU) != text64(":mikey ")) return false;
            const char* data = at + (blank ? 16 : 15);
            if (data == end || *data == ' ') return false;
            return found.add(media ? Where::sdp_media : Where::sdp_session, view(data, end));
        }
        case 'a':
        case 'c':
        case 'm': {
            if (end - at < 4) return true;
            // RFC 5939 acap, RFC 6871 mscap, RFC 3407 cpar
            const std::uint32_t name = load32(at) | kLower32;
            return name != text32("acap") && name != text32("msca") && name != text32("cpar");
        }
        case ' ':
            return false;
        default:
            return true;
    }
}

/// Reads lines from `at` on, up to the first that starts with "--" when `parts`, else to the message's end.
/// Returns the start of that line, or the end; null when a line is not plain.
[[nodiscard, gnu::always_inline]] inline const char* read_sdp(const Text& t, const char* at, bool parts,
                                                              Found& found) noexcept {
    bool media = false;
    while (true) {
        const char* const here = t.window(at);
        const std::uint16_t two = load16(here);
        const unsigned letter = two - unsigned{text16("a=")};
        if (letter > 'z' - 'a') [[unlikely]] {
            if (two == kDashes && parts) return at;
            if (two != kCrLf) return at == t.end && !parts ? at : nullptr;
            at += 2;
            continue;
        }
        const std::uint32_t odd = bytes::odd_of(bytes::load32(here));
        const int size = std::countr_zero(odd);
        const char* end = at + size;
        if (odd == 0) {
            end = line_end(t, at + 32);
            if (end == nullptr) return nullptr;
        } else if (load16(here + size) != kCrLf) {
            return nullptr;
        }
        if (letter == 0 && !read_attribute(at + 2, end, media, found)) return nullptr;
        if (letter == 'm' - 'a') media = true;
        at = end + 2;
    }
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

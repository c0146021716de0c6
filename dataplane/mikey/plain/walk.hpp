// SPDX-License-Identifier: BSD-3-Clause
// The walk over a well-formed message. Included once by each level's translation unit, which defines
// KMSGATE_LEVEL and has a Decoder (decode() of all characters).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "dataplane/mikey/payload.hpp"
#include "dataplane/mikey/plain/levels.hpp"
#include "dataplane/mikey/plain/plain.hpp"

namespace kmsgate::mikey::plain::KMSGATE_LEVEL {

using Byte = std::uint8_t;

constexpr std::size_t kHeader = 10;
constexpr Byte kVersion = 1;
constexpr Byte kSakkeMessage = 26;
constexpr Byte kUri = 1;
constexpr unsigned kPayloads = 32;
constexpr std::size_t kMinRand = 16;
constexpr Byte kKmsi = static_cast<Byte>(Role::idrkmsi);
constexpr Byte kKmsr = static_cast<Byte>(Role::idrkmsr);

[[nodiscard]] inline std::size_t u16(const Byte* at) noexcept {
    std::uint16_t v = 0;
    std::memcpy(&v, at, sizeof v);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(v) : v;
}

/// The group that ends with padding: `xx==` or `xxx=`. How many bytes it holds, 0 when it is none.
[[nodiscard]] inline std::size_t decode_padded(const char* group, Byte* out) noexcept {
    const auto* in = reinterpret_cast<const unsigned char*>(group);
    const unsigned a = kValues[in[0]], b = kValues[in[1]], c = kValues[in[2]];
    if (((a | b) & kNoValue) != 0) return 0;
    out[0] = static_cast<Byte>((a << 2 | b >> 4) & 0xFFU);
    if (in[2] == '=') return 1;
    if (c == kNoValue) return 0;
    out[1] = static_cast<Byte>((b << 4 | c >> 2) & 0xFFU);
    return 2;
}

namespace bytes = simd::KMSGATE_LEVEL;

/// Every byte is 0x21-0x7E. Up to 31 bytes behind them are read, which decoding leaves room for.
[[nodiscard, gnu::always_inline]] inline bool is_visible(const Byte* at, std::size_t size) noexcept {
    static_assert(kDecodeSlack >= 32);
    for (const char* from = reinterpret_cast<const char*>(at);; from += 32, size -= 32) {
        const auto v = bytes::load32(from);
        const std::uint32_t bad = bytes::odd_of(v) | bytes::template any_of<' ', '\x7f'>(v);
        if (size < 32) return (bad & ((std::uint32_t{1} << size) - 1)) == 0;
        if (bad != 0) return false;
    }
}

/// The walk of walk.cpp for messages that break no rule: each test that fails ends it.
class Walk {
  public:
    Walk(const Byte* from, const Byte* end, Message& out) noexcept : at_(from), end_(end), out_(out) {}

    [[nodiscard, gnu::always_inline]] bool run() noexcept {
        const Byte* header = at_;
        if (header[0] != kVersion || header[1] != kSakkeMessage || header[2] != static_cast<Byte>(Payload::t))
            return false;
        clear(std::make_index_sequence<kRoles>());
        out_.csb_id = static_cast<std::uint32_t>(u16(header + 4) << 16 | u16(header + 6));
        if (!skip_map() || !first() || !chain()) return false;
        out_.present = static_cast<std::uint16_t>(present_);
        return true;
    }

  private:
    /// A message of which nothing is known; one store for each view.
    template <std::size_t... I>
    [[gnu::always_inline]] void clear(std::index_sequence<I...> /*roles*/) noexcept {
        out_.fault.reset();
        out_.relaxed = {};
        out_.data_type = kSakkeMessage;
        out_.header_read = true;
        ((out_.idr[I] = {}), ...);
        out_.idr_type = {};
    }

    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    [[nodiscard, gnu::always_inline]] bool skip(std::size_t bytes) noexcept {
        if (bytes > left()) return false;
        at_ += bytes;
        return true;
    }

    [[nodiscard, gnu::always_inline]] bool skip_map() noexcept {
        const Byte blocks = at_[8];
        const Byte type = at_[9];
        at_ += kHeader;
        if (type == 1) return blocks == 0;
        if (type == 0) return skip(std::size_t{9} * blocks);
        if (type != 2) return false;
        for (unsigned i = 0; i < blocks; ++i) {
            if (left() < 3 || !skip(3U + (at_[2] & 0x7FU))) return false;
            if (left() < 2 || !skip(2 + u16(at_))) return false;
            if (left() < 1 || !skip(1U + at_[0])) return false;
        }
        return true;
    }

    /// T, the first payload.
    [[nodiscard, gnu::always_inline]] bool first() noexcept {
        if (left() < 2 || at_[1] > 3) return false;
        next_ = at_[0];
        return skip(at_[1] < 2 ? 10 : 6);
    }

    [[nodiscard, gnu::always_inline]] bool chain() noexcept {
        bool random = false;
        for (unsigned count = 2; count <= kPayloads; ++count) {
            // All but SIGN have five bytes or at least 18 (RAND): a shorter rest holds SIGN or nothing.
            if (next_ == static_cast<Byte>(Payload::sign)) return random && sakke_ && sign();
            if (left() < 5) return false;
            const auto type = static_cast<Payload>(next_);
            const Byte* payload = at_;
            next_ = payload[0];
            if (type == Payload::idr) [[likely]] {
                if (!skip(5 + u16(payload + 3)) || !idr(payload)) return false;
            } else if (type == Payload::rand) {
                if (random || payload[1] < kMinRand || !skip(2U + payload[1])) return false;
                random = true;
            } else if (type == Payload::sakke || type == Payload::sp) {
                if (type == Payload::sakke && sakke_) return false;
                sakke_ = sakke_ || type == Payload::sakke;
                if (!skip(5 + u16(payload + 3))) return false;
            } else if (type == Payload::id || type == Payload::cert || type == Payload::genext) {
                if (!skip(4 + u16(payload + 2))) return false;
            } else {
                return false;
            }
        }
        return false;
    }

    [[nodiscard, gnu::always_inline]] bool idr(const Byte* payload) noexcept {
        const Byte role = payload[1];
        const Byte type = payload[2];
        if (role < 1 || role >= kRoles || sakke_) return false;
        const std::uint32_t bit = 1U << role;
        if ((present_ & bit) != 0) return false;
        const Byte* data = payload + 5;
        const auto size = static_cast<std::size_t>(at_ - data);
        if (role == kKmsi || role == kKmsr) {
            if (type != kUri || size == 0 || !is_visible(data, size)) return false;
            if (role == kKmsi && (present_ >> kKmsr & 1U) != 0) return false;
        }
        present_ |= bit;
        out_.idr.data()[role] = {data, size};
        out_.idr_type.data()[role] = type;
        return true;
    }

    /// SIGN ends the chain, and the data.
    [[nodiscard, gnu::always_inline]] bool sign() noexcept {
        return left() >= 2 && left() == 2 + (u16(at_) & 0x0FFFU);
    }

    const Byte* at_;
    const Byte* const end_;
    Message& out_;
    std::uint32_t present_ = 0;
    Byte next_ = 0;
    bool sakke_ = false;
};

/// See read_plain(). Each level's translation unit defines its own.
// NOLINTNEXTLINE(misc-definitions-in-headers)
[[nodiscard]] bool read(std::string_view text, std::span<std::uint8_t> scratch, Message& out) noexcept {
    const std::size_t size = text.size();
    const bool padded = text.back() == '=';
    const std::size_t whole = size - (padded ? 4 : 0);
    Byte* const data = scratch.data();
    if (!decode(text.begin(), whole, data)) return false;
    std::size_t bytes = whole / 4 * 3;
    if (padded) {
        const std::size_t last = decode_padded(text.begin() + whole, data + bytes);
        if (last == 0) return false;
        bytes += last;
    }
    return bytes <= kMaxMessage && Walk(data, data + bytes, out).run();
}

}  // namespace kmsgate::mikey::plain::KMSGATE_LEVEL

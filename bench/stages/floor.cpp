// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/floor.hpp"

#include <array>
#include <cstring>

namespace kmsgate::bench {

namespace {

/// Value of a base64 character, shifted to its place in a group of four.
using Tables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr Tables kTables = [] {
    Tables out{};
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::uint32_t v = 0; v < 64; ++v)
        for (std::size_t place = 0; place < 4; ++place)
            out[place][static_cast<unsigned char>(kAlphabet[v])] = v << (26 - 6 * place);
    return out;
}();

/// Groups of four, decoded on demand.
class Text {
  public:
    Text(const char* text, std::uint8_t* out) noexcept
        : from_(reinterpret_cast<const unsigned char*>(text)), to_(out) {}

    /// Decodes until byte `end - 1` of the output stands.
    void decode_to(const std::uint8_t* end) noexcept {
        for (; to_ < end; from_ += 4, to_ += 3) {
            const std::uint32_t bits = __builtin_bswap32(kTables[0][from_[0]] | kTables[1][from_[1]] |
                                                         kTables[2][from_[2]] | kTables[3][from_[3]]);
            std::memcpy(to_, &bits, 4);
        }
    }

  private:
    const unsigned char* from_;
    std::uint8_t* to_;
};

std::size_t size_at(const std::uint8_t* p) noexcept {
    return std::size_t{p[0]} << 8 | p[1];
}

std::size_t map_size(Text& text, const std::uint8_t* m) noexcept {
    const std::size_t count = m[8];
    if (m[9] == 0) return 9 * count;
    std::size_t at = 10;
    if (m[9] == 2)
        for (std::size_t i = 0; i < count; ++i) {
            text.decode_to(m + at + 32);
            at += 3 + (m[at + 2] & 0x7FU);
            at += 2 + size_at(m + at);
            at += 1 + m[at];
        }
    return at - 10;
}

}  // namespace

std::string_view floor_idrkmsr(std::string_view message, std::span<std::uint8_t> scratch,
                               bool whole) noexcept {
    constexpr std::string_view kName = "key-mgmt:mikey ";
    const auto* found =
        static_cast<const char*>(memmem(message.data(), message.size(), kName.data(), kName.size()));
    const char* line = found + kName.size();
    const std::uint8_t* const m = scratch.data();
    Text text(line, scratch.data());
    if (whole) {
        const auto* end = static_cast<const char*>(
            std::memchr(line, '\r', static_cast<std::size_t>(message.data() + message.size() - line)));
        text.decode_to(m + (end - line) / 4 * 3);
    }
    text.decode_to(m + 10);
    const std::uint8_t* p = m + 10 + map_size(text, m);
    text.decode_to(p + 5);
    for (unsigned type = m[2]; type != 14 || p[1] != 7;) {
        // T (NTP), RAND, IDR: nothing else stands before IDRkmsr
        const std::size_t size = type == 5 ? 10 : type == 11 ? 2U + p[1] : 5 + size_at(p + 3);
        type = p[0];
        p += size;
        text.decode_to(p + 5);
    }
    text.decode_to(p + 5 + size_at(p + 3));
    return {reinterpret_cast<const char*>(p + 5), size_at(p + 3)};
}

}  // namespace kmsgate::bench

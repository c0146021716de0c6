// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/base64.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace kmsgate::mikey {
namespace {

constexpr std::uint32_t kNone = 0x8000'0000;  // no character of the alphabet
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Table = std::array<std::uint32_t, 256>;

/// The value of each character, already where it stands in the 24 bits of a group: a group is then four loads
/// and ORs.
constexpr Table values(unsigned shift) noexcept {
    Table t{};
    t.fill(kNone);
    for (std::uint32_t v = 0; v < kAlphabet.size(); ++v)
        t[static_cast<unsigned char>(kAlphabet[v])] = v << shift;
    return t;
}
constexpr std::array<Table, 4> kValues{values(18), values(12), values(6), values(0)};

}  // namespace

bool Base64Decoder::advance(std::size_t bytes) noexcept {
    while (used_ < bytes && !done_ && !error_) {
        whole_groups(bytes);
        if (used_ < bytes) one_group();
    }
    return !error_;
}

/// The plain inside of the text: whole groups of the alphabet, up to the first that is something else.
void Base64Decoder::whole_groups(std::size_t bytes) noexcept {
    // Each group stores four bytes and keeps three, so that the last one in the storage belongs to one_group.
    const std::size_t room = out_.size() - used_;
    const std::size_t fit = room == 0 ? 0 : (room - 1) / 3;
    const std::size_t wanted = (bytes - used_ - 1) / 3 + 1;
    const std::size_t groups = std::min({(text_.size() - at_) / 4, fit, wanted});
    const auto* in = reinterpret_cast<const unsigned char*>(text_.data()) + at_;
    auto* to = out_.data() + used_;
    std::size_t i = 0;
    for (; i < groups; ++i, in += 4, to += 3) {
        const std::uint32_t bits =
            kValues[0][in[0]] | kValues[1][in[1]] | kValues[2][in[2]] | kValues[3][in[3]];
        if ((bits & kNone) != 0) break;
        std::uint32_t stored = bits << 8;
        if constexpr (std::endian::native == std::endian::little) stored = std::byteswap(stored);
        std::memcpy(to, &stored, sizeof stored);
    }
    at_ += i * 4;
    used_ += i * 3;
}

/// One group a character at a time: padding, ends, errors and what is relaxed.
void Base64Decoder::one_group() noexcept {
    std::uint32_t bits = 0;
    unsigned characters = 0;
    while (at_ < text_.size()) {
        const char c = text_[at_++];
        const std::uint32_t value = kValues[3][static_cast<unsigned char>(c)];
        if (value != kNone) {
            bits = bits << 6 | value;
            if (++characters == 4) return put(bits, 4);
        } else if (c == '=') {
            return padding(bits, characters);
        } else if (!tolerate(Rule::base64_alphabet)) {
            return;
        }
    }
    end(bits, characters);
}

/// The first '=' has been read. Nothing may follow but what completes the padding: endpoints differ in
/// whether they stop at padding or read on, so that padding inside is never tolerated.
void Base64Decoder::padding(std::uint32_t bits, unsigned characters) noexcept {
    unsigned filled = characters + 1;
    if (characters < 2) {
        error_ = Rule::base64_padding;
        return;
    }
    while (at_ < text_.size()) {
        const char c = text_[at_++];
        if (c == '=' && filled < 4) {
            ++filled;
        } else if (c == '=' || kValues[3][static_cast<unsigned char>(c)] != kNone) {
            error_ = Rule::base64_padding;
            return;
        } else if (!tolerate(Rule::base64_alphabet)) {
            return;
        }
    }
    if (filled < 4 && !tolerate(Rule::base64_padding)) return;
    put(bits, characters);
    done_ = true;
}

/// The text ended without padding, after 0 to 3 characters of a group.
void Base64Decoder::end(std::uint32_t bits, unsigned characters) noexcept {
    if (characters == 1 && !tolerate(Rule::base64_length)) return;
    if (characters >= 2) {
        if (!tolerate(Rule::base64_padding)) return;
        put(bits, characters);
    }
    done_ = true;
}

/// The bytes of a group of 2, 3 or 4 characters: 1, 2 or 3 of them.
void Base64Decoder::put(std::uint32_t bits, unsigned characters) noexcept {
    bits <<= 6 * (4 - characters);
    for (unsigned i = 0; i + 1 < characters; ++i) {
        if (used_ == out_.size()) {
            overflow_ = true;
            return;
        }
        out_[used_++] = static_cast<std::uint8_t>(bits >> (16 - 8 * i) & 0xFFU);
    }
}

bool Base64Decoder::tolerate(Rule rule) noexcept {
    if (relax_.has(rule)) {
        broken_.add(rule);
        return true;
    }
    error_ = rule;
    return false;
}

}  // namespace kmsgate::mikey

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/mikey_shape.hpp"

#include <array>
#include <cstring>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/transfer.hpp"

namespace kmsgate::sip {
namespace {

constexpr std::size_t kHeader = 10;
constexpr unsigned kLastPayloadType = 26;
constexpr unsigned kLastMapType = 2;

bool header_shape(std::string_view bytes) noexcept {
    return starts_like_mikey(bytes) && static_cast<unsigned char>(bytes[2]) <= kLastPayloadType &&
           static_cast<unsigned char>(bytes[kHeader - 1]) <= kLastMapType;
}

bool base64_run(std::string_view bytes, std::size_t from, std::size_t least) noexcept {
    if (bytes.size() - from < least) return false;
    for (std::size_t i = from; i < from + least; ++i)
        if (base64_value(bytes[i]) < 0) return false;
    return true;
}

/// Calls `hit` with each position of `c`; true as soon as one says true.
template <class Hit>
bool any_at(std::string_view bytes, char c, Hit hit) noexcept {
    for (std::size_t at = bytes.find(c); at != std::string_view::npos; at = bytes.find(c, at + 1))
        if (hit(at)) return true;
    return false;
}

bool word_around(std::string_view bytes, std::size_t at, std::string_view before,
                 std::string_view after) noexcept {
    return at >= before.size() && iequal(bytes.substr(at - before.size(), before.size()), before) &&
           istarts_with(bytes.substr(at + 1), after);
}

}  // namespace

bool shaped_like_mikey(std::string_view bytes) noexcept {
    return bytes.size() >= kLeastMikey && header_shape(bytes);
}

bool reads_as_mikey_text(std::string_view text) noexcept {
    std::array<char, kHeader + 2> head{};
    std::size_t count = 0;
    std::size_t foreign = 0;
    std::uint32_t bits = 0;
    for (const char c : text) {
        const int value = base64_value(c);
        if (value < 0) {
            if (!is_lws(c) && c != '=') ++foreign;
            continue;
        }
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        ++count;
        if (count % 4 != 0 || count > 16) continue;
        const std::size_t at = count / 4 * 3 - 3;
        head[at] = static_cast<char>(bits >> 16 & 0xFF);
        head[at + 1] = static_cast<char>(bits >> 8 & 0xFF);
        head[at + 2] = static_cast<char>(bits & 0xFF);
        if (at == 0 && !starts_like_mikey({head.data(), 3})) return false;
    }
    return count >= kLeastMikeyText && foreign * 8 <= count && header_shape({head.data(), kHeader});
}

bool claims_mikey(std::string_view bytes) noexcept {
    if (any_at(bytes, '-', [&](std::size_t at) { return word_around(bytes, at, "key", "mgmt"); }))
        return true;
    if (any_at(bytes, '/', [&](std::size_t at) { return word_around(bytes, at, "application", "mikey"); }))
        return true;
    return any_at(bytes, 'R', [&](std::size_t at) {
        if (at == 0 || !word_around(bytes, at, "A", "o") || bytes[at - 1] != 'A' || bytes[at + 1] != 'o')
            return false;
        const bool starts = at == 1 || base64_value(bytes[at - 2]) < 0;
        return starts && base64_run(bytes, at - 1, kLeastMikeyText);
    });
}

}  // namespace kmsgate::sip

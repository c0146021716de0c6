// SPDX-License-Identifier: BSD-3-Clause
// Text put together piece by piece: what a message costs to write is the copying.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace kmsgate::traffic {

inline void put_one(std::string& out, std::string_view text) {
    out += text;
}
inline void put_one(std::string& out, char c) {
    out += c;
}
template <std::unsigned_integral Number>
    requires(!std::same_as<Number, char>)
void put_one(std::string& out, Number number) {
    std::array<char, 20> digits;  // NOLINT: written before it is read
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

/// Texts, characters and unsigned numbers (in decimal), one behind the other.
template <class... Parts>
void put(std::string& out, const Parts&... parts) {
    (put_one(out, parts), ...);
}

template <class... Parts>
[[nodiscard]] std::string text_of(const Parts&... parts) {
    std::string out;
    put(out, parts...);
    return out;
}

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
// Texts put together from the names at compile time, so that the packet path copies whole tags.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "dataplane/krr/names.hpp"

namespace kmsgate::krr::pieces {

/// Storage of the parts, one behind the other.
template <const std::string_view&... Parts>
inline constexpr auto joined = [] {
    std::array<char, (Parts.size() + ... + 0)> all{};
    auto at = all.begin();
    ((at = std::ranges::copy(Parts, at).out), ...);
    return all;
}();
template <const std::string_view&... Parts>
inline constexpr std::string_view text{joined<Parts...>.data(), joined<Parts...>.size()};

inline constexpr std::string_view lt = "<", lt_slash = "</", gt = ">", quote = "\"", space = " ",
                                  equals = "=\"";
inline constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                                  xmlns = " xmlns=\"";

template <const std::string_view& Name>
inline constexpr std::string_view open = text<lt, Name, gt>;
template <const std::string_view& Name>
inline constexpr std::string_view close = text<lt_slash, Name, gt>;

inline constexpr std::string_view before_id =
    text<declaration, lt, names::root, xmlns, names::ns, quote, space, names::id, equals>;
/// From behind the value of Id to before the processor's URI.
inline constexpr std::string_view before_processor =
    text<quote, space, names::version, equals, names::version_value, quote, gt, lt, names::processor, gt>;
inline constexpr std::string_view before_time = text<lt_slash, names::processor, gt, lt, names::time, gt>;

}  // namespace kmsgate::krr::pieces

// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr bool is_name_byte(char c) {
    return sip::is_alpha(c) || sip::is_digit(c) || c == '.' || c == '_' || c == '-';
}

constexpr bool is_visible(char c) {
    return c >= 0x21 && c <= 0x7E;
}

}  // namespace

std::string name_fault(std::string_view text) {
    if (text.empty()) return "is empty";
    if (text.size() > kMaxName) return fmt::format("has more than {} characters", kMaxName);
    if (!std::ranges::all_of(text, is_name_byte)) return "holds other characters than A-Z a-z 0-9 . _ -";
    return {};
}

std::string kms_name_fault(std::string_view text) {
    if (sip::iequal(text, "any") || text == "home") return "is a reserved word";
    return name_fault(text);
}

std::string kms_uri_fault(std::string_view text) {
    if (text.empty()) return "is empty";
    if (text.size() > kMaxUri) return fmt::format("has more than {} bytes", kMaxUri);
    if (!std::ranges::all_of(text, is_visible)) return "holds a blank or another byte outside 0x21-0x7E";
    if (sip::iequal(text, "any")) return "is a reserved word";
    return {};
}

std::string uri_fault(std::string_view text) {
    if (text.empty()) return "is empty";
    if (text.size() > kMaxUri) return fmt::format("has more than {} bytes", kMaxUri);
    const auto outside = [](char c) {
        return !is_visible(c) || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos;
    };
    if (std::ranges::any_of(text, outside)) return "holds a character that no URI holds";
    const std::string_view scheme = text.substr(0, text.find(':'));
    const auto in_scheme = [](char c) {
        return sip::is_alpha(c) || sip::is_digit(c) || c == '+' || c == '-' || c == '.';
    };
    if (scheme.size() + 1 >= text.size() || scheme.empty() || !sip::is_alpha(scheme[0]) ||
        !std::ranges::all_of(scheme, in_scheme))
        return "has no scheme";
    return {};
}

}  // namespace kmsgate::policy::language

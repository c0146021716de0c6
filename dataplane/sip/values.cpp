// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/message.hpp"
#include "dataplane/sip/scan.hpp"

namespace kmsgate::sip {
namespace {

/// Length of the fold at `at` (line end and the blanks after it), 0 when there is none.
[[nodiscard]] std::size_t fold_at(std::string_view s, std::size_t at) noexcept {
    std::size_t i = at;
    if (s[i] != '\r' && s[i] != '\n') return 0;
    i += s[i] == '\r' && i + 1 < s.size() && s[i + 1] == '\n' ? 2 : 1;
    if (i >= s.size() || !is_blank(s[i])) return 0;
    while (i < s.size() && is_blank(s[i])) ++i;
    return i - at;
}

/// The first byte at or after `at` that means something to next_element(), or the size.
[[nodiscard]] std::size_t next_mark(std::string_view s, std::size_t at) noexcept {
    constexpr std::array<bool, 256> marks = [] {
        std::array<bool, 256> table{};
        table[','] = table['"'] = table['('] = table['<'] = true;
        return table;
    }();
    const char* const text = s.data();
    while (at < s.size() && !marks.data()[static_cast<unsigned char>(text[at])]) ++at;
    return at;
}

/// `uri` when it has a scheme, something behind it and no white space that readers could split it at; else
/// empty.
[[nodiscard]] std::string_view checked_uri(std::string_view uri) noexcept {
    uri = trim(uri);
    const std::size_t colon = uri.find(':');
    if (colon == std::string_view::npos || colon + 1 == uri.size() || !is_alpha(uri[0])) return {};
    const auto in_scheme = [](char c) {
        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    };
    const std::string_view scheme = uri.substr(0, colon);
    if (!std::all_of(scheme.begin(), scheme.end(), in_scheme)) return {};
    return std::any_of(uri.begin(), uri.end(), is_lws) ? std::string_view{} : uri;
}

/// End of the parameter that starts `s`: its ';' outside quotes, or the size of `s`.
[[nodiscard]] std::size_t parameter_end(std::string_view s) noexcept {
    for (std::size_t i = 0; i < s.size();) {
        if (s[i] == ';') return i;
        i = s[i] == '"' ? skip_quoted(s, i) : i + 1;
        if (i == kOpen) break;
    }
    return s.size();
}

[[nodiscard]] Parameter split_parameter(std::string_view text) noexcept {
    Parameter out;
    out.written = trim(text);
    const std::size_t equals = text.find('=');
    out.name = trim(text.substr(0, equals));
    if (equals == std::string_view::npos) return out;
    out.has_value = true;
    out.value = trim(text.substr(equals + 1));
    if (!out.value.starts_with('"')) return out;
    const std::size_t end = skip_quoted(out.value, 0);
    out.quoted = true;
    out.value = out.value.substr(1, end == kOpen ? end : end - 2);
    return out;
}

}  // namespace

std::string_view unfold(std::string_view value, Arena& arena) noexcept {
    std::size_t first = 0;
    while (first < value.size() && fold_at(value, first) == 0) ++first;
    if (first == value.size()) return value;
    const std::span<char> copy = arena.take<char>(value.size());
    if (copy.empty()) return {};
    std::size_t size = 0;
    for (std::size_t i = 0; i < value.size();) {
        const std::size_t fold = fold_at(value, i);
        copy[size++] = fold != 0 ? ' ' : value[i];
        i += fold != 0 ? fold : 1;
    }
    arena.shrink_last(copy, size);
    return {copy.data(), size};
}

std::string_view next_element(std::string_view& rest) noexcept {
    while (!rest.empty()) {
        // Without a comma all of it is one element, whatever is quoted in it.
        std::size_t i = rest.find(',') == std::string_view::npos ? rest.size() : 0;
        while (i < rest.size() && rest[i] != ',') {
            if (rest[i] == '"')
                i = skip_quoted(rest, i);
            else if (rest[i] == '(')
                i = skip_comment(rest, i);
            else if (rest[i] == '<')
                i = skip_angle(rest, i);
            else
                i = next_mark(rest, i + 1);
        }
        // What is opened and never closed takes the rest of the value along (i is kOpen then).
        const std::string_view element = trim(rest.substr(0, i));
        rest.remove_prefix(i < rest.size() ? i + 1 : rest.size());
        if (!element.empty()) return element;
    }
    return {};
}

std::string_view addr_spec(std::string_view value) noexcept {
    std::size_t bare_end = kOpen;
    for (std::size_t i = 0; i < value.size();) {
        if (value[i] == '<') {
            // Legal parameters of a bare addr-spec hold no '<': two readers would see two URIs.
            const std::size_t end = skip_angle(value, i);
            return bare_end != kOpen || end == kOpen ? std::string_view{}
                                                     : checked_uri(value.substr(i + 1, end - i - 2));
        }
        if (value[i] == ';' && bare_end == kOpen) bare_end = i;
        i = value[i] == '"' ? skip_quoted(value, i) : i + 1;
        if (i == kOpen) return {};
    }
    return checked_uri(value.substr(0, bare_end));
}

std::string_view parameters(std::string_view value) noexcept {
    for (std::size_t i = 0; i < value.size();) {
        if (value[i] == ';') return value.substr(i + 1);
        if (value[i] == '"')
            i = skip_quoted(value, i);
        else if (value[i] == '<')
            i = skip_angle(value, i);
        else
            ++i;
    }
    return {};
}

std::optional<Parameter> next_parameter(std::string_view& rest) noexcept {
    while (!rest.empty()) {
        const std::size_t end = parameter_end(rest);
        const Parameter found = split_parameter(rest.substr(0, end));
        rest.remove_prefix(end < rest.size() ? end + 1 : end);
        if (!found.written.empty()) return found;
    }
    return std::nullopt;
}

std::optional<std::string_view> parameter(std::string_view value, std::string_view name) noexcept {
    std::string_view rest = parameters(value);
    while (const auto found = next_parameter(rest))
        if (iequal(found->name, name)) return found->value;
    return std::nullopt;
}

}  // namespace kmsgate::sip

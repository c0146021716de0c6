// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/boundary.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/scan.hpp"

namespace kmsgate::sip {
namespace {

constexpr std::string_view kName = "boundary";

void add(std::string_view candidate, MediaTypes& into) noexcept {
    candidate = trim(candidate);
    if (candidate.empty()) return;
    const auto known = into.boundaries();
    if (std::find(known.begin(), known.end(), candidate) != known.end()) return;
    if (into.boundary_count == into.boundary.size()) {
        into.too_many = true;
        return;
    }
    into.boundary[into.boundary_count++] = candidate;
}

std::string_view upto(std::string_view text, std::string_view any_of) noexcept {
    return text.substr(0, std::min(text.find_first_of(any_of), text.size()));
}

void add_quoted(std::string_view value, Arena& arena, MediaTypes& into) noexcept {
    const std::size_t behind = skip_quoted(value, 0);
    if (behind == kOpen) {
        add(value.substr(1), into);
        add(upto(value.substr(1), ";"), into);
        return;
    }
    const std::string_view inner = value.substr(1, behind - 2);
    add(inner, into);
    add(value.substr(0, behind), into);  // a reader that does not know quotes
    if (inner.find('\\') == std::string_view::npos) return;
    const std::span<char> out = arena.take<char>(inner.size());
    if (out.empty()) {
        into.memory = true;
        return;
    }
    std::size_t n = 0;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        if (inner[i] == '\\' && i + 1 < inner.size()) ++i;
        out[n++] = inner[i];
    }
    arena.shrink_last(out, n);
    add({out.data(), n}, into);
}

void add_bare(std::string_view value, MediaTypes& into) noexcept {
    const std::string_view whole = upto(value, ";");
    add(whole, into);
    for (const std::string_view cut : {upto(whole, ","), upto(trim(whole), " \t"), upto(whole, "\"")})
        add(cut, into);
}

/// RFC 2231: boundary*=cs'lang'value, boundary*0=.., boundary*1*=.. ; pieces in the order of their numbers.
void add_pieces(std::string_view value, Arena& arena, MediaTypes& into) noexcept {
    const std::span<char> out = arena.take<char>(value.size());
    if (out.empty()) {
        into.memory = true;
        return;
    }
    std::size_t n = 0;
    for (int number = -1; number < 10; ++number) {  // -1: the form without a number
        std::array<char, 10> name{};
        kName.copy(name.data(), kName.size());
        name[8] = '*';
        if (number >= 0) name[9] = static_cast<char>('0' + number);
        const std::string_view wanted(name.data(), number < 0 ? 9 : 10);
        std::size_t at = ifind(value, wanted);
        if (at == std::string_view::npos) continue;
        at += wanted.size();
        const bool starred = number < 0 || (at < value.size() && value[at] == '*');
        if (number >= 0 && starred) ++at;
        while (at < value.size() && is_blank(value[at])) ++at;
        if (at == value.size() || value[at] != '=') continue;
        std::string_view piece = trim(value.substr(at + 1));
        if (!piece.empty() && piece.front() == '"')
            piece = upto(piece.substr(1), "\"");
        else
            piece = trim(upto(piece, ";"));
        if (starred && number <= 0) {
            const std::size_t language = piece.find('\'');
            const std::size_t text = language == piece.npos ? piece.npos : piece.find('\'', language + 1);
            if (text != piece.npos) piece.remove_prefix(text + 1);
        }
        for (std::size_t i = 0; i < piece.size() && n < out.size(); ++i) {
            const bool escaped = starred && piece[i] == '%' && i + 2 < piece.size() &&
                                 hex_value(piece[i + 1]) >= 0 && hex_value(piece[i + 2]) >= 0;
            out[n++] = escaped ? static_cast<char>(hex_value(piece[i + 1]) * 16 + hex_value(piece[i + 2]))
                               : piece[i];
            if (escaped) i += 2;
        }
        if (number < 0) {
            // this form is a whole value; numbered pieces start another one
            add({out.data(), n}, into);
            return;
        }
    }
    arena.shrink_last(out, n);
    add({out.data(), n}, into);
}

}  // namespace

void add_boundaries(std::string_view value, Arena& arena, MediaTypes& into) noexcept {
    bool pieces = false;
    for (std::size_t at = ifind(value, kName); at != std::string_view::npos;
         at = ifind(value, kName, at + 1)) {
        std::size_t from = at + kName.size();
        if (from < value.size() && value[from] == '*') pieces = true;
        while (from < value.size() && is_lws(value[from])) ++from;
        if (from == value.size() || value[from] != '=') continue;
        const std::string_view rest = trim(value.substr(from + 1));
        if (rest.empty()) continue;
        if (rest.front() == '"')
            add_quoted(rest, arena, into);
        else
            add_bare(rest, into);
        if (into.too_many) return;
    }
    if (pieces) add_pieces(value, arena, into);
}

}  // namespace kmsgate::sip

// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/yaml_words.hpp"

#include <algorithm>
#include <array>

namespace kmsgate::policy::language {

std::string printable(std::string_view message) {
    std::string out;
    for (const char c : message)
        if (c >= 0x20 && c < 0x7F) out += c;
    return out;
}

std::string syntax_remedy(std::string_view text, int line, std::string_view message) {
    for (int i = 1; i < line && !text.empty(); ++i) {
        const std::size_t end = text.find('\n');
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    const std::string_view indent = text.substr(0, text.find_first_not_of(" \t"));
    if (indent.find('\t') != std::string_view::npos) return "indent with blanks, never with tabs";
    struct Help {
        std::string_view part;
        std::string_view remedy;
    };
    constexpr std::array<Help, 11> kHelp = {{
        {"end of sequence flow", "close the list with `]` before this place"},
        {"end of map flow", "close the map with `}` before this place"},
        {"flow end", "remove the bracket, or open it before"},
        {"illegal map value", "quote texts that hold `: `, and write one key a line"},
        {"illegal map key", "write the key at the same column as its neighbours"},
        {"end of map not found", "write the key at the same column as its neighbours"},
        {"end of sequence not found", "write `-` at the same column as its neighbours"},
        {"block entry", "write `-` at the same column as its neighbours, below the key"},
        {"EOF in scalar", "close the quote"},
        {"escape", "write \\\\ for a backslash, or use single quotes"},
        {"anchor", "define the anchor (&name) once, before its alias (*name)"},
    }};
    for (const Help& help : kHelp)
        if (message.find(help.part) != std::string_view::npos) return std::string(help.remedy);
    return "correct the YAML syntax";
}

bool ends_in_quote(std::string_view rest) {
    while (rest.starts_with('&') || rest.starts_with('!')) {
        rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n"), rest.size()));
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
    }
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return false;
    const char quote_mark = rest[0];
    for (std::size_t i = 1; i < rest.size(); ++i) {
        const bool doubled = quote_mark == '\'' && rest.substr(i).starts_with("''");
        if (doubled || (quote_mark == '"' && rest[i] == '\\'))
            ++i;
        else if (rest[i] == quote_mark)
            return false;
    }
    return true;
}

}  // namespace kmsgate::policy::language

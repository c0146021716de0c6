// SPDX-License-Identifier: BSD-3-Clause
// THE table of what kmsgatectl understands. Parser, --help, bash and zsh completion are made from it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::control::cli {

/// What an argument's value is; completion offers what fits.
enum class Takes : std::uint8_t {
    nothing,  ///< a flag
    text,
    number,
    word,  ///< one of Argument::words
    file,
    edge,        ///< asked of the daemon
    domain,      ///< ..
    tag,         ///< ..
    generation,  ///< ..
};

struct Argument {
    std::string name;  ///< "--edge", or "FILE" for one that stands by its place
    Takes takes = Takes::nothing;
    std::string help;
    std::string shown = {};  ///< what --help calls the value
    bool required = false;
    bool many = false;  ///< may be given more than once (by place: the last one only)
    std::vector<std::string> words = {};
    std::string group = {};  ///< arguments of one group: exactly one of them is given
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

    [[nodiscard]] bool by_place() const noexcept { return !name.starts_with('-'); }
};

struct Verb {
    std::string noun;
    std::string verb = {};  ///< empty: the noun stands alone
    std::string help;
    std::vector<Argument> arguments = {};
    std::vector<std::string> examples;  ///< whole command lines; each parses
    unsigned seconds = 10;              ///< how long an answer may take, --timeout aside
    bool fallback = false;              ///< meant when the noun stands without a verb
    bool hidden = false;                ///< for scripts: not in --help, not offered by completion
};

struct Noun {
    std::string name;
    std::string help;
};

[[nodiscard]] std::span<const Noun> nouns();
[[nodiscard]] std::span<const Verb> verbs();
/// Options that stand before or behind any verb.
[[nodiscard]] std::span<const Argument> globals();

/// The verb, or null. An empty verb finds the noun that stands alone.
[[nodiscard]] const Verb* find_verb(std::string_view noun, std::string_view verb);
/// The noun's verb when none is written, or null.
[[nodiscard]] const Verb* fallback_verb(std::string_view noun);
[[nodiscard]] bool is_noun(std::string_view word);

}  // namespace kmsgate::control::cli

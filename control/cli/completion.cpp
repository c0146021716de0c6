// SPDX-License-Identifier: BSD-3-Clause
// Both scripts hold the same data, made from the grammar, and a walk over the words in the shell's own terms.
#include "control/cli/completion.hpp"

#include <algorithm>
#include <string_view>

#include "control/cli/grammar.hpp"

namespace kmsgate::control::cli {
namespace {

/// What completes a value: words, @files, @KIND (asked of the daemon), or nothing.
std::string source_of(const Argument& a) {
    switch (a.takes) {
        case Takes::file:
            return "@files";
        case Takes::edge:
            return "@edges";
        case Takes::domain:
            return "@domains";
        case Takes::tag:
            return "@tags";
        case Takes::generation:
            return "@generations";
        case Takes::word: {
            std::string out;
            for (const std::string& w : a.words) out += (out.empty() ? "" : " ") + w;
            return out;
        }
        case Takes::nothing:
        case Takes::text:
        case Takes::number:
            break;
    }
    return "@none";
}

/// How a shell writes an array of names and values. Nothing in the grammar needs quoting but the blanks.
struct Shell {
    std::string_view declare;
    std::string_view open, close;  ///< around a key
};
constexpr Shell kBashArrays{"declare -gA", "[\"", "\"]="};
constexpr Shell kZshArrays{"typeset -gA", "\"",
                           "\" "};  // zsh takes the quotes of [".."]= for a part of the key

bool hidden(std::string_view noun) {
    const Verb* alone = find_verb(noun, "");
    return alone != nullptr && alone->hidden;
}

std::string array(const Shell& shell, std::string_view name, const std::string& entries) {
    return std::string(shell.declare) + " __kmsgatectl_" + std::string(name) + "=(\n" + entries + ")\n";
}

/// verbs: by noun; options, values and places: by "noun verb" ("-" where there is no verb).
std::string data(const Shell& shell) {
    const auto entry = [&](std::string_view key, std::string_view value) {
        return "    " + std::string(shell.open) + std::string(key) + std::string(shell.close) + "\"" +
               std::string(value) + "\"\n";
    };
    std::string nouns_text;
    std::string verbs_text;
    std::string options;
    std::string values;
    std::string places;
    for (const Noun& n : nouns()) {
        if (hidden(n.name)) continue;
        nouns_text += (nouns_text.empty() ? "" : " ") + n.name;
        std::string words;
        for (const Verb& v : verbs())
            if (v.noun == n.name && !v.verb.empty()) words += (words.empty() ? "" : " ") + v.verb;
        if (!words.empty()) verbs_text += entry(n.name, words);
        if (const Verb* meant = fallback_verb(n.name)) verbs_text += entry(n.name + " -", meant->verb);
    }
    const auto add_option = [&](const std::string& where, const Argument& a, std::string& names) {
        names += (names.empty() ? "" : " ") + a.name;
        if (a.takes != Takes::nothing) values += entry(where + " " + a.name, source_of(a));
    };
    std::string everybody;
    for (const Argument& a : globals()) add_option("", a, everybody);
    everybody += " --help";
    for (const Verb& v : verbs()) {
        if (v.hidden) continue;
        const std::string where = v.noun + " " + (v.verb.empty() ? "-" : v.verb);
        std::string names;
        int place = 0;
        for (const Argument& a : v.arguments) {
            if (!a.by_place()) {
                add_option(where, a, names);
                continue;
            }
            places += entry(where + " " + std::to_string(++place), source_of(a));
            if (a.many) places += entry(where + " more", source_of(a));
        }
        if (!names.empty()) options += entry(where, names);
    }
    return "__kmsgatectl_nouns=\"" + nouns_text + "\"\n__kmsgatectl_everybody=\"" + everybody + "\"\n" +
           array(shell, "verbs", verbs_text) + array(shell, "options", options) +
           array(shell, "values", values) + array(shell, "places", places);
}

// Finds noun, verb, which place, and the option that waits for its value; says what may stand at the cursor.
// The words before the cursor are its arguments; the daemon is asked by the program and socket that they
// name.
constexpr std::string_view kWalk = R"sh(
__kmsgatectl_look() {
    local word key noun="" verb="" meant="" waits=""
    local -i place=0
    __kmsgatectl_socket=""
    for word in "$@"; do
        if [[ "$word" == "=" ]]; then
            continue
        elif [[ -n "$waits" ]]; then
            [[ "$waits" == " --socket" ]] && __kmsgatectl_socket="$word"
            waits=""
        elif [[ "$word" == -* ]]; then
            key="$noun ${verb:-${meant:--}} $word"
            [[ -n "${__kmsgatectl_values[$key]}" ]] && waits="$key"
            key=" $word"
            [[ -n "${__kmsgatectl_values[$key]}" ]] && waits="$key"
        elif [[ -z "$noun" ]]; then
            noun="$word"
            key="$noun -"
            meant="${__kmsgatectl_verbs[$key]}"
        elif [[ -z "$verb" && -n "${__kmsgatectl_verbs[$noun]}" ]]; then
            verb="$word"
        else
            place=$((place + 1))
        fi
    done
    __kmsgatectl_found=""
    if [[ -n "$waits" ]]; then
        __kmsgatectl_found="${__kmsgatectl_values[$waits]}"
        return
    fi
    key="$noun ${verb:-${meant:--}}"
    if [[ "$__kmsgatectl_current" == -* ]]; then
        __kmsgatectl_found="${__kmsgatectl_options[$key]} $__kmsgatectl_everybody"
    elif [[ -z "$noun" ]]; then
        __kmsgatectl_found="$__kmsgatectl_nouns"
    elif [[ -z "$verb" && -n "${__kmsgatectl_verbs[$noun]}" ]]; then
        __kmsgatectl_found="${__kmsgatectl_verbs[$noun]}"
    else
        local first="$key $((place + 1))" more="$key more"
        __kmsgatectl_found="${__kmsgatectl_places[$first]:-${__kmsgatectl_places[$more]}}"
    fi
}
__kmsgatectl_ask() {
    if [[ -n "$__kmsgatectl_socket" ]]; then
        "$__kmsgatectl_program" --socket "$__kmsgatectl_socket" __complete "$1" 2>/dev/null
    else
        "$__kmsgatectl_program" __complete "$1" 2>/dev/null
    fi
}
)sh";

constexpr std::string_view kBash = R"sh(
_kmsgatectl() {
    local __kmsgatectl_current="${COMP_WORDS[COMP_CWORD]}" __kmsgatectl_program="${COMP_WORDS[0]}"
    local __kmsgatectl_found __kmsgatectl_socket word
    [[ "$__kmsgatectl_current" == "=" ]] && __kmsgatectl_current=""
    __kmsgatectl_look "${COMP_WORDS[@]:1:COMP_CWORD-1}"
    COMPREPLY=()
    case "$__kmsgatectl_found" in
        @none | "") return ;;
        @files)
            compopt -o filenames 2>/dev/null
            while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$__kmsgatectl_current")
            return ;;
        @*) __kmsgatectl_found="$(__kmsgatectl_ask "${__kmsgatectl_found#@}")" ;;
    esac
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(
        set -f
        for word in $__kmsgatectl_found; do
            [[ "$word" == "$__kmsgatectl_current"* ]] && printf '%q\n' "$word"
        done
    )
}
complete -F _kmsgatectl kmsgatectl
)sh";

constexpr std::string_view kZsh = R"sh(
_kmsgatectl() {
    local __kmsgatectl_current="$PREFIX" __kmsgatectl_program="${words[1]}"
    local __kmsgatectl_found __kmsgatectl_socket
    __kmsgatectl_look "${(@Q)words[2,CURRENT-1]}"
    case "$__kmsgatectl_found" in
        @none | "") return 1 ;;
        @files) _files; return ;;
        @*) __kmsgatectl_found="$(__kmsgatectl_ask "${__kmsgatectl_found#@}")" ;;
    esac
    compadd -- ${=__kmsgatectl_found}
}
# Loaded by compinit out of $fpath, or sourced.
if [[ "${funcstack[1]}" == _kmsgatectl ]]; then
    _kmsgatectl "$@"
else
    compdef _kmsgatectl kmsgatectl
fi
)sh";

}  // namespace

std::string bash_completion() {
    return "# bash completion of kmsgatectl, made by `kmsgatectl completion bash`\n" + data(kBashArrays) +
           std::string(kWalk.substr(1)) + std::string(kBash.substr(1));
}

std::string zsh_completion() {
    return "#compdef kmsgatectl\n# made by `kmsgatectl completion zsh`\n" + data(kZshArrays) +
           std::string(kWalk.substr(1)) + std::string(kZsh.substr(1));
}

}  // namespace kmsgate::control::cli

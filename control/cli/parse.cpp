// SPDX-License-Identifier: BSD-3-Clause
// The only file that knows CLI11.
#include "control/cli/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <sstream>

#include "control/cli/version.hpp"

namespace kmsgate::control::cli {
namespace {

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Told usage(const std::string& what) {
    return {2, "kmsgatectl: " + what + "\nRun with --help for more information.\n"};
}

std::string joined(std::span<const std::string> words) {
    std::string out;
    for (const std::string& w : words) out += (out.empty() ? "" : ", ") + w;
    return out;
}

/// The words that may stand behind `noun`; with none the nouns.
std::vector<std::string> words_after(std::string_view noun) {
    std::vector<std::string> out;
    if (noun.empty()) {
        for (const Noun& n : nouns())
            if (!find_verb(n.name, "") || !find_verb(n.name, "")->hidden) out.push_back(n.name);
    } else {
        for (const Verb& v : verbs())
            if (v.noun == noun && !v.hidden) out.push_back(v.verb);
    }
    return out;
}

bool is_help(std::string_view word) {
    return word == "--help" || word == "-h";
}

/// Options of everybody that stand before the noun: how many words they take, or nullopt.
std::size_t leading_options(std::span<const std::string> words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("-")) {
        const auto known = std::ranges::find(globals(), words[at], &Argument::name);
        const bool value = known != globals().end() && known->takes != Takes::nothing;
        at += value ? 2 : 1;
    }
    return std::min(at, words.size());
}

/// Puts the verb in that is meant where none is written; says what is wrong with the words that are.
std::optional<Told> complete_words(std::vector<std::string>& words) {
    const std::size_t at = leading_options(words);
    if (at == words.size()) return std::nullopt;
    const std::string noun = words[at];
    if (!is_noun(noun)) return usage("unknown word `" + noun + "`; write one of " + joined(words_after({})));
    if (find_verb(noun, "")) return std::nullopt;
    const Verb* fallback = fallback_verb(noun);
    const auto rest = std::span(words).subspan(at + 1);
    // The verb may stand behind options of everybody, too.
    const std::size_t skipped = leading_options(rest);
    const bool written = skipped < rest.size() && find_verb(noun, rest[skipped]);
    if (written || std::ranges::any_of(rest.first(skipped), is_help)) return std::nullopt;
    if (!rest.empty() && skipped == 0)
        return usage("unknown word `" + rest[0] + "` behind `" + noun + "`; write one of " +
                     joined(words_after(noun)));
    if (!fallback) return usage("what about `" + noun + "`? write one of " + joined(words_after(noun)));
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, fallback->verb);
    return std::nullopt;
}

std::string footer(const std::vector<std::string>& examples) {
    std::string out = "Examples:\n";
    for (const std::string& e : examples) out += "  " + e + "\n";
    return out + "--socket, --json and --timeout: see kmsgatectl --help\n";
}

/// One verb's arguments as CLI11 has them; what is found goes to `values`.
class Adder {
  public:
    explicit Adder(Line& line) : line_(line) {}

    void add(CLI::App& app, const Argument& a) {
        if (a.takes == Takes::nothing) {
            app.add_flag_function(
                a.name, [this, name = a.name](std::int64_t) { line_.values[name] = {""}; }, a.help);
            return;
        }
        CLI::Option* option = nullptr;
        if (a.many) {
            option = app.add_option_function<std::vector<std::string>>(
                a.name, [this, name = a.name](const std::vector<std::string>& v) { line_.values[name] = v; },
                a.help);
            // `--outcome drop FILE`: what follows the value is not another one.
            if (!a.by_place())
                option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
        } else {
            option = app.add_option_function<std::string>(
                a.name, [this, name = a.name](const std::string& v) { line_.values[name] = {v}; }, a.help);
        }
        // What stands by its place is called by its name already.
        option->type_name(a.takes == Takes::word ? words_shown(a) : a.by_place() ? "" : a.shown);
        option->required(a.required);
        if (a.takes == Takes::word) option->check(CLI::Validator(among(a), ""));
        if (a.takes == Takes::number) option->check(CLI::Validator(between(a), ""));
    }

  private:
    static std::string words_shown(const Argument& a) {
        if (a.words.size() > 8) return a.shown;
        std::string out;
        for (const std::string& w : a.words) out += (out.empty() ? "" : "|") + w;
        return out;
    }
    static std::function<std::string(std::string&)> among(const Argument& a) {
        return [words = a.words](std::string& value) -> std::string {
            if (std::ranges::find(words, value) != words.end()) return {};
            return "`" + value + "` is not known; write one of " + joined(words);
        };
    }
    static std::function<std::string(std::string&)> between(const Argument& a) {
        return [least = a.least, most = a.most](std::string& value) -> std::string {
            const auto n = to_number(value);
            if (n && *n >= least && *n <= most) return {};
            return "`" + value + "` is no number from " + std::to_string(least) + " to " +
                   std::to_string(most);
        };
    }
    Line& line_;
};

/// Faults that CLI11 cannot see; empty when there is none.
std::string fault_of(const Line& line) {
    std::map<std::string, std::pair<int, std::string>> groups;
    for (const Argument& a : line.verb->arguments) {
        if (a.group.empty()) continue;
        auto& [count, names] = groups[a.group];
        count += line.has(a.name) ? 1 : 0;
        names += (names.empty() ? "" : " or ") + a.name;
    }
    for (const auto& [group, seen] : groups)
        if (seen.first != 1) return "give " + seen.second + (seen.first > 1 ? ", not both" : "");
    return {};
}

}  // namespace

std::string Line::get(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() || at->second.empty() ? std::string() : at->second.front();
}
std::vector<std::string> Line::all(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() ? std::vector<std::string>() : at->second;
}
std::optional<std::uint64_t> Line::number(std::string_view name) const {
    return has(name) ? to_number(get(name)) : std::nullopt;
}

std::expected<Line, Told> parse(std::span<const std::string> given) {
    std::vector<std::string> words(given.begin(), given.end());
    if (auto fault = complete_words(words)) return std::unexpected(std::move(*fault));

    Line line;
    Adder adder(line);
    CLI::App app("kmsgatectl: asks and tells kmsgate-control", "kmsgatectl");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("kmsgatectl ") + kVersion);
    app.footer(
        "`kmsgatectl NOUN --help` and `kmsgatectl NOUN VERB --help` show options and examples.\n"
        "Exit codes: 0 done; 1 refused; 2 usage; 3 daemon not reached");
    for (const Argument& a : globals()) adder.add(app, a);
    for (const Noun& n : nouns()) {
        CLI::App* noun = app.add_subcommand(n.name, n.help)->fallthrough();
        std::vector<std::string> examples;
        for (const Verb& v : verbs()) {
            if (v.noun != n.name) continue;
            CLI::App* verb = v.verb.empty() ? noun : noun->add_subcommand(v.verb, v.help)->fallthrough();
            if (v.verb.empty()) noun->description(v.help);
            if (v.hidden) verb->group("");
            for (const Argument& a : v.arguments) adder.add(*verb, a);
            verb->footer(footer(v.examples));
            verb->parse_complete_callback([&line, &v] { line.verb = &v; });
            examples.insert(examples.end(), v.examples.begin(), v.examples.end());
        }
        if (find_verb(n.name, "")) continue;
        noun->require_subcommand(1);
        noun->footer(footer(examples));
    }
    try {
        std::ranges::reverse(words);
        app.parse(words);
    } catch (const CLI::ParseError& e) {
        std::ostringstream out;
        std::ostringstream err;
        if (app.exit(e, out, err) == 0) return std::unexpected(Told{0, out.str()});
        return std::unexpected(Told{2, "kmsgatectl: " + err.str()});
    }
    if (const std::string fault = fault_of(line); !fault.empty()) return std::unexpected(usage(fault));
    return line;
}

}  // namespace kmsgate::control::cli

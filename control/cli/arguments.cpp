// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/arguments.hpp"

#include <utility>

namespace kmsgate::control::cli {

std::vector<std::string> texts(std::span<const watch::Word> words) {
    std::vector<std::string> out;
    for (const watch::Word& w : words) out.emplace_back(w.text);
    return out;
}

Argument option(std::string name, Takes takes, std::string shown, std::string help) {
    return {.name = std::move(name), .takes = takes, .help = std::move(help), .shown = std::move(shown)};
}
Argument flag(std::string name, std::string help) {
    return {.name = std::move(name), .takes = Takes::nothing, .help = std::move(help)};
}
Argument number(std::string name, std::string shown, std::string help, std::uint64_t least,
                std::uint64_t most) {
    Argument a = option(std::move(name), Takes::number, std::move(shown), std::move(help));
    a.least = least;
    a.most = most;
    return a;
}
Argument word(std::string name, std::vector<std::string> words, std::string help) {
    Argument a = option(std::move(name), Takes::word, "WORD", std::move(help));
    a.words = std::move(words);
    return a;
}
Argument must(Argument a) {
    a.required = true;
    return a;
}
Argument many(Argument a) {
    a.many = true;
    return a;
}
Argument one_of(std::string group, Argument a) {
    a.group = std::move(group);
    return a;
}

Argument edge_filter() {
    return option("--edge", Takes::edge, "EDGE", "only this edge");
}
Argument policy_file() {
    return must(option("FILE", Takes::file, "FILE", "policy in YAML; - is standard input"));
}
Argument domain() {
    return must(option("DOMAIN", Takes::domain, "DOMAIN", "domain of the policy"));
}
Argument user() {
    return must(option("USER", Takes::text, "USER", "user's URI: sip:alice@mc1.example, tel:+442012345678"));
}
Argument seconds(std::string help) {
    return number("--seconds", "S", std::move(help), 1, 3600);
}

std::vector<Argument> filters() {
    Argument reason = option("--reason", Takes::word, "REASON", "only this reason");
    reason.words = texts(watch::reasons());
    for (std::string& cause : texts(watch::causes())) reason.words.push_back(std::move(cause));
    return {edge_filter(), word("--verdict", texts(watch::verdicts()), "only messages with this verdict"),
            std::move(reason),
            option("--user", Takes::text, "USER", "only messages of this user, as either side"),
            option("--call-id", Takes::text, "ID", "only this Call-ID")};
}

}  // namespace kmsgate::control::cli

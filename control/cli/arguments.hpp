// SPDX-License-Identifier: BSD-3-Clause
// The words that the table of grammar.cpp is written in: kinds of arguments, and those that several verbs
// take.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "control/cli/grammar.hpp"
#include "dataplane/watch/registry.hpp"

namespace kmsgate::control::cli {

/// Words of the registry as values of an argument.
[[nodiscard]] std::vector<std::string> texts(std::span<const watch::Word> words);

[[nodiscard]] Argument option(std::string name, Takes takes, std::string shown, std::string help);
[[nodiscard]] Argument flag(std::string name, std::string help);
[[nodiscard]] Argument number(std::string name, std::string shown, std::string help, std::uint64_t least,
                              std::uint64_t most);
[[nodiscard]] Argument word(std::string name, std::vector<std::string> words, std::string help);

// The same argument, but it has to be given, may be given more than once, or one of its group is.
[[nodiscard]] Argument must(Argument a);
[[nodiscard]] Argument many(Argument a);
[[nodiscard]] Argument one_of(std::string group, Argument a);

[[nodiscard]] Argument edge_filter();
[[nodiscard]] Argument policy_file();
[[nodiscard]] Argument domain();
[[nodiscard]] Argument user();
[[nodiscard]] Argument seconds(std::string help);
/// What events and traces are chosen by.
[[nodiscard]] std::vector<Argument> filters();

}  // namespace kmsgate::control::cli

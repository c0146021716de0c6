// SPDX-License-Identifier: BSD-3-Clause
// A command line by the grammar's table.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/grammar.hpp"

namespace kmsgate::control::cli {

/// A command line that the grammar takes.
struct Line {
    const Verb* verb = nullptr;
    std::map<std::string, std::vector<std::string>, std::less<>> values;  ///< by name; a flag has one, empty

    [[nodiscard]] bool has(std::string_view name) const { return values.contains(name); }
    /// The first value, or empty.
    [[nodiscard]] std::string get(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
};

/// A command line that needs no command: --help, --version, or a fault.
struct Told {
    int exit = 2;      ///< 0 for --help and --version, else 2
    std::string text;  ///< for standard output when exit is 0, else for standard error; ends with a line end
};

/// `words`: the arguments without the program's name.
[[nodiscard]] std::expected<Line, Told> parse(std::span<const std::string> words);

}  // namespace kmsgate::control::cli

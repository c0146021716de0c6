// SPDX-License-Identifier: BSD-3-Clause
// A flat YAML map of texts and lists of texts, with places; and the faults found in it. Inside this room
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::client::select {

/// Line and column, from 1.
struct Place {
    int line = 1;
    int column = 1;
};

/// Nothing is typed: `true`, `1` and `null` are the texts they are written as.
struct Word {
    std::string text;
    Place place;
};

struct Entry {
    enum class Kind : std::uint8_t { nothing, word, list, map };
    Word key;
    Kind kind = Kind::nothing;
    Place value;              ///< of the value; of nothing: of the key
    std::vector<Word> words;  ///< word: one; list: its texts
};
/// "a list".
[[nodiscard]] std::string_view describe(Entry::Kind kind) noexcept;

/// In file order; a key may stand twice.
struct Yaml {
    Place start;
    std::vector<Entry> entries;
};

/// Faults of one file.
class Problems {
  public:
    explicit Problems(std::string file) : file_(std::move(file)) {}
    /// `what` is wrong at `place`; `remedy` says what would be right.
    void add(Place place, const std::string& what, const std::string& remedy);
    [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
    /// "file:line:column: what; remedy", in file order.
    [[nodiscard]] std::vector<std::string> lines() const;

  private:
    struct Problem {
        Place place;
        std::string text;
    };
    std::string file_;
    std::vector<Problem> found_;
};

/// Text of a file as it can stand in a message: what is not printable ASCII as \xNN, at most 80 characters.
[[nodiscard]] std::string printable(std::string_view text);

/// Reads the one document of `text`. Entries that have no place in a flat map are reported and left out;
/// nullopt when it is no map at all.
[[nodiscard]] std::optional<Yaml> read_yaml(std::string_view text, Problems& problems);

}  // namespace kmsgate::client::select

// SPDX-License-Identifier: BSD-3-Clause
// Files of user tags: CSV with the header domain,user,tags; tags are separated by blanks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace kmsgate::control::cli {

struct TagRow {
    std::size_t line = 0;               ///< in the file, from 1
    std::array<std::string, 3> fields;  ///< domain, user, tags
};

/// The three fields of one line (RFC 4180 without line ends inside quotes), blanks around them cut; the error
/// says what is wrong and what would be right.
[[nodiscard]] std::expected<std::array<std::string, 3>, std::string> csv_fields(std::string_view line);

/// Reads a file row by row: it may be larger than memory.
class CsvReader {
  public:
    /// False: the file cannot be read; see errno.
    [[nodiscard]] bool open(const std::string& path);
    /// The next row; nullopt at the end; the error is "file:line: what is wrong; what would be right".
    /// Reading may go on behind it.
    [[nodiscard]] std::expected<std::optional<TagRow>, std::string> next();

  private:
    std::string path_;
    std::ifstream file_;
    std::size_t line_ = 0;
};

}  // namespace kmsgate::control::cli

// SPDX-License-Identifier: BSD-3-Clause
// Messages in a file, for programs that do not make them: each its size (four bytes, little-endian) and its
// bytes.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace kmsgate::peers {

/// All messages of a file, or what is wrong with it.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> read_messages(const std::string& path);
/// Writes them; what went wrong, or nothing.
[[nodiscard]] std::expected<void, std::string> write_messages(const std::string& path,
                                                              const std::vector<std::string>& messages);

}  // namespace kmsgate::peers

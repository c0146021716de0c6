// SPDX-License-Identifier: BSD-3-Clause
// A file read whole.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace kmsgate::traffic {

/// Nothing when it cannot be read; a folder cannot.
[[nodiscard]] inline std::optional<std::string> read_file(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace kmsgate::traffic

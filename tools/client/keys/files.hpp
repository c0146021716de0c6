// SPDX-License-Identifier: BSD-3-Clause
// The files of this room: read with a bound, written whole or not at all, named so that no URI leads out of
// its folder.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace kmsgate::client::keys {

/// A whole regular file of at most `most` bytes; the error says what is wrong, without the path.
[[nodiscard]] std::expected<std::string, std::string> read_file(const std::string& path, std::size_t most);
/// Writes beside the file, then renames: a reader sees the old text or the new one, and what a link of that
/// name pointed to is left alone. `mode`: as for chmod.
[[nodiscard]] std::expected<void, std::string> write_file(const std::string& path, std::string_view text,
                                                          unsigned mode);
/// `uri` as part of a file name: lower case letters of host names and digits stay, what could mean something
/// to a file system becomes %XX, and a long one is cut and ends in a hash. Different URIs (up to 512
/// bytes) give different names.
[[nodiscard]] std::string file_part(std::string_view uri);

}  // namespace kmsgate::client::keys

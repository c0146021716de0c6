// SPDX-License-Identifier: BSD-3-Clause
// The grammar's table as completion scripts.
#pragma once

#include <string>

namespace kmsgate::control::cli {

/// For `eval "$(kmsgatectl completion bash)"`, or a file under bash-completion's folder.
[[nodiscard]] std::string bash_completion();
/// For a file `_kmsgatectl` in a folder of $fpath, or to be sourced behind compinit.
[[nodiscard]] std::string zsh_completion();

}  // namespace kmsgate::control::cli

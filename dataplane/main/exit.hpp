// SPDX-License-Identifier: BSD-3-Clause
// Exit codes of all kmsgate programs, and a failure that ends one.
#pragma once

#include <string>

namespace kmsgate::box {

inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;  ///< understood, and not done
inline constexpr int kUsage = 2;    ///< command line or kmsgate.yaml
inline constexpr int kInput = 3;    ///< a file, a port or a peer was not reached

/// Why the program ends: what is wrong, what would be right.
struct Failure {
    int code = kRefused;
    std::string text;
};

}  // namespace kmsgate::box

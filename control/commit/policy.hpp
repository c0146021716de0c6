// SPDX-License-Identifier: BSD-3-Clause
// A policy as control handles it: compiled, and compared with the running one. Pure; runs on the compiler's
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/link/fault.hpp"
#include "control/link/link.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::control {

/// A policy without errors, and what calls need to know of it.
struct Policy {
    struct Edge {
        std::string name;
        std::string mode;
        std::string domain;
        std::string proxy;
    };
    std::string text;
    policy::compile::SealedPtr sealed;
    BytesPtr blob;  ///< the bytes in `sealed`
    std::string digest;
    std::set<std::string, std::less<>> tags;
    std::set<std::string, std::less<>> domains;
    std::vector<Edge> edges;

    [[nodiscard]] const Edge* edge(std::string_view name) const;
};
using PolicyPtr = std::shared_ptr<const Policy>;

/// What the compiler says.
struct Made {
    PolicyPtr policy;  ///< null: there are errors
    JsonPtr problems;  ///< array: {severity, file, line, column, what, remedy, text}
    std::size_t errors = 0;
    std::size_t warnings = 0;
};

/// Reads, checks, compiles and verifies. `served`: edges that must be there, because kmsgate.yaml has ports
/// for them. `compiler` keeps what the next policy may have in common with this one.
[[nodiscard]] Made make_policy(policy::compile::Compiler& compiler, std::string text, const std::string& file,
                               const std::vector<std::string>& served);

/// What changes in meaning.
struct Plan {
    JsonPtr changes;  ///< array, at most kMostChanges
    std::size_t more = 0;
    std::set<std::string, std::less<>> edges;  ///< that the changes name
    bool none = true;
};
inline constexpr std::size_t kMostChanges = 10'000;

/// `running` may be null.
[[nodiscard]] Plan make_plan(const Policy* running, const Policy& next);

/// "sha256:" and 64 hexadecimal digits.
[[nodiscard]] std::string sha256(std::string_view text);

}  // namespace kmsgate::control

// SPDX-License-Identifier: BSD-3-Clause
// The subcommands, each from its options to an exit code.
#pragma once

#include <memory>

#include "tools/traffic/guide.hpp"
#include "tools/traffic/options.hpp"
#include "tools/traffic/population.hpp"

namespace kmsgate::traffic {

inline constexpr int kDone = 0, kNotMet = 1, kUsage = 2, kNotReached = 3;

/// "kmsgate-traffic: .." on standard error, a line each; the code.
int fail(int code, const std::vector<std::string>& lines);
int fail(int code, const std::string& line);

/// What a load is made from.
struct Load {
    Profile profile;
    std::unique_ptr<Guide> guide;  ///< null without --policy
};
/// Reads profile and policy; an exit code after a fault.
[[nodiscard]] std::expected<Load, int> load_of(const Options& options);
/// Writes the file of --tags; an exit code when it cannot be written.
[[nodiscard]] std::optional<int> write_tags(const Options& options, const Population& population);

int make(const Options& options);
int live(const Options& options);
int report(const Options& options);

}  // namespace kmsgate::traffic

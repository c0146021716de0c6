// SPDX-License-Identifier: BSD-3-Clause
// The place behind a sink: takes bytes or says that it does not, at once. Inside this room only.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace kmsgate::control::events {

class Target {
  public:
    /// What became of one attempt to write.
    struct Took {
        std::size_t bytes = 0;
        bool failed = false;  ///< an error, not just a target that is full for now
    };

    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;

    /// Whole lines; some bytes of them may be taken. Never blocks.
    virtual Took write(std::string_view lines) = 0;
    /// Was the file moved or removed since it was opened, or is it not open?
    [[nodiscard]] virtual bool stale() const = 0;
    /// Opens anew; false: what was open stays open. True also where there is nothing to open.
    virtual bool reopen() = 0;
};

/// By Settings::file: a path, `stdout`, `syslog`.
[[nodiscard]] std::expected<std::unique_ptr<Target>, std::string> open_target(const std::string& file,
                                                                              const std::string& identity);

}  // namespace kmsgate::control::events

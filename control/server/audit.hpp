// SPDX-License-Identifier: BSD-3-Clause
// The audit log: one JSON line for each change or refused change. A change that it cannot hold is not made.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "control/link/fault.hpp"

namespace kmsgate::control {

class Audit {
  public:
    /// A place for one line, reserved before the change is made.
    class Place {
      public:
        explicit Place(int fd) noexcept : fd_(fd) {}
        ~Place();
        Place(Place&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        Place& operator=(Place&&) = delete;
        /// Writes the line through to the disk; false: it could not (the log says so).
        bool write(const Json& line) const;

      private:
        int fd_;
    };

    explicit Audit(std::string path) : path_(std::move(path)) {}
    /// Opens the file (it may have been moved away since the last line) and reserves room on the disk. The
    /// error says what is wrong and what would be right.
    [[nodiscard]] std::expected<Place, std::string> place() const;

  private:
    std::string path_;
};

/// The line of a change. `result`: "done", or the name of the fault.
[[nodiscard]] Json audit_line(const Who& who, const std::string& method, const Json& params,
                              const Result& result);

}  // namespace kmsgate::control

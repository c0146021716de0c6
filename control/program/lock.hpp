// SPDX-License-Identifier: BSD-3-Clause
// One kmsgate-control for a state folder.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace kmsgate::control {

/// flock(2) on a file, for as long as it lives.
class Lock {
  public:
    /// Writes who holds it into the file. The error says who does, or what is wrong.
    [[nodiscard]] static std::expected<Lock, std::string> take(const std::string& path);
    ~Lock();
    Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Lock& operator=(Lock&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

  private:
    explicit Lock(int fd) noexcept : fd_(fd) {}
    int fd_;
};

}  // namespace kmsgate::control

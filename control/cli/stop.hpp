// SPDX-License-Identifier: BSD-3-Clause
// Ctrl-C as something to read, while a stream runs. Inside this room only.
#pragma once

#include <signal.h>

namespace kmsgate::control::cli {

/// While it lives SIGINT and SIGTERM do not end the process; fd() can be read once one came.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    sigset_t before_{};
    int fd_ = -1;
};

}  // namespace kmsgate::control::cli

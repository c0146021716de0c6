// SPDX-License-Identifier: BSD-3-Clause
// Programs that the lab runs beside itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace kmsgate::lab {

/// Runs a command to its end with that text as its input; its output, or an error that holds what it said.
[[nodiscard]] std::expected<std::string, std::string> run_command(const std::vector<std::string>& words,
                                                                  const std::string& input = {});

/// Somebody asked this process to end (SIGINT, SIGTERM); known after catch_signals().
[[nodiscard]] bool interrupted() noexcept;
void catch_signals() noexcept;

/// A program in a network namespace; ends with the object.
class LiveProcess {
  public:
    /// Output goes to `log`.
    [[nodiscard]] static std::expected<LiveProcess, std::string> start(const std::string& space,
                                                                       const std::vector<std::string>& words,
                                                                       const std::string& log);
    /// Asks it to end; kills one that does not within five seconds.
    ~LiveProcess();
    LiveProcess(LiveProcess&& other) noexcept;
    LiveProcess& operator=(LiveProcess&&) = delete;

    /// Until its output has that line; the error holds what it said instead.
    [[nodiscard]] std::expected<void, std::string> wait_line(const std::string& line,
                                                             std::chrono::seconds most);

  private:
    LiveProcess() = default;
    [[nodiscard]] bool ended() noexcept;
    [[nodiscard]] std::string output() const;

    pid_t pid_ = -1;
    std::string name_, log_;
};

}  // namespace kmsgate::lab

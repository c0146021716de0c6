// SPDX-License-Identifier: BSD-3-Clause
// Where JSON lines go: a file, standard output or syslog. Never blocks, never grows; counts what it must
// drop.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kmsgate::control::events {

struct Settings {
    std::string file;                  ///< a path, or the words `stdout` and `syslog`
    unsigned per_second = 1000;        ///< lines, bursts of twice as many; 0: no limit (audit)
    std::string identity = "kmsgate";  ///< name in syslog; one sink a process may write there
};

/// The clocks that a sink reads; tests bring their own.
struct Clock {
    std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
    std::function<double()> wall;  ///< seconds since 1970; empty: the system's
};

struct Counts {
    std::uint64_t written = 0;     ///< lines that the target took whole
    std::uint64_t suppressed = 0;  ///< lines beyond the rate
    std::uint64_t lost = 0;        ///< lines that the target did not take in time, or too long (64 KiB)
    std::uint64_t errors = 0;      ///< failed writes and openings; each is tried again
    std::uint64_t reopened = 0;
};

/// One thread uses it. The process must ignore SIGPIPE.
class Sink {
  public:
    /// Bytes of lines that wait for a target that does not take them; beyond it lines are lost.
    static constexpr std::size_t kMaxWaiting = 1 << 20;
    static constexpr std::size_t kMaxLine = 1 << 16;

    /// Opens the target (a file is made with mode 0640, lines are added at its end). The error says what is
    /// wrong and what would be right.
    [[nodiscard]] static std::expected<std::unique_ptr<Sink>, std::string> open(Settings settings,
                                                                                Clock clock = {});
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    /// One JSON object, with or without its line end; further line ends inside become blanks.
    void write(std::string_view line);
    /// To be called about once a second: tries again what waits, sees that the file was moved away
    /// (logrotate), and writes {"event":"suppressed","count":N,"since":T} when lines were suppressed since
    /// the last one.
    void tick();
    /// SIGHUP: closes the file and opens its path again. Lines that wait go to the new file.
    void reopen();
    [[nodiscard]] const Counts& counts() const noexcept;

  private:
    Sink();
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::control::events

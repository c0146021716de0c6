// SPDX-License-Identifier: BSD-3-Clause
// One thread, one poll(): sockets, timers and the signals that end the program.
#pragma once

#include <poll.h>

#include <optional>
#include <span>
#include <vector>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::program {

/// Something that the loop serves.
class Source {
  public:
    Source() = default;
    virtual ~Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// Adds what it waits for.
    virtual void watch(std::vector<pollfd>& fds) = 0;
    /// Acts on `ready`, the entries that watch() added, and on timers that are due.
    virtual void serve(std::span<const pollfd> ready, Time now) = 0;
    [[nodiscard]] virtual std::optional<Time> next_timer() const = 0;
    /// It needs nothing more.
    [[nodiscard]] virtual bool done(Time now) const = 0;
};

/// Time of day that never goes back: MIKEY needs the date, timers need an order.
class Clock {
  public:
    [[nodiscard]] Time now();

  private:
    Time last_ = 0;
};

/// While it lives SIGINT and SIGTERM come only when the loop waits, and end it.
class Signals {
  public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
};

/// Serves until all sources are done (true) or a signal came (false).
[[nodiscard]] bool run(std::span<Source* const> sources, Clock& clock);

}  // namespace kmsgate::client::program

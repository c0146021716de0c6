// SPDX-License-Identifier: BSD-3-Clause
// A table that was pushed, on its way into force. What takes time (proving it, writing last.table) is done on
// a thread of its own, so that events and rosters do not wait for it.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dataplane/link/errand.hpp"
#include "dataplane/link/requests.hpp"
#include "dataplane/publish/publisher.hpp"

namespace kmsgate::link {

/// Link thread only; one table at a time.
class TableWork {
  public:
    /// `wake` is called on another thread when go_on() has something to do.
    TableWork(publish::Publisher& publisher, std::function<void()> wake)
        : publisher_(publisher), wake_(std::move(wake)) {}

    [[nodiscard]] bool idle() const noexcept { return errand_.idle(); }
    /// Only while idle().
    void begin(TablePush push);
    /// The next step, when the last one has ended. The answer to the push once it is in force (or is not) and
    /// on the disk.
    [[nodiscard]] std::optional<std::string> go_on();

  private:
    [[nodiscard]] std::string finish(std::expected<publish::Published, publish::Refusal> end);

    publish::Publisher& publisher_;
    std::function<void()> wake_;
    TablePush push_;
    std::chrono::steady_clock::time_point start_;
    std::expected<std::shared_ptr<publish::Proven>, publish::Refusal> proven_;
    std::expected<publish::Published, publish::Refusal> published_;
    std::expected<void, std::string> kept_;
    bool keeping_ = false;
    Errand errand_;  ///< last: it ends before what it works on
};

}  // namespace kmsgate::link

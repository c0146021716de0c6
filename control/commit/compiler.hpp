// SPDX-License-Identifier: BSD-3-Clause
// One thread for long work, so that the loop never waits: a large policy takes seconds to compile.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "control/link/loop.hpp"

namespace kmsgate::control {

class Compiler {
  public:
    /// What the loop does with the outcome.
    using After = std::function<void()>;
    /// Runs on the thread; must not touch what the loop owns.
    using Work = std::function<After()>;
    enum class Order { first, last };
    static constexpr std::size_t kMostWaiting = 16;

    explicit Compiler(Loop& loop);
    /// Waits for the work at hand; what waits is dropped.
    ~Compiler();
    Compiler(const Compiler&) = delete;
    Compiler& operator=(const Compiler&) = delete;

    /// False: too much waits already (what goes first is always taken).
    [[nodiscard]] bool submit(Order order, Work work);

  private:
    void run();

    Loop& loop_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<Work> waiting_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace kmsgate::control

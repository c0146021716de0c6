// SPDX-License-Identifier: BSD-3-Clause
// One thing at a time that is done beside the link thread's own work.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

namespace kmsgate::link {

class Errand {
  public:
    Errand() = default;
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;
    ~Errand() {
        if (thread_.joinable()) thread_.join();
    }

    /// Runs `work` on another thread, then `wake` there. Only while idle().
    void start(std::function<void()> work, std::function<void()> wake) {
        done_.store(false, std::memory_order_relaxed);
        busy_ = true;
        thread_ = std::thread([this, work = std::move(work), wake = std::move(wake)] {
            work();
            done_.store(true, std::memory_order_release);
            wake();
        });
    }
    [[nodiscard]] bool idle() const noexcept { return !busy_; }
    /// True once, after the work has ended; what it wrote may be read then.
    [[nodiscard]] bool finished() {
        if (!busy_ || !done_.load(std::memory_order_acquire)) return false;
        thread_.join();
        busy_ = false;
        return true;
    }

  private:
    std::thread thread_;
    std::atomic<bool> done_ = false;
    bool busy_ = false;
};

}  // namespace kmsgate::link

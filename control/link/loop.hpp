// SPDX-License-Identifier: BSD-3-Clause
// The event loop that everything in kmsgate-control runs on; other threads only post to it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

struct event_base;
struct bufferevent;

namespace kmsgate::control {

/// Closes the socket with it.
struct FreeStream {
    void operator()(bufferevent* stream) const noexcept;
};
using Stream = std::unique_ptr<bufferevent, FreeStream>;

/// A call to come; none any more once it is destroyed or was made.
class Timer {
  public:
    Timer();
    ~Timer();
    Timer(Timer&&) noexcept;
    Timer& operator=(Timer&&) noexcept;
    [[nodiscard]] bool armed() const noexcept { return inside_ != nullptr; }

  private:
    friend class Loop;
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// One thread runs it. What it calls must not throw.
class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Until stop().
    void run();
    /// Any thread.
    void stop();
    /// Runs `work` on the loop's thread, in the order of posting. Any thread.
    void post(std::function<void()> work);
    /// Once, after `delay`. Loop's thread, or before run().
    [[nodiscard]] Timer after(std::chrono::milliseconds delay, std::function<void()> work);
    /// Whenever the process gets this signal, until the loop ends.
    void on_signal(int number, std::function<void()> work);

    [[nodiscard]] event_base* base() noexcept;

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::control

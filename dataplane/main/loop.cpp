// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/loop.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string>

#include "dataplane/main/log.hpp"
#include "dataplane/main/notify.hpp"

namespace kmsgate::box {
namespace {

constexpr std::uint64_t kBoard = core::kSecond / 2;
constexpr std::uint64_t kClock = core::kSecond;

std::uint64_t monotonic() noexcept {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * core::kSecond + static_cast<std::uint64_t>(t.tv_nsec);
}

void tell(const nic::LinkWatch::Change& c) {
    const std::string_view state = c.up ? "up" : "down";
    if (c.failed)
        warn("port {}: its device refuses to take the link {}", c.port, state);
    else if (c.ours)
        warn("port {}: link taken {} because its partner is", c.port, state);
    else
        warn("port {}: link is {}", c.port, state);
}

class Loop {
  public:
    explicit Loop(Box& box)
        : box_(box),
          beats_(box.workers().size(), monotonic()),
          hanging_(box.workers().size()),
          watchdog_(watchdog_interval()) {}

    int run() {
        sigset_t wanted;
        sigemptyset(&wanted);
        sigaddset(&wanted, SIGINT);
        sigaddset(&wanted, SIGTERM);
        for (;;) {
            const std::uint64_t now = monotonic();
            const std::uint64_t next = work(now);
            const std::uint64_t wait = next > now ? next - now : 0;
            const timespec time{.tv_sec = static_cast<time_t>(wait / core::kSecond),
                                .tv_nsec = static_cast<long>(wait % core::kSecond)};
            const int signal = sigtimedwait(&wanted, nullptr, &time);
            if (signal == SIGINT || signal == SIGTERM) return signal;
        }
    }

  private:
    /// When there is something to do next.
    std::uint64_t work(std::uint64_t now) {
        for (const auto& change : box_.watch_links(now)) tell(change);
        if (now >= board_) {
            box_.refresh_board();
            board_ = now + kBoard;
            look_at_workers(now);
        }
        if (now >= clock_) {
            adjust();
            clock_ = now + kClock;
        }
        if (watchdog_ && now >= ping_) {
            // a worker that hangs is for the supervisor to see
            if (std::ranges::none_of(hanging_, [](bool h) { return h; })) notify("WATCHDOG=1");
            ping_ = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(*watchdog_).count()) / 2;
        }
        return std::min({box_.next_look(), board_, clock_, watchdog_ ? ping_ : UINT64_MAX});
    }

    void look_at_workers(std::uint64_t now) {
        for (std::size_t i = 0; i < hanging_.size(); ++i) {
            const auto state = beats_.look(i, box_.workers()[i]->heartbeat(), now);
            const bool hangs = state != Heartbeats::State::moves;
            if (hangs && !hanging_[i]) fail("worker {} stands still", i);
            if (!hangs && hanging_[i]) warn("worker {} works again", i);
            hanging_[i] = hangs;
            if (state == Heartbeats::State::gone) {
                fail("worker {} has stood still for {} seconds: giving up, to be started anew", i,
                     kGone.count());
                std::abort();
            }
        }
    }

    void adjust() {
        worker::SystemClock* clock = box_.system_clock();
        if (clock == nullptr) return;
        const std::int64_t ahead = clock->adjust();
        const bool stepped = ahead < -static_cast<std::int64_t>(core::kSecond) ||
                             ahead > static_cast<std::int64_t>(core::kSecond);
        if (stepped && !stepped_)
            warn("the time of day was set {} by {} seconds{}", ahead < 0 ? "back" : "forward",
                 std::abs(ahead) / static_cast<std::int64_t>(core::kSecond),
                 ahead < 0 ? "; packet time runs at half speed until both agree" : "");
        stepped_ = stepped;
    }

    Box& box_;
    Heartbeats beats_;
    std::vector<bool> hanging_;
    std::optional<std::chrono::microseconds> watchdog_;
    std::uint64_t board_ = 0, clock_ = 0, ping_ = 0;
    bool stepped_ = false;
};

}  // namespace

Heartbeats::State Heartbeats::look(std::size_t worker, std::uint64_t count, std::uint64_t now) noexcept {
    Seen& seen = seen_[worker];
    if (seen.count != count) {
        seen = {count, now};
        return State::moves;
    }
    const std::chrono::nanoseconds still(now - seen.since);
    return still >= kGone ? State::gone : still >= kHangs ? State::hangs : State::moves;
}

int watch_over(Box& box) {
    return Loop(box).run();
}

}  // namespace kmsgate::box

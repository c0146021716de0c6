// SPDX-License-Identifier: BSD-3-Clause
#include "control/link/loop.hpp"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace kmsgate::control {
namespace {

struct FreeEvent {
    void operator()(event* e) const noexcept { ::event_free(e); }
};
using Event = std::unique_ptr<event, FreeEvent>;
struct FreeBase {
    void operator()(event_base* b) const noexcept { ::event_base_free(b); }
};

struct Signal {
    std::function<void()> work;
    Event event;
};

}  // namespace

void FreeStream::operator()(bufferevent* stream) const noexcept {
    ::bufferevent_free(stream);
}

struct Timer::Inside {
    std::function<void()> work;
    Event event;
    Timer* owner = nullptr;
};

Timer::Timer() = default;
Timer::~Timer() = default;
Timer::Timer(Timer&& other) noexcept : inside_(std::move(other.inside_)) {
    if (inside_) inside_->owner = this;
}
Timer& Timer::operator=(Timer&& other) noexcept {
    inside_ = std::move(other.inside_);
    if (inside_) inside_->owner = this;
    return *this;
}

struct Loop::Inside {
    std::unique_ptr<event_base, FreeBase> base{::event_base_new()};
    int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    Event woken;
    std::vector<std::unique_ptr<Signal>> signals;
    std::mutex mutex;
    std::vector<std::function<void()>> posted;

    void take() {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t n = ::read(wake, &count, sizeof count);
        std::vector<std::function<void()>> now;
        {
            const std::scoped_lock lock(mutex);
            now.swap(posted);
        }
        for (const auto& work : now) work();
    }
};

Loop::Loop() : inside_(std::make_unique<Inside>()) {
    inside_->woken.reset(::event_new(
        inside_->base.get(), inside_->wake, EV_READ | EV_PERSIST,
        [](int, short, void* self) { static_cast<Inside*>(self)->take(); }, inside_.get()));
    ::event_add(inside_->woken.get(), nullptr);
}

Loop::~Loop() {
    inside_->signals.clear();
    inside_->woken.reset();
    ::close(inside_->wake);
    // A stream that was let go while a deferred callback of its was due is freed by that callback (which
    // calls nobody any more); the base would forget it.
    while (::event_base_get_num_events(inside_->base.get(), EVENT_BASE_COUNT_ACTIVE) > 0 &&
           ::event_base_loop(inside_->base.get(), EVLOOP_NONBLOCK) >= 0) {
    }
}

void Loop::run() {
    ::event_base_loop(inside_->base.get(), EVLOOP_NO_EXIT_ON_EMPTY);
}

void Loop::stop() {
    post([this] { ::event_base_loopbreak(inside_->base.get()); });
}

void Loop::post(std::function<void()> work) {
    {
        const std::scoped_lock lock(inside_->mutex);
        inside_->posted.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(inside_->wake, &one, sizeof one);
}

Timer Loop::after(std::chrono::milliseconds delay, std::function<void()> work) {
    Timer out;
    out.inside_ = std::make_unique<Timer::Inside>();
    out.inside_->owner = &out;
    out.inside_->work = std::move(work);
    const auto fire = [](int, short, void* self) {
        auto* const inside = static_cast<Timer::Inside*>(self);
        // The work may destroy the timer, or set it anew.
        const std::function<void()> due = std::move(inside->work);
        inside->owner->inside_.reset();
        due();
    };
    out.inside_->event.reset(::event_new(inside_->base.get(), -1, 0, fire, out.inside_.get()));
    const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
    const timeval wait{micro / 1'000'000, micro % 1'000'000};
    ::event_add(out.inside_->event.get(), &wait);
    return out;
}

void Loop::on_signal(int number, std::function<void()> work) {
    auto signal = std::make_unique<Signal>();
    signal->work = std::move(work);
    signal->event.reset(::event_new(
        inside_->base.get(), number, EV_SIGNAL | EV_PERSIST,
        [](int, short, void* self) { static_cast<Signal*>(self)->work(); }, signal.get()));
    ::event_add(signal->event.get(), nullptr);
    inside_->signals.push_back(std::move(signal));
}

event_base* Loop::base() noexcept {
    return inside_->base.get();
}

}  // namespace kmsgate::control

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/worker.hpp"

#include <rte_pause.h>
#include <sys/prctl.h>

#include <algorithm>
#include <ctime>

#include "dataplane/memory/uid_owner.hpp"
#include "dataplane/worker/inside.hpp"

namespace kmsgate::worker {
namespace {

constexpr std::uint64_t kShortestSleep = 1'000;

}  // namespace

std::string_view to_string(Counter counter) noexcept {
    static constexpr std::array<std::string_view, kCounters> kNames = {
#define X(name, text, meaning) text,
#include "dataplane/worker/counter.def"
#undef X
    };
    return kNames[static_cast<std::size_t>(counter)];
}

Worker::Worker(const Settings& settings, const Plan& plan, publish::Current& current, Clock& clock,
               core::EventSink& sink, core::FrameTap* tap)
    : inside_(std::make_unique<Inside>(settings, plan, current, clock, sink, tap)) {}

Worker::~Worker() = default;

std::size_t Worker::poll_once() noexcept {
    return inside_->round();
}

void Worker::drain() noexcept {
    inside_->drain();
}

void Worker::run() noexcept {
    Inside& w = *inside_;
    // Linux lets sleeps of ordinary threads take 50 us longer else
    prctl(PR_SET_TIMERSLACK, 1UL);
    memory::prepare_owners();
    w.current.online(w.settings.number);
    unsigned empty = 0;
    std::uint64_t sleep = kShortestSleep;
    while (!stop_.load(std::memory_order_relaxed)) {
        w.round();
        if (w.worked) {
            empty = 0;
            sleep = kShortestSleep;
        } else if (++empty < w.settings.idle_polls || w.settings.sleep_nanoseconds == 0) {
            rte_pause();
        } else {
            sleep = std::min(sleep, w.settings.sleep_nanoseconds);
            const timespec time{.tv_sec = static_cast<time_t>(sleep / core::kSecond),
                                .tv_nsec = static_cast<long>(sleep % core::kSecond)};
            clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
            w.add(Counter::sleeps);
            w.last_start = 0;
            sleep *= 2;
        }
    }
    w.drain();
    w.current.offline(w.settings.number);
}

const core::Counters& Worker::counters(std::size_t slot) const noexcept {
    return inside_->pipelines[slot]->counters();
}

std::uint64_t Worker::get(Counter counter) const noexcept {
    return inside_->counters[static_cast<std::size_t>(counter)];
}

std::size_t Worker::held(std::size_t slot) const noexcept {
    return inside_->held[slot];
}

Worker::Streams Worker::streams() const noexcept {
    const Inside& w = *inside_;
    return {.connections = w.connections,
            .most_connections = w.workspace.streams.flows.capacity(),
            .segments = w.segments,
            .most_segments = w.settings.pipeline.streams.frames};
}

unsigned Worker::number() const noexcept {
    return inside_->settings.number;
}

}  // namespace kmsgate::worker

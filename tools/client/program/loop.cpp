// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/loop.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>

namespace kmsgate::client::program {
namespace {

volatile std::sig_atomic_t stopped = 0;
sigset_t outside;

extern "C" void on_signal(int /*number*/) {
    stopped = 1;
}

/// The longest wait: a clock that was set forward is then noticed.
constexpr Time kLongest = 3600 * kSecond;

[[nodiscard]] timespec until(std::optional<Time> next, Time now) {
    const Time wait = !next ? kLongest : *next <= now ? 0 : std::min(*next - now, kLongest);
    timespec out{};
    out.tv_sec = static_cast<std::time_t>(wait / kSecond);
    out.tv_nsec = static_cast<long>(wait % kSecond);
    return out;
}

}  // namespace

Time Clock::now() {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    last_ = std::max(last_, static_cast<Time>(t.tv_sec) * kSecond + static_cast<Time>(t.tv_nsec));
    return last_;
}

Signals::Signals() {
    struct sigaction action{};
    action.sa_handler = on_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    sigset_t both;
    ::sigemptyset(&both);
    ::sigaddset(&both, SIGINT);
    ::sigaddset(&both, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &both, &outside);
}

Signals::~Signals() {
    ::sigprocmask(SIG_SETMASK, &outside, nullptr);
}

bool run(std::span<Source* const> sources, Clock& clock) {
    std::vector<pollfd> fds;
    std::vector<std::size_t> ends;
    while (stopped == 0) {
        const Time before = clock.now();
        if (std::ranges::all_of(sources, [&](const Source* s) { return s->done(before); })) return true;
        fds.clear();
        ends.clear();
        std::optional<Time> next;
        for (Source* const source : sources) {
            source->watch(fds);
            ends.push_back(fds.size());
            const auto due = source->next_timer();
            if (due && (!next || *due < *next)) next = due;
        }
        const timespec wait = until(next, before);
        // Only here do the signals come in, so that none is missed between the check and the wait.
        if (::ppoll(fds.data(), fds.size(), &wait, &outside) < 0)
            for (pollfd& fd : fds) fd.revents = 0;
        std::size_t begin = 0;
        for (std::size_t i = 0; i < sources.size(); ++i) {
            sources[i]->serve(std::span(fds).subspan(begin, ends[i] - begin), clock.now());
            begin = ends[i];
        }
    }
    return false;
}

}  // namespace kmsgate::client::program

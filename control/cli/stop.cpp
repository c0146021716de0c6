// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/stop.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <ctime>

namespace kmsgate::control::cli {
namespace {

sigset_t stops() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

StopSignals::StopSignals() {
    const sigset_t set = stops();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignals::~StopSignals() {
    // One that came is done with: it ended the stream, it need not end the process.
    const sigset_t set = stops();
    const timespec now{};
    while (::sigtimedwait(&set, nullptr, &now) > 0) {
    }
    if (fd_ >= 0) ::close(fd_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace kmsgate::control::cli

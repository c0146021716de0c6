// SPDX-License-Identifier: BSD-3-Clause
#include "control/commit/compiler.hpp"

#include <utility>

namespace kmsgate::control {

Compiler::Compiler(Loop& loop) : loop_(loop), thread_([this] { run(); }) {}

Compiler::~Compiler() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    more_.notify_one();
    thread_.join();
}

bool Compiler::submit(Order order, Work work) {
    {
        const std::scoped_lock lock(mutex_);
        if (order == Order::last && waiting_.size() >= kMostWaiting) return false;
        if (order == Order::first)
            waiting_.push_front(std::move(work));
        else
            waiting_.push_back(std::move(work));
    }
    more_.notify_one();
    return true;
}

void Compiler::run() {
    while (true) {
        Work work;
        {
            std::unique_lock lock(mutex_);
            more_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
            if (ending_) return;
            work = std::move(waiting_.front());
            waiting_.pop_front();
        }
        loop_.post(work());
    }
}

}  // namespace kmsgate::control

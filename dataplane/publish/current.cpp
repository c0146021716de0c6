// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/current.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

#include "dataplane/publish/generation.hpp"

namespace kmsgate::publish {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstNap = 20us;
constexpr auto kLongestNap = 1000us;

}  // namespace

void Current::Free::operator()(rte_rcu_qsbr* v) const noexcept {
    std::free(v);
}

Current::Current(unsigned workers) {
    const std::size_t size = rte_rcu_qsbr_get_memsize(workers);
    void* memory = std::aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_CACHE_LINE_ROUNDUP(size));
    if (memory == nullptr) throw std::bad_alloc();
    qsbr_.reset(static_cast<rte_rcu_qsbr*>(memory));
    if (rte_rcu_qsbr_init(qsbr_.get(), workers) != 0) throw std::bad_alloc();
}

Current::~Current() {
    delete current_.load(std::memory_order_acquire);
}

std::unique_ptr<const Generation> Current::swap(std::unique_ptr<const Generation> next) {
    std::unique_ptr<const Generation> old(current_.exchange(next.release(), std::memory_order_acq_rel));
    settle();
    return old;
}

void Current::settle() noexcept {
    const std::uint64_t token = rte_rcu_qsbr_start(qsbr_.get());
    // rte_rcu_qsbr_check() can wait by itself, but spins: there is work for this CPU.
    for (auto nap = kFirstNap; rte_rcu_qsbr_check(qsbr_.get(), token, false) == 0;
         nap = std::min(2 * nap, kLongestNap))
        std::this_thread::sleep_for(nap);
    core::taken_over(this);  // of workers that went offline; of the others the counters tell
}

}  // namespace kmsgate::publish

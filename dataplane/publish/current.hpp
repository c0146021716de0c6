// SPDX-License-Identifier: BSD-3-Clause
// Which generation holds: one atomic pointer, and the workers' word (rte_rcu_qsbr) that they have let go of
// an older one. No worker ever waits.
#pragma once

#include <rte_rcu_qsbr.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "dataplane/core/handover.hpp"

namespace kmsgate::publish {

class Generation;

/// One writer (the link thread), `workers` readers with numbers from 0.
class Current {
  public:
    explicit Current(unsigned workers);
    /// No worker is online any more.
    ~Current();
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

    /// A worker starts reading; the thread that calls it is the worker from now on.
    void online(unsigned worker) noexcept {
        rte_rcu_qsbr_thread_register(qsbr_.get(), worker);
        rte_rcu_qsbr_thread_online(qsbr_.get(), worker);
    }
    /// It holds no generation any more and will take none before online().
    void offline(unsigned worker) noexcept {
        core::handed_over(this);  // unregistering, which settle() heeds, is done inside of DPDK
        rte_rcu_qsbr_thread_offline(qsbr_.get(), worker);
        rte_rcu_qsbr_thread_unregister(qsbr_.get(), worker);
    }
    /// The generation to judge this burst by; null: there is no table yet. Valid until quiescent().
    [[nodiscard]] const Generation* get() const noexcept { return current_.load(std::memory_order_acquire); }
    /// The worker holds nothing of the last generation: called once a loop, idle or not.
    void quiescent(unsigned worker) noexcept { rte_rcu_qsbr_quiescent(qsbr_.get(), worker); }

    /// Writer: puts `next` in place and returns the old one once no worker can hold it any more.
    std::unique_ptr<const Generation> swap(std::unique_ptr<const Generation> next);
    /// Writer: returns once every worker has let go of whatever it held when this was called. Sleeps; a
    /// worker that is offline is not waited for.
    void settle() noexcept;

    /// For tables with lock-free readers that reclaim on their own (rte_hash).
    [[nodiscard]] rte_rcu_qsbr* qsbr() noexcept { return qsbr_.get(); }

  private:
    struct Free {
        void operator()(rte_rcu_qsbr* v) const noexcept;
    };
    std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
    std::atomic<const Generation*> current_ = nullptr;
};

}  // namespace kmsgate::publish

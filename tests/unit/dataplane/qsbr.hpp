// SPDX-License-Identifier: BSD-3-Clause
// Quiescent states for tests with threads.
#pragma once

#include <rte_rcu_qsbr.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace kmsgate::test {

struct FreeQsbr {
    void operator()(rte_rcu_qsbr* v) const noexcept { std::free(v); }
};
using Qsbr = std::unique_ptr<rte_rcu_qsbr, FreeQsbr>;

inline Qsbr made_qsbr(unsigned threads) {
    const std::size_t size = (rte_rcu_qsbr_get_memsize(threads) + 63) / 64 * 64;
    Qsbr v(static_cast<rte_rcu_qsbr*>(std::aligned_alloc(64, size)));
    if (!v || rte_rcu_qsbr_init(v.get(), threads) != 0) throw std::bad_alloc();
    return v;
}

/// A thread that reads, from here to the end of its life.
class Reader {
  public:
    Reader(rte_rcu_qsbr* v, unsigned id) : v_(v), id_(id) {
        rte_rcu_qsbr_thread_register(v_, id_);
        rte_rcu_qsbr_thread_online(v_, id_);
    }
    ~Reader() {
        rte_rcu_qsbr_thread_offline(v_, id_);
        rte_rcu_qsbr_thread_unregister(v_, id_);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    void quiescent() { rte_rcu_qsbr_quiescent(v_, id_); }

  private:
    rte_rcu_qsbr* v_;
    unsigned id_;
};

}  // namespace kmsgate::test

// SPDX-License-Identifier: BSD-3-Clause
// How many answers may leave per second, overall and per source address: so that the gate is no amplifier.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/siphash.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::memory {

/// Buckets of one second's worth, each one word (the generic cell rate algorithm: until when what was taken
/// is paid for), so that any number of workers share them without a lock. A drained bucket remembers nothing:
/// sources that share a slot of the bounded table share its bucket only while both are active.
class Limiter {
  public:
    Limiter(std::size_t sources, const Key& key);

    /// May one more answer leave? 0 as a limit means none at all; limits above a thousand million count as
    /// that.
    [[nodiscard]] bool allow(const policy::table::Address& source, std::uint32_t per_second,
                             std::uint32_t per_source, core::Time now) noexcept;

  private:
    using Bucket = std::atomic<core::Time>;
    /// On a cache line of its own: every worker writes it.
    struct alignas(64) Shared {
        Bucket bucket = 0;
    };

    std::size_t sources_;
    std::unique_ptr<Bucket[]> of_source_;
    Key key_;
    Shared all_;
};

}  // namespace kmsgate::memory

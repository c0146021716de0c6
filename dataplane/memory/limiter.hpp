// SPDX-License-Identifier: BSD-3-Clause
// How many answers may leave per second, overall and per source address: so that the gate is no amplifier.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/siphash.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::memory {

/// Token buckets of one second's worth. Sources that share a slot of the bounded table share its bucket only
/// while both are active in the same second.
class Limiter {
  public:
    Limiter(std::size_t sources, const Key& key);

    /// May one more answer leave? 0 as a limit means none at all.
    [[nodiscard]] bool allow(const policy::table::Address& source, std::uint32_t per_second,
                             std::uint32_t per_source, core::Time now) noexcept;

  private:
    struct Bucket {
        policy::table::Address source{};
        core::Time at = 0;        ///< when `spent` was last right
        std::uint64_t spent = 0;  ///< answers, in billionths
    };
    static bool take(Bucket& bucket, std::uint32_t rate, core::Time now) noexcept;
    static void refill(Bucket& bucket, std::uint32_t rate, core::Time now) noexcept;

    std::vector<Bucket> sources_;
    Bucket all_;
    Key key_;
};

}  // namespace kmsgate::memory

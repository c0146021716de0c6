// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/limiter.hpp"

#include <algorithm>
#include <bit>

namespace kmsgate::memory {

namespace {

/// What one answer costs and what may be owed, in nanoseconds.
struct Rate {
    core::Time cost;
    core::Time limit;

    /// Rounded up, so that no rate is exceeded; `rate` answers at once are possible all the same.
    explicit Rate(std::uint32_t rate) noexcept {
        const core::Time n = std::min<core::Time>(rate, core::kSecond);
        cost = (core::kSecond + n - 1) / n;
        limit = n * cost;
    }
    [[nodiscard]] core::Time after(core::Time paid, core::Time now) const noexcept {
        return std::max(paid, now) + cost;
    }
    [[nodiscard]] bool fits(core::Time paid, core::Time now) const noexcept {
        return after(paid, now) - now <= limit;
    }
};

bool take(std::atomic<core::Time>& bucket, const Rate& rate, core::Time now) noexcept {
    core::Time paid = bucket.load(std::memory_order_relaxed);
    do {
        if (!rate.fits(paid, now)) return false;
    } while (!bucket.compare_exchange_weak(paid, rate.after(paid, now), std::memory_order_relaxed));
    return true;
}

}  // namespace

Limiter::Limiter(std::size_t sources, const Key& key)
    : sources_(std::bit_ceil(std::max<std::size_t>(sources, 16))),
      of_source_(std::make_unique<Bucket[]>(sources_)),
      key_(key) {}

bool Limiter::allow(const policy::table::Address& source, std::uint32_t per_second, std::uint32_t per_source,
                    core::Time now) noexcept {
    if (per_second == 0 || per_source == 0) return false;
    const Rate all(per_second);
    // When nobody may have one, nobody's own is spent. (Between this look and the end another worker may take
    // the last: then the source has spent one for nothing, never got one too many.)
    if (!all.fits(all_.bucket.load(std::memory_order_relaxed), now)) return false;
    SipHash h(key_);
    h.bytes({reinterpret_cast<const char*>(source.data()), source.size()});
    Bucket& mine = of_source_[h.finish().low & (sources_ - 1)];
    return take(mine, Rate(per_source), now) && take(all_.bucket, all, now);
}

}  // namespace kmsgate::memory

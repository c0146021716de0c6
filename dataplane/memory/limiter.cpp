// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/limiter.hpp"

#include <algorithm>
#include <bit>

namespace kmsgate::memory {

namespace {
constexpr std::uint64_t kOne = 1'000'000'000;
}

Limiter::Limiter(std::size_t sources, const Key& key)
    : sources_(std::bit_ceil(std::max<std::size_t>(sources, 16))), key_(key) {}

void Limiter::refill(Bucket& b, std::uint32_t rate, core::Time now) noexcept {
    const core::Time passed = std::min<core::Time>(now > b.at ? now - b.at : 0, core::kSecond);
    b.spent -= std::min(b.spent, passed * rate);  // ns times answers per second: billionths of an answer
    b.at = std::max(b.at, now);
}

bool Limiter::take(Bucket& b, std::uint32_t rate, core::Time now) noexcept {
    refill(b, rate, now);
    return b.spent + kOne <= std::uint64_t{rate} * kOne;
}

bool Limiter::allow(const policy::table::Address& source, std::uint32_t per_second, std::uint32_t per_source,
                    core::Time now) noexcept {
    SipHash h(key_);
    h.bytes({reinterpret_cast<const char*>(source.data()), source.size()});
    Bucket& mine = sources_[h.finish().low & (sources_.size() - 1)];
    if (mine.source != source && (mine.spent == 0 || now >= mine.at + core::kSecond)) {
        mine = Bucket{};
        mine.source = source;
    }
    if (!take(mine, per_source, now) || !take(all_, per_second, now)) return false;
    mine.spent += kOne;
    all_.spent += kOne;
    return true;
}

}  // namespace kmsgate::memory

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/generator.hpp"

#include <algorithm>
#include <utility>

namespace kmsgate::traffic {

void Queue::push(Emitted frame) {
    heap_.push_back({std::move(frame), count_++});
    std::ranges::push_heap(heap_, later);
}

Emitted Queue::pop() {
    std::ranges::pop_heap(heap_, later);
    Emitted out = std::move(heap_.back().emitted);
    heap_.pop_back();
    return out;
}

Generator::Generator(const Profile& profile, const Guide* guide, const Plan& plan)
    : profile_(profile),
      plan_(plan),
      population_(profile, guide, plan.seed),
      world_{profile, population_, guide, Random(plan.seed), plan.one_way},
      flows_(world_, queue_, plan.tag_key),
      next_start_(plan.start) {}

bool Generator::may_start() const noexcept {
    if (plan_.count && queue_.count() >= *plan_.count) return false;
    return !plan_.duration || next_start_ < plan_.start + *plan_.duration;
}

/// Conversations begin so that the frames of all that have begun come to the rate.
void Generator::start_one() {
    std::uint64_t dice = world_.random.below(profile_.weight());
    std::size_t kind = 0;
    while (dice >= profile_.mix[kind]) dice -= profile_.mix[kind++];
    flows_.start(static_cast<Kind>(kind), next_start_);
    next_start_ = plan_.start + static_cast<Time>(static_cast<double>(queue_.count()) / plan_.rate * 1e9);
}

std::optional<Emitted> Generator::next() {
    while (may_start() && (queue_.empty() || next_start_ <= queue_.next_time())) start_one();
    if (queue_.empty()) return std::nullopt;
    Emitted out = queue_.pop();
    // a wire of 100 Gbit/s carries one frame after the other (20 bytes of gap and preamble, 4 of checksum)
    const Time wire = (last_size_ + 24) * 8 / 100 + 1;
    if (last_) out.time = std::max(out.time, *last_ + wire);
    last_ = out.time;
    last_size_ = out.bytes.size();
    return out;
}

}  // namespace kmsgate::traffic

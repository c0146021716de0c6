// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/core/outcome.hpp"

#include "dataplane/core/counters.hpp"

namespace kmsgate::core {

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
#define X(name, text, fate, meaning) \
    case Outcome::name:              \
        return text;
#include "dataplane/core/outcome.def"
#undef X
        case Outcome::count_:
            break;
    }
    return "unknown";
}

Fate fate(Outcome outcome) noexcept {
    static constexpr std::array<Fate, kOutcomes> kFates = {
#define X(name, text, fate, meaning) Fate::fate,
#include "dataplane/core/outcome.def"
#undef X
    };
    const auto at = static_cast<std::size_t>(outcome);
    return at < kFates.size() ? kFates[at] : Fate::dropped;
}

std::string_view to_string(Counter counter) noexcept {
    switch (counter) {
#define X(name, text, meaning) \
    case Counter::name:        \
        return text;
#include "dataplane/core/counter.def"
#undef X
        case Counter::count_:
            break;
    }
    return "unknown";
}

std::uint64_t Counters::frames(Fate wanted) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kOutcomes; ++i)
        if (fate(static_cast<Outcome>(i)) == wanted) sum += outcome[i];
    return sum;
}

bool Counters::identity_holds() const noexcept {
    const std::uint64_t ended = frames(Fate::absorbed) + frames(Fate::dropped) + frames(Fate::held);
    return get(Counter::frames_in) + get(Counter::generated) == get(Counter::frames_out) + ended;
}

}  // namespace kmsgate::core

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/accounts.hpp"

#include <fmt/format.h>

namespace kmsgate::worker {

std::string unaccounted(const Worker& worker, std::size_t slots) {
    using core::Fate;
    std::string faults;
    std::uint64_t into = worker.get(Counter::no_edge) + worker.get(Counter::link_local);
    std::uint64_t out = worker.get(Counter::link_local);
    const auto compare = [&faults](std::string_view what, std::uint64_t came, std::uint64_t went) {
        if (came != went)
            faults += fmt::format("{}{}: {} came, {} are accounted for", faults.empty() ? "" : "; ", what,
                                  came, went);
    };
    for (std::size_t slot = 0; slot < slots; ++slot) {
        const core::Counters& c = worker.counters(slot);
        into += c.get(core::Counter::frames_in);
        out += c.get(core::Counter::frames_out);
        compare(fmt::format("edge {}", slot),
                c.get(core::Counter::frames_in) + c.get(core::Counter::generated),
                c.get(core::Counter::frames_out) + c.frames(Fate::absorbed) + c.frames(Fate::dropped) +
                    c.frames(Fate::held) + worker.held(slot));
    }
    compare("frames in", worker.get(Counter::frames_in), into);
    compare("frames out", out, worker.get(Counter::frames_out) + worker.get(Counter::tx_dropped));
    return faults;
}

}  // namespace kmsgate::worker

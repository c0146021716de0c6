// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/modes.hpp"

#include <algorithm>
#include <utility>

#include "dataplane/publish/last_table.hpp"

namespace kmsgate::publish {

std::expected<Modes::BySlot, std::string> Modes::with(std::span<const ModeWish> wishes,
                                                      std::span<const std::string> edges) const {
    BySlot out = set_;
    for (const ModeWish& wish : wishes) {
        const auto found = std::ranges::find(edges, wish.edge);
        if (found == edges.end()) return std::unexpected(wish.edge);
        out[static_cast<std::size_t>(found - edges.begin())] = wish.mode;
    }
    return out;
}

void Modes::keep(const std::string& state, std::span<const std::string> edges) {
    if (state.empty() || kept_ == set_) return;
    std::vector<KeptMode> modes;
    for (std::size_t slot = 0; slot < set_.size(); ++slot)
        if (const auto& mode = set_[slot]) modes.push_back({edges[slot], *mode});
    const auto end = keep_modes(state, modes);
    remark_ = end ? std::string() : end.error();
    if (end)
        kept_ = set_;
    else
        kept_.reset();
}

}  // namespace kmsgate::publish

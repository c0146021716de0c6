// SPDX-License-Identifier: BSD-3-Clause
// Modes that were set over the policy's, until they are ended: by slot, and kept in last.modes.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "policy/table/format.hpp"

namespace kmsgate::publish {

/// A mode for an edge over the policy's; nullopt: the policy's own.
struct ModeWish {
    std::string edge;
    std::optional<policy::table::Mode> mode;
};

class Modes {
  public:
    using BySlot = std::vector<std::optional<policy::table::Mode>>;

    explicit Modes(std::size_t slots) : set_(slots) {}

    /// All of them once the wishes are met. The error names an edge that is none of `edges` (by slot).
    [[nodiscard]] std::expected<BySlot, std::string> with(std::span<const ModeWish> wishes,
                                                          std::span<const std::string> edges) const;
    [[nodiscard]] const BySlot& by_slot() const noexcept { return set_; }
    void set(BySlot next) { set_ = std::move(next); }

    /// Writes last.modes into the folder `state` where it does not hold these; an empty name: none is kept.
    void keep(const std::string& state, std::span<const std::string> edges);
    /// Why last.modes does not hold these; empty: it does, or none is kept.
    [[nodiscard]] const std::string& remark() const noexcept { return remark_; }

  private:
    BySlot set_;
    std::optional<BySlot> kept_;  ///< what last.modes holds; nullopt: not known
    std::string remark_;
};

}  // namespace kmsgate::publish

// SPDX-License-Identifier: BSD-3-Clause
// Which initiators a receiver has asked to use other KMSs (X.4 and its NOTE).
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "tools/client/agent/timers.hpp"
#include "tools/client/select/select.hpp"

namespace kmsgate::client::agent {

/// A preference is told once; who comes back with the same pair is accepted. Bounded: the oldest one makes
/// room.
class Preferences {
  public:
    /// This initiator (as far as it is known) has been told a preference in answer to this pair.
    [[nodiscard]] bool told(std::string_view initiator, const select::Pair& pair) const;
    void tell(std::string_view initiator, const select::Pair& pair);
    /// The initiator was accepted: its next call is a new one.
    void forget(std::string_view initiator);

  private:
    struct Entry {
        std::string initiator;
        select::Pair pair;
    };
    std::deque<Entry> entries_;
};

}  // namespace kmsgate::client::agent

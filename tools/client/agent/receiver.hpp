// SPDX-License-Identifier: BSD-3-Clause
// The receiving KM client: a SIP user agent that judges I_MESSAGEs by its own KMSs, answers with KRRs or
// opens them. No I/O, like the initiator.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/client/agent/initiator.hpp"

namespace kmsgate::client::agent {

class Receiver {
  public:
    Receiver(const select::Profile& profile, const keys::Ring& ring, Local local, crypto::Random& random);
    ~Receiver();

    /// For labs: answers every I_MESSAGE with a KRR of these lists, whatever it says (a hostile or broken
    /// receiver).
    void always_answer(select::Lists lists);

    void receive(std::string_view message, Time now);
    void tick(Time now);
    [[nodiscard]] std::optional<Time> next_timer() const noexcept;
    [[nodiscard]] std::vector<std::string> take_output();
    [[nodiscard]] std::vector<Event> take_events();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kmsgate::client::agent

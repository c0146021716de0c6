// SPDX-License-Identifier: BSD-3-Clause
// What the program prints: one line an event, for people or as JSON.
#pragma once

#include <string>
#include <string_view>

#include "tools/client/agent/event.hpp"
#include "tools/client/select/krr_store.hpp"
#include "tools/client/select/profile.hpp"

namespace kmsgate::client::program {

/// Why the client did what the event says, in words; empty when the event says all.
[[nodiscard]] std::string explain(const select::Profile& profile, const agent::Event& event);

/// A line without its end. Keys are never printed: both sides print the same `key_check`, the first 8 bytes
/// of the key's SHA-256.
[[nodiscard]] std::string as_line(const select::Profile& profile, const agent::Event& event);
[[nodiscard]] std::string as_json(const select::Profile& profile, const agent::Event& event);

/// A KRR that was kept.
[[nodiscard]] std::string as_line(const select::KeptKrr& krr);
[[nodiscard]] std::string as_json(const select::KeptKrr& krr);

/// Prints events as they come, each line at once.
class Report {
  public:
    Report(const select::Profile& profile, bool json) : profile_(profile), json_(json) {}
    void event(const agent::Event& event) const;
    /// "listening" at an address; so that scripts know when and where.
    void listening(std::string_view transport, std::string_view address, Time now) const;

  private:
    const select::Profile& profile_;
    bool json_;
};

}  // namespace kmsgate::client::program

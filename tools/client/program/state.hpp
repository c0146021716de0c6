// SPDX-License-Identifier: BSD-3-Clause
// The folder in which a client keeps its KRRs, held by one program at a time.
#pragma once

#include <expected>
#include <string>

#include "tools/client/program/socket.hpp"
#include "tools/client/select/krr_store.hpp"

namespace kmsgate::client::program {

class State {
  public:
    /// Reads what is kept in `folder`, which is made when it is not there, and locks it against others. An
    /// empty name: nothing is kept.
    [[nodiscard]] static std::expected<State, std::string> open(const std::string& folder);

    [[nodiscard]] select::KrrStore& krrs() noexcept { return krrs_; }
    /// Writes the KRRs to disk.
    [[nodiscard]] std::expected<void, std::string> save() const;

  private:
    std::string folder_;
    Socket lock_;  ///< any descriptor that closes itself
    select::KrrStore krrs_;
};

}  // namespace kmsgate::client::program

// SPDX-License-Identifier: BSD-3-Clause
// Inside of the table room: what glob matching and glob comparison share.
#pragma once

#include <string_view>

namespace kmsgate::policy::table {

/// The pieces of a text between its '@', in order; a text without '@' is one piece.
class AtPieces {
  public:
    explicit AtPieces(std::string_view text) noexcept : rest_(text) {}
    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] std::string_view next() noexcept {
        const std::size_t at = rest_.find('@');
        const std::string_view piece = rest_.substr(0, at);
        done_ = at == std::string_view::npos;
        rest_ = done_ ? std::string_view{} : rest_.substr(at + 1);
        return piece;
    }

  private:
    std::string_view rest_;
    bool done_ = false;
};

}  // namespace kmsgate::policy::table

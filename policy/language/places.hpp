// SPDX-License-Identifier: BSD-3-Clause
// Where a byte of a text stands, as people count.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "policy/language/problem.hpp"

namespace kmsgate::policy::language {

/// Scanners count from 0 and in bytes; people count characters from 1. Places come nearly in order, so each
/// is counted from the one before.
class Places {
  public:
    explicit Places(std::string_view text) : text_(text) {}

    /// Of the byte at `pos`, which stands in that line `column` bytes behind its start; all from 0.
    Mark at(int line, std::size_t column, std::size_t pos) {
        pos = std::min(pos, text_.size());
        column = std::min(column, pos);
        if (line != line_) {
            line_ = line;
            pos_ = pos - column;
            skipped_ = 0;
        }
        for (; pos_ < pos; ++pos_) skipped_ += inside(pos_) ? 1U : 0U;
        for (; pos_ > pos; --pos_) skipped_ -= inside(pos_ - 1) ? 1U : 0U;
        return {line + 1, static_cast<int>(column - std::min(skipped_, column)) + 1};
    }

  private:
    /// Is it a byte of a character begun before?
    [[nodiscard]] bool inside(std::size_t i) const {
        return (static_cast<unsigned char>(text_[i]) & 0xC0U) == 0x80;
    }

    std::string_view text_;
    int line_ = -1;
    std::size_t pos_ = 0;
    std::size_t skipped_ = 0;  ///< such bytes in this line before pos_
};

}  // namespace kmsgate::policy::language

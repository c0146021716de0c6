// SPDX-License-Identifier: BSD-3-Clause
// Inside of the compiler: the strings section. Equal texts are kept once.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/table/format.hpp"

namespace kmsgate::policy::compile {

class StringPool {
  public:
    /// Where `text` stands; the empty text is {0, 0}.
    [[nodiscard]] table::Text add(std::string_view text);
    [[nodiscard]] std::string_view get(table::Text t) const {
        return std::string_view(bytes_).substr(t.offset, t.size);
    }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

  private:
    std::string bytes_;
    std::unordered_map<std::string, table::Text> known_;
};

}  // namespace kmsgate::policy::compile

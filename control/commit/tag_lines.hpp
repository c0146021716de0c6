// SPDX-License-Identifier: BSD-3-Clause
// Lines of the table socket's op `tags`: "domain\turi\tword word\n".
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "control/link/link.hpp"

namespace kmsgate::control {

class TagLines {
  public:
    /// `words` separated by a blank; empty: rostered only.
    void set(std::string_view domain, std::string_view user, std::string_view words) {
        add(domain, user, words);
    }
    void remove(std::string_view domain, std::string_view user) { add(domain, user, "-"); }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return text_.size(); }
    [[nodiscard]] BytesPtr take() const {
        auto out = std::make_shared<Bytes>(text_.size());
        if (!text_.empty()) std::memcpy(out->data(), text_.data(), text_.size());
        return out;
    }

  private:
    void add(std::string_view domain, std::string_view user, std::string_view third) {
        text_.append(domain).append("\t").append(user).append("\t").append(third).append("\n");
        ++rows_;
    }
    std::string text_;
    std::size_t rows_ = 0;
};

}  // namespace kmsgate::control

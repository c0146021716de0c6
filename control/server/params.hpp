// SPDX-License-Identifier: BSD-3-Clause
// Reads the parameters of a call: known names, right types, bounds. The first fault is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/link/fault.hpp"

namespace kmsgate::control {

class Params {
  public:
    /// `known`: names that the method takes.
    Params(const Json& params, std::initializer_list<std::string_view> known);

    [[nodiscard]] std::string text(std::string_view name, std::size_t most = 1024);
    [[nodiscard]] std::optional<std::string> maybe_text(std::string_view name, std::size_t most = 1024);
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least,
                                                      std::uint64_t most);
    [[nodiscard]] bool truth(std::string_view name, bool otherwise = false);
    [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t most);
    /// One of these words.
    [[nodiscard]] std::string word(std::string_view name, std::initializer_list<std::string_view> words);
    /// Whatever stands there; null when nothing does.
    [[nodiscard]] const Json& any(std::string_view name) const;

    /// One of these words, or nothing.
    [[nodiscard]] std::optional<std::string> maybe_word(std::string_view name,
                                                        const std::vector<std::string_view>& words);

    /// `known`: what could stand there, for data.known.
    void refuse(std::string message, const std::vector<std::string_view>& known = {});
    [[nodiscard]] const std::optional<Fault>& fault() const noexcept { return fault_; }

  private:
    [[nodiscard]] const Json* find(std::string_view name) const;

    const Json& params_;
    std::optional<Fault> fault_;
};

}  // namespace kmsgate::control

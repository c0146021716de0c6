// SPDX-License-Identifier: BSD-3-Clause
// Everybody who reads the messages of bench/stages in one process: the same work asked of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/peers/inproc/names.hpp"
#include "bench/stages/stages.hpp"

namespace kmsgate::peers {

/// The messages and the memory of the runs.
class Field {
  public:
    /// Throws std::logic_error when a contestant does not find the two names of each message.
    Field();

    [[nodiscard]] bench::Workload& workload() noexcept { return workload_; }
    [[nodiscard]] std::size_t messages() const noexcept { return workload_.invites().size(); }
    [[nodiscard]] std::string_view text(std::size_t i) const noexcept { return workload_.invites()[i].text; }
    [[nodiscard]] std::span<std::uint8_t> scratch() noexcept { return scratch_; }

  private:
    bench::Workload workload_;
    std::vector<std::uint8_t> scratch_;
};

struct Contestant {
    std::string_view name;
    std::string_view what;
    /// Does the whole work on message `i`.
    void (*run)(Field&, std::size_t i);
    /// The names that it finds in any message of the workload; null: the workload has checked them.
    Names (*names)(std::string_view message, std::span<std::uint8_t> scratch);
};
[[nodiscard]] std::span<const Contestant> contestants() noexcept;

/// What an application on top of a parser would say of any message: reads each key-mgmt text with every check
/// of dataplane/mikey. For messages that hide what they carry.
enum class Sight : std::uint8_t {
    nothing,     ///< no I_MESSAGE seen: it would pass
    allowed,     ///< seen, and only names of `kms`
    stopped,     ///< another name, or an I_MESSAGE that breaks a rule
    unparsable,  ///< the parser gave up
};
using Keys = bool (*)(std::string_view message, const KeyTaker& taker);
[[nodiscard]] Sight sight(Keys keys, std::string_view message, std::string_view kms);

}  // namespace kmsgate::peers

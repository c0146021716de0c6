// SPDX-License-Identifier: BSD-3-Clause
// All frames of a run, in order of time, from one seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "tools/traffic/flows.hpp"

namespace kmsgate::traffic {

struct Plan {
    std::uint64_t seed = 1;
    Time start = 0;                      ///< of the first frame
    double rate = 10'000;                ///< frames a second, on average
    std::optional<std::uint64_t> count;  ///< conversations begin until so many frames are made
    std::optional<Time> duration;        ///< conversations begin for so long
    std::optional<memory::Key> tag_key;  ///< see Flows
    Time one_way = 200'000;              ///< of TCP connections: from one end to the other
};

class Generator {
  public:
    /// `guide` may be null; both outlive this.
    Generator(const Profile& profile, const Guide* guide, const Plan& plan);

    /// The frame that comes next; nullopt when every conversation has ended. Times rise strictly.
    [[nodiscard]] std::optional<Emitted> next();
    [[nodiscard]] const Population& population() const noexcept { return population_; }

  private:
    [[nodiscard]] bool may_start() const noexcept;
    void start_one();

    const Profile& profile_;
    Plan plan_;
    Population population_;
    World world_;
    Queue queue_;
    Flows flows_;
    Time next_start_;
    std::optional<Time> last_;  ///< of the frame before
    std::size_t last_size_ = 0;
};

}  // namespace kmsgate::traffic

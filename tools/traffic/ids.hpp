// SPDX-License-Identifier: BSD-3-Clause
// IP identifications as hosts give them out: a counter for each pair of addresses, so that none comes again
// soon.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/traffic/encode/wire.hpp"

namespace kmsgate::traffic {

class Ids {
  public:
    [[nodiscard]] std::uint32_t next(const Host& from, const Host& to) {
        std::uint64_t hash = 0;
        for (const Host* host : {&from, &to})
            for (const std::uint8_t byte : host->address) hash = (hash ^ byte) * 0x100000001B3;
        return ++counters_[(hash ^ hash >> 32) % counters_.size()];
    }

  private:
    std::vector<std::uint32_t> counters_ = std::vector<std::uint32_t>(65536);
};

}  // namespace kmsgate::traffic

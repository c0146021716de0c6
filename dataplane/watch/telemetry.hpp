// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's numbers over DPDK's telemetry socket (rte_telemetry, dpdk-telemetry.py): /kmsgate/stats,
// /kmsgate/status, /kmsgate/rules, /kmsgate/workers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kmsgate::watch {

enum class Question : std::uint8_t { stats, status, rules, workers };

/// One object of an answer. Names hold letters, digits, '_' and '/' only: DPDK takes no others.
struct Row {
    std::string key;  ///< name of the object in the answer; empty: its members stand in the answer itself
    std::vector<std::pair<std::string, std::string>> texts;
    std::vector<std::pair<std::string, std::uint64_t>> numbers;
};
using Rows = std::vector<Row>;

/// Bytes of JSON that an answer may have: beyond it DPDK sends nothing that could be read.
inline constexpr std::size_t kMostTelemetry = 14'000;
/// What a row adds to an answer, about.
[[nodiscard]] std::size_t telemetry_size(const Row& row) noexcept;

/// Answers the commands while it lives; one at a time in a process, since DPDK has one telemetry. The
/// commands themselves stay registered for ever and say nothing afterwards.
class Telemetry {
  public:
    /// Called on DPDK's own thread; `parameter`: what stood behind the comma, may be empty. nullopt: no
    /// answer now.
    using Teller = std::function<std::optional<Rows>(Question question, std::string_view parameter)>;
    explicit Telemetry(Teller teller);
    /// No call is going on any more.
    ~Telemetry();
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;
};

}  // namespace kmsgate::watch

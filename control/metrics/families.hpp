// SPDX-License-Identifier: BSD-3-Clause
// From the dataplane's JSON to metric families, by the registry. Inside this room only.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "control/metrics/exposer.hpp"

namespace kmsgate::control::metrics {

/// Every family of the registry that has a value in the snapshot; no series twice, whatever the JSON holds:
/// the first value stands.
[[nodiscard]] std::vector<prometheus::MetricFamily> families(const Snapshot& snapshot);

}  // namespace kmsgate::control::metrics

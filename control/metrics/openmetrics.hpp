// SPDX-License-Identifier: BSD-3-Clause
// Metric families as OpenMetrics 1.0 text, which the distribution's prometheus-cpp does not write, and the
// choice between it and the older text. Inside this room only.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::control::metrics {

inline constexpr const char* kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
inline constexpr const char* kPlainText = "text/plain; version=0.0.4; charset=utf-8";

/// Counters and gauges, each family once; ends with "# EOF".
[[nodiscard]] std::string openmetrics(const std::vector<prometheus::MetricFamily>& families);

/// Does a scraper that sends this Accept header (RFC 9110 12.5.1) want OpenMetrics rather than plain text?
/// Who says nothing of it gets plain text.
[[nodiscard]] bool wants_openmetrics(std::string_view accept) noexcept;

}  // namespace kmsgate::control::metrics

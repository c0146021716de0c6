// SPDX-License-Identifier: BSD-3-Clause
// Metrics over HTTP (OpenMetrics, or the older Prometheus text) from the latest answers of the dataplane: a
// scrape never waits for it.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kmsgate::control::metrics {

/// The latest of everything; what is null or empty makes no series.
struct Snapshot {
    bool dataplane_up = false;                     ///< it answered within the last few seconds
    std::shared_ptr<const nlohmann::json> status;  ///< answer of the link's op `status`
    std::shared_ptr<const nlohmann::json> stats;   ///< .. `stats`
    std::shared_ptr<const nlohmann::json> rules;   ///< .. `rules`
    /// kmsgate-control's own numbers by their keys in the registry (Place::control): "requests", ..
    std::map<std::string, double, std::less<>> control;
};

class Exposer {
  public:
    /// Listens on host:port (startup::Startup::metrics): "127.0.0.1:9464", "[::1]:9464"; port 0 takes a free
    /// one. Empty or "none": null, nothing listens. Path /metrics. The error says what is wrong and what
    /// would be right.
    [[nodiscard]] static std::expected<std::unique_ptr<Exposer>, std::string> open(std::string_view address);
    ~Exposer();
    Exposer(const Exposer&) = delete;
    Exposer& operator=(const Exposer&) = delete;

    /// From now on scrapes show this. Any thread; cheap: the JSON is read when somebody scrapes.
    void publish(Snapshot snapshot);
    [[nodiscard]] std::uint16_t port() const;

  private:
    Exposer();
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::control::metrics

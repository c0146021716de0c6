// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/exposer.hpp"

#include <prometheus/text_serializer.h>

#include <mutex>
#include <utility>

#include "control/metrics/families.hpp"
#include "control/metrics/http.hpp"
#include "control/metrics/openmetrics.hpp"

namespace kmsgate::control::metrics {
namespace {

class Latest {
  public:
    void set(Snapshot snapshot) {
        auto next = std::make_shared<const Snapshot>(std::move(snapshot));
        const std::scoped_lock lock(mutex_);
        snapshot_.swap(next);
    }
    [[nodiscard]] std::shared_ptr<const Snapshot> get() const {
        const std::scoped_lock lock(mutex_);
        return snapshot_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace

struct Exposer::Inside {
    Latest latest;
    std::unique_ptr<HttpPage> http;
};

Exposer::Exposer() : inside_(std::make_unique<Inside>()) {}
Exposer::~Exposer() = default;

std::expected<std::unique_ptr<Exposer>, std::string> Exposer::open(std::string_view address) {
    if (address.empty() || address == "none") return nullptr;
    std::unique_ptr<Exposer> out(new Exposer);
    auto http = HttpPage::open(address, [inside = out->inside_.get()](std::string_view accept) {
        const auto all = families(*inside->latest.get());
        return wants_openmetrics(accept)
                   ? HttpPage::Content{kOpenMetrics, openmetrics(all)}
                   : HttpPage::Content{kPlainText, prometheus::TextSerializer().Serialize(all)};
    });
    if (!http) return std::unexpected(std::move(http.error()));
    out->inside_->http = std::move(*http);
    return out;
}

void Exposer::publish(Snapshot snapshot) {
    inside_->latest.set(std::move(snapshot));
}

std::uint16_t Exposer::port() const {
    return inside_->http->port();
}

}  // namespace kmsgate::control::metrics

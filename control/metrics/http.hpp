// SPDX-License-Identifier: BSD-3-Clause
// A small HTTP server for one page, on a thread of its own. Inside this room only.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kmsgate::control::metrics {

class HttpPage {
  public:
    /// Serves what `page` makes at GET /metrics; `page` is called on the server's thread. Address as of
    /// Exposer::open.
    [[nodiscard]] static std::expected<std::unique_ptr<HttpPage>, std::string> open(
        std::string_view address, std::function<std::string()> page);
    ~HttpPage();
    HttpPage(const HttpPage&) = delete;
    HttpPage& operator=(const HttpPage&) = delete;
    [[nodiscard]] std::uint16_t port() const noexcept;

  private:
    HttpPage();
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::control::metrics

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
    struct Content {
        const char* type;  ///< for Content-Type
        std::string text;
    };
    /// Makes the page for a client that sent this Accept header (empty: none). On the server's thread.
    using Make = std::function<Content(std::string_view accept)>;

    /// Serves the page at GET /metrics. Address as of Exposer::open.
    [[nodiscard]] static std::expected<std::unique_ptr<HttpPage>, std::string> open(std::string_view address,
                                                                                    Make page);
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

// SPDX-License-Identifier: BSD-3-Clause
// What a service manager is told (sd_notify(3)), without its library.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace kmsgate::box {

/// Sends `state` ("READY=1\nSTATUS=..") to the datagram socket that NOTIFY_SOCKET names: a path, or an
/// abstract address behind '@'. False: nobody wants to know, or it could not be sent.
bool notify(std::string_view state) noexcept;

/// How often the service manager wants to hear WATCHDOG=1 (WATCHDOG_USEC, when WATCHDOG_PID is absent or this
/// process); nullopt: it does not.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() noexcept;

}  // namespace kmsgate::box

// SPDX-License-Identifier: BSD-3-Clause
// Tells the service manager how we are (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names.
#pragma once

#include <string_view>

namespace kmsgate::control {

/// "READY=1", "STOPPING=1", "RELOADING=1"; nothing happens where nobody asked to be told.
void notify(std::string_view state);

}  // namespace kmsgate::control

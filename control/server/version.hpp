// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kmsgate::control {

/// Version of the control socket's protocol (control/README.md).
inline constexpr unsigned kProtocol = 1;
/// Version of the program (set by the build).
#ifdef KMSGATE_VERSION
inline constexpr const char* kVersion = KMSGATE_VERSION;
#else
inline constexpr const char* kVersion = "unknown";
#endif

}  // namespace kmsgate::control

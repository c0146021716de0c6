// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace kmsgate::control::cli {

/// The project's version (set by the build).
#ifdef KMSGATE_VERSION
inline constexpr const char* kVersion = KMSGATE_VERSION;
#else
inline constexpr const char* kVersion = "unknown";
#endif

}  // namespace kmsgate::control::cli

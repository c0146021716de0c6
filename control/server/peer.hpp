// SPDX-License-Identifier: BSD-3-Clause
// Who is at the other end of a socket, and what that allows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/link/fault.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::control {

enum class Role : std::uint8_t { none, read, operate, admin };
[[nodiscard]] std::string_view to_string(Role role) noexcept;

/// As the kernel knew the peer when it connected.
struct Credentials {
    Who who;
    std::vector<std::string> groups;  ///< names of its group and supplementary groups
};

/// SO_PEERCRED and SO_PEERGROUPS of a connected Unix socket; nullopt: it has none.
[[nodiscard]] std::optional<Credentials> credentials_of(int socket);

/// root and this process's own account: admin. Others: the highest list that names the account or a group;
/// with an empty `read` list everybody may read.
[[nodiscard]] Role role_of(const Credentials& peer, const startup::Control& settings);

}  // namespace kmsgate::control

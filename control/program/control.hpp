// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-control put together: everything on one loop.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "control/commit/dataplane.hpp"
#include "control/link/loop.hpp"
#include "control/server/server.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::control {

/// A policy file as it was read.
struct PolicyFile {
    std::string path;
    std::string text;
};

struct ControlSettings {
    startup::Startup startup;
    std::optional<PolicyFile> policy;
    LinkSettings link;      ///< path: startup's
    ServerSettings server;  ///< path: startup's
    Server::WhoIs who_is = credentials_of;
};

class Control {
  public:
    /// Takes the lock on the state folder, opens database, audit log, events, metrics and the control socket.
    /// The error says what is wrong and what would be right.
    [[nodiscard]] static std::expected<std::unique_ptr<Control>, std::string> open(Loop& loop,
                                                                                   ControlSettings settings);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    /// Connects to the dataplane and takes up what the database holds.
    void start();
    /// SIGHUP: opens the files anew, and commits `policy`, if there is one.
    void reload(std::optional<PolicyFile> policy);

  private:
    Control();
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::control

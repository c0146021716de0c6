// SPDX-License-Identifier: BSD-3-Clause
// The table socket: control's only way into the dataplane. One thread: verifies, publishes, hashes rosters,
// passes events on.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "dataplane/link/box.hpp"

namespace kmsgate::link {

class Server {
  public:
    /// Listens on startup.table_socket (mode 0600; a stale socket file is taken over when nobody answers).
    /// Starts its thread, which registers the /kmsgate telemetry commands. The error says what is wrong and
    /// what would be right.
    [[nodiscard]] static std::expected<std::unique_ptr<Server>, std::string> start(const Box& box);
    /// Ends the thread and removes the socket; whoever is connected is told by the close.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

  private:
    Server();
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::link

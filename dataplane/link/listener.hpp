// SPDX-License-Identifier: BSD-3-Clause
// The listening end of the table socket.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>

#include "dataplane/link/peer.hpp"

namespace kmsgate::link {

/// A Unix socket in the file system, removed when this ends.
class Listener {
  public:
    /// Binds and listens, mode 0600. A socket file that nobody answers on is taken over; one that somebody
    /// does answer on, or that is no socket, is left alone and is an error.
    [[nodiscard]] static std::expected<Listener, std::string> open(const std::string& path);
    Listener(Listener&&) = default;
    Listener& operator=(Listener&&) = default;
    ~Listener();

    /// The next connection of root or of our own user; others are closed. None: nobody waits.
    [[nodiscard]] std::optional<Descriptor> accept();
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    Listener(Descriptor fd, std::string path, dev_t device, ino_t inode);
    Descriptor fd_;
    std::string path_;
    dev_t device_;
    ino_t inode_;
};

/// May this account speak to the table socket? `own`: whom the process runs as.
[[nodiscard]] constexpr bool may_speak(uid_t who, uid_t own) noexcept {
    return who == 0 || who == own;
}

}  // namespace kmsgate::link

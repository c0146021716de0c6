// SPDX-License-Identifier: BSD-3-Clause
// One TCP connection that carries SIP, both ways, with bounded buffers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/client/program/framing.hpp"
#include "tools/client/program/socket.hpp"

namespace kmsgate::client::program {

class Stream {
  public:
    /// Bytes that may wait for a peer that does not read.
    static constexpr std::size_t kMostWaiting = std::size_t{4} << 20;

    Stream() = default;
    /// `connecting`: the socket has just begun to connect.
    Stream(Socket socket, bool connecting) : socket_(std::move(socket)), connecting_(connecting) {}

    [[nodiscard]] bool open() const noexcept { return socket_.open(); }
    [[nodiscard]] bool connecting() const noexcept { return connecting_; }
    [[nodiscard]] int fd() const noexcept { return socket_.get(); }
    /// What poll() is to wait for.
    [[nodiscard]] short events() const noexcept;
    /// Why it was closed; empty when the peer ended it in order.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

    /// Sends as much as goes, keeps the rest.
    void send(std::string_view bytes);
    /// Acts on what poll() said; the whole messages that came are added to `out`, also when it is closed.
    void serve(short revents, std::vector<std::string>& out);

  private:
    void read(std::vector<std::string>& out);
    void write();
    void close(std::string why);

    Socket socket_;
    bool connecting_ = false;
    Framing framing_;
    std::string waiting_;
    std::string why_;
};

}  // namespace kmsgate::client::program

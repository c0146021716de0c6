// SPDX-License-Identifier: BSD-3-Clause
// The control socket: clients and frames. What a client does harms itself only: everything that it can make
// grow has a bound.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "control/link/loop.hpp"
#include "control/server/peer.hpp"

struct evconnlistener;

namespace kmsgate::control {

using ClientId = std::uint64_t;

/// What both ends know of a frame.
inline constexpr std::size_t kMaxFrame = std::size_t{16} << 20;

struct ServerSettings {
    std::string path;
    std::size_t clients = 64;                    ///< an eighth of it for root and our own account alone
    std::size_t waiting = std::size_t{8} << 20;  ///< bytes for a client before it is let go
    std::size_t halves = std::size_t{256}
                         << 20;                  ///< bytes of frames that have not come whole, of all clients
    std::chrono::milliseconds patience{30'000};  ///< without progress while something waits
};

class Server {
  public:
    struct Handlers {
        /// One frame of a client.
        std::function<void(ClientId, const Credentials&, std::string_view)> frame;
        std::function<void(ClientId)> gone;
    };
    /// Tests say who the peer is.
    using WhoIs = std::function<std::optional<Credentials>(int socket)>;

    Server(Loop& loop, ServerSettings settings, Handlers handlers, WhoIs who_is = credentials_of);
    /// Removes the socket.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Mode 0660. A socket on which nobody answers is replaced; the error says what is wrong otherwise.
    [[nodiscard]] std::expected<void, std::string> listen();
    /// Frames `json` and queues it; a client that does not take what waits is let go, but not in the middle
    /// of what belongs together (`goes_on`: this belongs to the frame before). False: it is gone.
    bool send(ClientId client, std::string_view json, bool goes_on = false);
    /// The client asked for more than it may: `json` is the last it hears.
    void dismiss(ClientId client, std::string_view json);
    [[nodiscard]] std::size_t clients() const noexcept { return clients_.size(); }

  private:
    struct Client;
    void accepted(int socket);
    [[nodiscard]] bool has_room(const Credentials& peer);
    void read(Client& client);
    void drop(ClientId id);

    Loop& loop_;
    ServerSettings settings_;
    Handlers handlers_;
    WhoIs who_is_;
    struct FreeListener {
        void operator()(evconnlistener* listener) const noexcept;
    };
    std::unique_ptr<evconnlistener, FreeListener> listener_;
    std::map<ClientId, std::unique_ptr<Client>> clients_;
    ClientId next_ = 1;
    std::size_t half_bytes_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// u32 big-endian, then the bytes.
[[nodiscard]] std::string framed(std::string_view json);

}  // namespace kmsgate::control

// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/server.hpp"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "control/link/log.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kHead = 4;

timeval as_timeval(std::chrono::milliseconds wait) {
    return {wait.count() / 1000, wait.count() % 1000 * 1000};
}

/// Does a server answer on this path? ENOENT and ECONNREFUSED are the ways to say no.
bool answers(const sockaddr_un& address) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return true;
    const bool no = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                    (errno == ENOENT || errno == ECONNREFUSED);
    ::close(fd);
    return !no;
}

constexpr std::string_view kTooLarge =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"a frame has 1 to 16777216 bytes; send less at once",)"
    R"("data":{"name":"too-large"}}})";
constexpr std::string_view kTooMany =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"too many clients are connected; close some",)"
    R"("data":{"name":"too-many-clients"}}})";

/// Said once, if the socket takes it at once.
void last_word(int socket, std::string_view json) {
    const std::string bytes = framed(json);
    [[maybe_unused]] const ssize_t n =
        ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

struct Server::Client {
    Server& server;
    ClientId id;
    Credentials peer;
    Stream stream;
    std::size_t half = 0;  ///< bytes of a frame that has not come whole
    bool spoke = false;    ///< a whole frame came
    bool closing = false;
};

void Server::FreeListener::operator()(evconnlistener* listener) const noexcept {
    ::evconnlistener_free(listener);
}

std::string framed(std::string_view json) {
    const auto n = static_cast<std::uint32_t>(json.size());
    std::string out;
    out.reserve(kHead + json.size());
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xFFU);
    return out.append(json);
}

Server::Server(Loop& loop, ServerSettings settings, Handlers handlers, WhoIs who_is)
    : loop_(loop),
      settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      who_is_(std::move(who_is)) {}

Server::~Server() {
    *alive_ = false;
    if (listener_) ::unlink(settings_.path.c_str());
}

std::expected<void, std::string> Server::listen() {
    const std::string& path = settings_.path;
    const auto fault = [&](const char* what) {
        return std::unexpected(
            fmt::format("control socket {}: {} ({}); name a folder that this account may write under "
                        "sockets: control: in kmsgate.yaml",
                        path, what, std::strerror(errno)));
    };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return std::unexpected("control socket " + path + ": the path is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    struct stat there{};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode))
            return std::unexpected(
                fmt::format("control socket {}: the path is taken by something else; remove it, or name "
                            "another one under sockets: control: in kmsgate.yaml",
                            path));
        if (answers(address))
            return std::unexpected(
                fmt::format("control socket {}: another server answers there; stop it, or name another "
                            "path under sockets: control: in kmsgate.yaml",
                            path));
        ::unlink(path.c_str());
    }
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fault("no socket");
    // Nobody connects before the mode is what it shall be: listen() comes last.
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), 0660) != 0) {
        const int why = errno;
        ::close(fd);
        errno = why;
        return fault("cannot be made");
    }
    const auto accept = [](evconnlistener*, evutil_socket_t socket, sockaddr*, int, void* self) {
        static_cast<Server*>(self)->accepted(socket);
    };
    listener_.reset(::evconnlistener_new(loop_.base(), accept, this,
                                         LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 128, fd));
    if (!listener_) {
        ::close(fd);
        return fault("cannot be listened at");
    }
    return {};
}

void Server::accepted(int socket) {
    std::optional<Credentials> peer = who_is_(socket);
    if (!peer || !has_room(*peer)) {
        if (peer) last_word(socket, kTooMany);
        ::close(socket);
        return;
    }
    const ClientId id = next_++;
    auto client = std::make_unique<Client>(Client{*this, id, *std::move(peer), nullptr});
    client->stream.reset(::bufferevent_socket_new(loop_.base(), socket, BEV_OPT_CLOSE_ON_FREE));
    bufferevent* const stream = client->stream.get();
    ::bufferevent_setcb(
        stream,
        [](bufferevent*, void* self) {
            auto* const one = static_cast<Client*>(self);
            one->server.read(*one);
        },
        nullptr,
        [](bufferevent*, short, void* self) {
            auto* const one = static_cast<Client*>(self);
            one->server.drop(one->id);
        },
        client.get());
    const timeval patience = as_timeval(settings_.patience);
    ::bufferevent_set_timeouts(stream, nullptr, &patience);
    clients_.emplace(id, std::move(client));
    ::bufferevent_enable(stream, EV_READ | EV_WRITE);
}

/// Whoever holds a place without having said anything makes room, the oldest first; the last places are for
/// those who can put things right.
bool Server::has_room(const Credentials& peer) {
    const bool keeper = peer.who.uid == 0 || peer.who.uid == ::geteuid();
    const std::size_t most = keeper ? settings_.clients : settings_.clients - settings_.clients / 8;
    std::size_t here = 0;
    const Client* silent = nullptr;
    for (const auto& [id, client] : clients_) {
        if (client->closing) continue;
        ++here;
        if (silent == nullptr && !client->spoke) silent = client.get();
    }
    if (here < most) return true;
    if (silent == nullptr) return false;
    log_warning(fmt::format("client {} (pid {}) said nothing and makes room for another",
                            silent->peer.who.user, silent->peer.who.pid));
    drop(silent->id);
    return true;
}

void Server::read(Client& client) {
    evbuffer* const in = ::bufferevent_get_input(client.stream.get());
    half_bytes_ -= client.half;
    client.half = 0;
    std::array<unsigned char, kHead> head{};
    while (!client.closing && ::evbuffer_copyout(in, head.data(), kHead) == static_cast<ev_ssize_t>(kHead)) {
        const std::size_t size =
            std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 | std::size_t{head[2]} << 8 | head[3];
        if (size == 0 || size > kMaxFrame) return dismiss(client.id, kTooLarge);
        if (::evbuffer_get_length(in) < kHead + size) break;
        ::evbuffer_drain(in, kHead);
        std::string frame(size, '\0');
        ::evbuffer_remove(in, frame.data(), size);
        client.spoke = true;
        handlers_.frame(client.id, client.peer, frame);
    }
    if (client.closing) return;
    client.half = ::evbuffer_get_length(in);
    half_bytes_ += client.half;
    if (half_bytes_ > settings_.halves) return dismiss(client.id, kTooLarge);
    const timeval patience = as_timeval(settings_.patience);
    ::bufferevent_set_timeouts(client.stream.get(), client.half == 0 ? nullptr : &patience, &patience);
}

bool Server::send(ClientId id, std::string_view json, bool goes_on) {
    const auto at = clients_.find(id);
    if (at == clients_.end() || at->second->closing) return false;
    evbuffer* const out = ::bufferevent_get_output(at->second->stream.get());
    if (!goes_on && ::evbuffer_get_length(out) > settings_.waiting) {
        log_warning(fmt::format("client {} (pid {}) does not take what waits for it: let go",
                                at->second->peer.who.user, at->second->peer.who.pid));
        drop(id);
        return false;
    }
    const std::string bytes = framed(json);
    return ::bufferevent_write(at->second->stream.get(), bytes.data(), bytes.size()) == 0;
}

void Server::dismiss(ClientId id, std::string_view json) {
    const auto at = clients_.find(id);
    if (at == clients_.end() || at->second->closing) return;
    if (::evbuffer_get_length(::bufferevent_get_output(at->second->stream.get())) == 0)
        last_word(::bufferevent_getfd(at->second->stream.get()), json);
    drop(id);
}

void Server::drop(ClientId id) {
    const auto at = clients_.find(id);
    if (at == clients_.end() || at->second->closing) return;
    Client& client = *at->second;
    client.closing = true;
    half_bytes_ -= client.half;
    client.half = 0;
    ::bufferevent_disable(client.stream.get(), EV_READ | EV_WRITE);
    // Its own callback may be running.
    loop_.post([this, id, alive = alive_] {
        if (!*alive) return;
        clients_.erase(id);
        handlers_.gone(id);
    });
}

}  // namespace kmsgate::control

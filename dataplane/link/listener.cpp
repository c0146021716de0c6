// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/listener.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kmsgate::link {
namespace {

constexpr int kBacklog = 16;

[[nodiscard]] std::unexpected<std::string> failed(const std::string& path, std::string_view what) {
    return std::unexpected(fmt::format("table socket {}: {}: {}", path, what, std::strerror(errno)));
}

/// Takes a socket file away that nobody answers on.
[[nodiscard]] std::expected<void, std::string> clear_stale(const std::string& path,
                                                           const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode))
        return std::unexpected(
            fmt::format("table socket {}: something that is no socket stands there", path));
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
        errno == EAGAIN)
        return std::unexpected(
            fmt::format("table socket {}: another dataplane answers there; stop it, or name another "
                        "path under sockets in kmsgate.yaml",
                        path));
    if (errno != ECONNREFUSED) return failed(path, "cannot be looked at");
    if (::unlink(path.c_str()) != 0) return failed(path, "a stale one cannot be removed");
    return {};
}

}  // namespace

Listener::Listener(Descriptor fd, std::string path, dev_t device, ino_t inode)
    : fd_(std::move(fd)), path_(std::move(path)), device_(device), inode_(inode) {}

Listener::~Listener() {
    if (fd_.get() < 0) return;
    struct stat status{};  // whoever took the path over keeps it
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

std::expected<Listener, std::string> Listener::open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return std::unexpected(
            fmt::format("table socket {}: a path has 1 to {} bytes", path, sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.data(), path.size());
    if (auto fine = clear_stale(path, address); !fine) return std::unexpected(fine.error());
    Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed(path, "cannot be made");
    struct stat status{};
    // Nobody can connect before listen(), so nobody slips in under the umask's mode.
    if (::chmod(path.c_str(), 0600) != 0 || ::lstat(path.c_str(), &status) != 0 ||
        ::listen(fd.get(), kBacklog) != 0) {
        auto error = failed(path, "cannot be made");
        ::unlink(path.c_str());
        return error;
    }
    return Listener(std::move(fd), path, status.st_dev, status.st_ino);
}

std::optional<Descriptor> Listener::accept() {
    for (;;) {
        Descriptor peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (peer.get() < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            return std::nullopt;
        }
        ucred who{};
        socklen_t size = sizeof who;
        if (::getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
            may_speak(who.uid, ::geteuid()))
            return peer;
    }
}

}  // namespace kmsgate::link

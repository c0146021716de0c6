// SPDX-License-Identifier: BSD-3-Clause
#include "control/program/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "control/link/fault.hpp"

namespace kmsgate::control {

std::expected<Lock, std::string> Lock::take(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return std::unexpected(
            fmt::format("{}: {}; the state folder must be there and writable for this account", path,
                        std::strerror(errno)));
    Lock out(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 128> holder{};
        const ssize_t n = ::pread(fd, holder.data(), holder.size() - 1, 0);
        std::string who(holder.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
        while (!who.empty() && who.back() == '\n') who.pop_back();
        return std::unexpected(
            fmt::format("another kmsgate-control works on this state folder ({}); stop it, or name another "
                        "folder under state: in kmsgate.yaml",
                        who.empty() ? "it does not say which" : who));
    }
    const Who me = myself();
    const std::string text = fmt::format("pid {}, user {}\n", me.pid, me.user);
    if (::ftruncate(fd, 0) != 0 ||
        ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        return std::unexpected(
            fmt::format("{}: {}; make room on the disk of the state folder", path, std::strerror(errno)));
    return out;
}

Lock::~Lock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace kmsgate::control

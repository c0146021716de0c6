// SPDX-License-Identifier: BSD-3-Clause
#include "control/events/target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace kmsgate::control::events {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& o) noexcept {
        std::swap(fd_, o.fd_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

  private:
    int fd_;
};

Target::Took took(ssize_t n) noexcept {
    if (n >= 0) return {static_cast<std::size_t>(n), false};
    return {0, errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR};
}

class File final : public Target {
  public:
    explicit File(std::string path) : path_(std::move(path)) {}

    Took write(std::string_view lines) override {
        if (fd_.get() < 0) return {0, true};
        return took(::write(fd_.get(), lines.data(), lines.size()));
    }
    [[nodiscard]] bool stale() const override {
        struct stat open{};
        struct stat named{};
        if (fd_.get() < 0 || ::fstat(fd_.get(), &open) != 0 || ::stat(path_.c_str(), &named) != 0)
            return true;
        return open.st_ino != named.st_ino || open.st_dev != named.st_dev;
    }
    bool reopen() override {
        // Not blocking: the path may be a FIFO that nobody reads.
        Descriptor fd(
            ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640));
        if (fd.get() < 0) return false;
        fd_ = std::move(fd);
        return true;
    }

  private:
    std::string path_;
    Descriptor fd_;
};

/// Standard output without the power to block, and without changing it for others who share it.
class StandardOutput final : public Target {
  public:
    StandardOutput()
        : fd_(::open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {
        if (fd_.get() >= 0) return;
        // A socket (the journal's) has no file to open again; sends say themselves that they must not wait.
        fd_ = Descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
        socket_ = true;
    }
    [[nodiscard]] bool usable() const noexcept { return fd_.get() >= 0 && (!socket_ || is_socket()); }

    Took write(std::string_view lines) override {
        if (socket_) return took(::send(fd_.get(), lines.data(), lines.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
        return took(::write(fd_.get(), lines.data(), lines.size()));
    }
    [[nodiscard]] bool stale() const override { return false; }
    bool reopen() override { return true; }

  private:
    [[nodiscard]] bool is_socket() const noexcept {
        struct stat st{};
        return ::fstat(fd_.get(), &st) == 0 && S_ISSOCK(st.st_mode);
    }
    Descriptor fd_;
    bool socket_ = false;
};

class Syslog final : public Target {
  public:
    explicit Syslog(std::string identity) : identity_(std::move(identity)) {
        ::openlog(identity_.c_str(), LOG_PID | LOG_NDELAY, LOG_DAEMON);
    }
    ~Syslog() override { ::closelog(); }
    Took write(std::string_view lines) override {
        // Not more than one line a call, so that what was taken is known by lines.
        const std::size_t end = lines.find('\n');
        const std::string_view line = lines.substr(0, end);
        ::syslog(LOG_DAEMON | LOG_INFO, "%.*s", static_cast<int>(line.size()), line.data());
        return {end == std::string_view::npos ? lines.size() : end + 1, false};
    }
    [[nodiscard]] bool stale() const override { return false; }
    bool reopen() override { return true; }

  private:
    std::string identity_;  // openlog keeps the pointer
};

}  // namespace

std::expected<std::unique_ptr<Target>, std::string> open_target(const std::string& file,
                                                                const std::string& identity) {
    if (file == "syslog") return std::make_unique<Syslog>(identity);
    if (file == "stdout") {
        auto out = std::make_unique<StandardOutput>();
        if (!out->usable())
            return std::unexpected(std::string("standard output is closed; name a file to write events to"));
        return out;
    }
    if (file.empty())
        return std::unexpected(std::string("no file named; write a path, `stdout` or `syslog`"));
    auto out = std::make_unique<File>(file);
    if (!out->reopen())
        return std::unexpected(
            fmt::format("{}: {}; name a file that this account may write, `stdout` or `syslog`", file,
                        std::strerror(errno)));
    return out;
}

}  // namespace kmsgate::control::events

// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/rpc.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <thread>
#include <utility>

#include "control/cli/version.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLength = 4;
constexpr int kMaxDepth = 64;
constexpr int kNoDataplane = 3;  ///< JSON-RPC error code: control is there, the dataplane is not
constexpr auto kRetryFor = 3s;

std::string framed(const std::string& object) {
    const auto n = static_cast<std::uint32_t>(object.size());
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xFFU);
    return out + object;
}

std::uint32_t length_of(std::string_view bytes) {
    std::uint32_t n = 0;
    for (const char c : bytes.substr(0, kLength)) n = n << 8 | static_cast<std::uint8_t>(c);
    return n;
}

/// Reading deep JSON needs no stack, but letting go of it and printing it may.
bool too_deep(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxDepth) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

std::string request_id() {
    std::array<std::uint8_t, 16> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        const auto now = Clock::now().time_since_epoch().count();
        return fmt::format("{:x}-{:x}", ::getpid(), now);
    }
    std::string out;
    for (const std::uint8_t b : random) out += fmt::format("{:02x}", b);
    return out;
}

Failure refused(const json& error) {
    Failure out{kRefused, "the daemon refused without saying why", error};
    if (!error.is_object()) return out;
    if (const auto m = error.find("message"); m != error.end() && m->is_string())
        out.message = m->get<std::string>();
    if (const auto c = error.find("code"); c != error.end() && *c == kNoDataplane) out.exit = kNotReached;
    return out;
}

}  // namespace

void Client::close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    buffer_.clear();
    waiting_.clear();
}

Failure Client::unreached(std::string_view why) const {
    std::string remedy = "start kmsgate-control, or name its socket with --socket or KMSGATE_SOCKET";
    if (errno == EACCES || errno == EPERM) remedy = "use an account that may open the socket";
    return {kNotReached, fmt::format("kmsgate-control is not reached at {}: {}; {}", path_, why, remedy),
            nullptr};
}
Failure Client::late() const {
    return {kNotReached,
            fmt::format(
                "kmsgate-control did not answer within {} s; see whether it hangs, or give it longer with "
                "--timeout",
                timeout_.count()),
            nullptr};
}
Failure Client::broken(std::string_view why) {
    broken_ = true;
    close();
    return {kNotReached, fmt::format("the connection to kmsgate-control broke: {}; see its log", why),
            nullptr};
}
Failure Client::nonsense(std::string_view what) {
    close();
    return {kNotReached,
            fmt::format(
                "what answers at {} does not speak kmsgate-control's protocol ({}); name the right socket "
                "with --socket, or use the kmsgatectl of the daemon's version",
                path_, what),
            nullptr};
}

Client::Wait Client::wait(short events, int stop, std::optional<Time> until) const {
    while (true) {
        int milliseconds = -1;
        if (until) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
            if (left <= 0) return Wait::late;
            milliseconds = static_cast<int>(std::min<std::int64_t>(left, 60'000));
        }
        std::array<pollfd, 2> fds = {pollfd{fd_, events, 0}, pollfd{stop, POLLIN, 0}};  // poll skips -1
        if (::poll(fds.data(), fds.size(), milliseconds) <= 0) continue;
        if (fds[1].revents != 0) return Wait::stopped;
        if (fds[0].revents != 0) return Wait::ready;
    }
}

std::expected<json, Failure> Client::connect(Time until) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) {
        errno = 0;
        return std::unexpected(unreached("a socket's path has 1 to 107 bytes"));
    }
    path_.copy(address.sun_path, path_.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return std::unexpected(unreached(std::strerror(errno)));
    while (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        // EAGAIN: more callers wait than the daemon's queue takes; poll() does not wait for that.
        if (error == EAGAIN && Clock::now() < until) {
            std::this_thread::sleep_for(20ms);
            continue;
        }
        if (error == EINTR) continue;
        Failure failure = error == EAGAIN ? late() : unreached(std::strerror(error));
        close();
        return std::unexpected(std::move(failure));
    }
    const json range = {{"min", 1}, {"max", 1}, {"client", std::string("kmsgatectl ") + kVersion}};
    auto answer = call_once("hello", range, until);
    if (!answer) {
        close();
        return answer;
    }
    if (!answer->is_object() || answer->value("version", json()) != 1)
        return std::unexpected(nonsense("its hello names no version that is spoken here"));
    hello_ = *answer;
    return answer;
}

std::expected<void, Failure> Client::send(std::string_view bytes, Time until) {
    while (!bytes.empty()) {
        if (wait(POLLOUT, -1, until) == Wait::late) {
            close();  // half a request is of no use
            return std::unexpected(late());
        }
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (errno != EAGAIN && errno != EINTR)
            return std::unexpected(broken(std::strerror(errno)));
    }
    return {};
}

std::expected<std::optional<json>, Failure> Client::receive(int stop, std::optional<Time> until) {
    while (true) {
        if (buffer_.size() >= kLength) {
            const std::size_t n = length_of(buffer_);
            if (n > kMaxObject) return std::unexpected(nonsense("an object of more than 16 MiB"));
            if (buffer_.size() >= kLength + n) {
                const std::string text = buffer_.substr(kLength, n);
                buffer_.erase(0, kLength + n);
                if (too_deep(text)) return std::unexpected(nonsense("JSON of more than 64 levels"));
                json object = json::parse(text, nullptr, false);
                if (!object.is_object()) return std::unexpected(nonsense("no JSON object"));
                return object;
            }
        }
        if (wait(POLLIN, stop, until) != Wait::ready) return std::nullopt;
        std::array<char, 65536> bytes;
        const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n == 0) return std::unexpected(broken("it closed it"));
        if (n < 0 && errno != EAGAIN && errno != EINTR) return std::unexpected(broken(std::strerror(errno)));
        if (n > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(n));
    }
}

std::expected<json, Failure> Client::call_once(std::string_view method, const json& params, Time until) {
    const std::uint64_t id = ++last_id_;
    const std::string text =
        json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump(
            -1, ' ', false, json::error_handler_t::replace);
    if (text.size() > kMaxObject)
        return std::unexpected(Failure{
            kRefused, "that is more than the 16 MiB that one request holds; split it or make it shorter",
            nullptr});
    if (auto sent = send(framed(text), until); !sent) return std::unexpected(std::move(sent.error()));
    while (true) {
        auto object = receive(-1, until);
        if (!object) return std::unexpected(std::move(object.error()));
        if (!*object) {
            close();  // a late answer must not be taken for that of the next call
            return std::unexpected(late());
        }
        json& o = **object;
        if (o.contains("method") && !o.contains("id")) {
            if (o["method"].is_string())
                waiting_.push_back({o["method"].get<std::string>(), o.value("params", json())});
            continue;
        }
        const bool ours = o.contains("id") && (o["id"] == id || (o["id"].is_null() && o.contains("error")));
        if (!ours) return std::unexpected(nonsense("an answer to nothing that was asked"));
        if (o.contains("error")) return std::unexpected(refused(o["error"]));
        if (!o.contains("result")) return std::unexpected(nonsense("an answer without result"));
        return std::move(o["result"]);
    }
}

std::expected<json, Failure> Client::call(std::string_view method, const json& params) {
    const Time until = Clock::now() + timeout_;
    broken_ = false;
    if (fd_ < 0)
        if (auto connected = connect(until); !connected && !broken_) return connected;
    if (!broken_) {
        auto result = call_once(method, params, until);
        if (result || !broken_) return result;
    }
    // The daemon may be restarting: its socket is given a moment to come back.
    const Time give_up = std::min(until, Clock::now() + kRetryFor);
    while (true) {
        broken_ = false;
        auto connected = connect(until);
        if (connected) return call_once(method, params, until);
        if (connected.error().exit == kRefused || Clock::now() >= give_up) return connected;
        std::this_thread::sleep_for(100ms);
    }
}

std::expected<json, Failure> Client::hello() {
    if (fd_ >= 0) return hello_;
    return connect(Clock::now() + timeout_);
}

std::expected<json, Failure> Client::ask(std::string_view method, json params) {
    return call(method, params);
}

std::expected<json, Failure> Client::change(std::string_view method, json params) {
    params["request_id"] = request_id();
    return call(method, params);
}

std::expected<std::optional<Notification>, Failure> Client::next(int stop, std::optional<Time> until) {
    while (waiting_.empty()) {
        if (fd_ < 0) return std::unexpected(broken("it is closed"));
        auto object = receive(stop, until);
        if (!object) return std::unexpected(std::move(object.error()));
        if (!*object) return std::nullopt;
        json& o = **object;
        if (o.contains("method") && o["method"].is_string())
            waiting_.push_back({o["method"].get<std::string>(), o.value("params", json())});
    }
    Notification out = std::move(waiting_.front());
    waiting_.pop_front();
    return out;
}

}  // namespace kmsgate::control::cli

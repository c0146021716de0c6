// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/cli/fake_daemon.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/cli/run.hpp"

namespace kmsgate::control::cli::test {
namespace {

/// All or nothing; false: the end, or time to stop.
bool read_exactly(int fd, int stop, std::string& into, std::size_t n) {
    into.clear();
    while (into.size() < n) {
        std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
        ::poll(fds.data(), 2, -1);
        if (fds[1].revents != 0) return false;
        std::array<char, 65536> bytes;
        const ssize_t got = ::recv(fd, bytes.data(), std::min(bytes.size(), n - into.size()), 0);
        if (got <= 0) return false;
        into.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return true;
}

}  // namespace

std::string framed(const json& object) {
    const std::string text = object.dump();
    const auto n = static_cast<std::uint32_t>(text.size());
    std::string out;
    out += static_cast<char>(n >> 24);
    out += static_cast<char>(n >> 16 & 0xFF);
    out += static_cast<char>(n >> 8 & 0xFF);
    out += static_cast<char>(n & 0xFF);
    return out + text;
}
Reply result(const json& request, json value) {
    return {framed({{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", std::move(value)}})};
}
Reply refusal(const json& request, int code, std::string message, json data) {
    return {
        framed({{"jsonrpc", "2.0"},
                {"id", request["id"]},
                {"error", {{"code", code}, {"message", std::move(message)}, {"data", std::move(data)}}}})};
}

FakeDaemon::FakeDaemon(Handler handler) : handler_(std::move(handler)) {
    std::string name = (std::filesystem::temp_directory_path() / "kmsgate-cli-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/control.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 8) != 0 || ::pipe(stop_) != 0)
        std::abort();
    thread_ = std::thread([this] { serve(); });
}
FakeDaemon::FakeDaemon(json value)
    : FakeDaemon(Handler([value = std::move(value)](const json& r, int) { return result(r, value); })) {}

FakeDaemon::~FakeDaemon() {
    [[maybe_unused]] const ssize_t told = ::write(stop_[1], "x", 1);
    thread_.join();
    for (const int fd : {listener_, stop_[0], stop_[1]}) ::close(fd);
    std::filesystem::remove_all(folder_);
}

std::vector<Call> FakeDaemon::calls() {
    const std::scoped_lock lock(mutex_);
    return calls_;
}

void FakeDaemon::serve() {
    for (int number = 1;; ++number) {
        std::array<pollfd, 2> fds = {pollfd{listener_, POLLIN, 0}, pollfd{stop_[0], POLLIN, 0}};
        ::poll(fds.data(), 2, -1);
        if (fds[1].revents != 0) return;
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        serve_one(fd, number);
        ::close(fd);
    }
}

void FakeDaemon::serve_one(int fd, int number) {
    std::string bytes;
    while (read_exactly(fd, stop_[0], bytes, 4)) {
        std::size_t n = 0;
        for (const char c : bytes) n = n << 8 | static_cast<std::uint8_t>(c);
        if (!read_exactly(fd, stop_[0], bytes, n)) return;
        const json request = json::parse(bytes, nullptr, false);
        if (!request.is_object()) return;
        const std::string method = request.value("method", "");
        Reply reply =
            method == "hello"
                ? result(request, {{"version", 1}, {"server", "kmsgate-control 9.9"}, {"role", "admin"}})
                : handler_(request, number);
        if (method == "hello" && handler_) {
            // A test may want to answer hello itself.
            Reply own = handler_(request, number);
            if (own.close || own.bytes.starts_with('!'))
                reply = {own.bytes.substr(own.bytes.empty() ? 0 : 1), own.close};
        } else {
            const std::scoped_lock lock(mutex_);
            calls_.push_back({method, request.value("params", json()), number});
        }
        if (::send(fd, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL) < 0 || reply.close) return;
    }
}

Ran run_words(std::vector<std::string> words, const std::string& socket, Screen screen) {
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{.out = out,
                      .err = err,
                      .out_colours = screen.colours,
                      .err_terminal = screen.terminal,
                      .width = screen.width};
    Ran ran;
    ran.code = run(words, socket, terminal);
    ran.out = out.str();
    ran.err = err.str();
    return ran;
}

std::string write_file(const std::string& folder, const std::string& name, const std::string& text) {
    const std::string path = folder + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
}
std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

}  // namespace kmsgate::control::cli::test

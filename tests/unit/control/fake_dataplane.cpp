// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/fake_dataplane.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <sstream>

#include "dataplane/link/frame.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::control::test {
namespace {

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

void FakeDataplane::start() {
    ending_ = false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    ::unlink(path_.c_str());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_, 4);
    thread_ = std::thread([this] { serve(); });
}

void FakeDataplane::stop() {
    ending_ = true;
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    if (connection_ >= 0) ::shutdown(connection_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) ::close(listener_.exchange(-1));
    ::unlink(path_.c_str());
}

void FakeDataplane::restart() {
    stop();
    with([](State& s) {
        s.generation = 0;
        s.digest.clear();
        s.tags.clear();
        s.modes.clear();
        s.epoch += "1";
        s.ops.clear();
        s.requests.clear();
    });
    start();
}

std::size_t FakeDataplane::asked(const std::string& op) {
    return with([&](State& s) { return static_cast<std::size_t>(std::ranges::count(s.ops, op)); });
}

void FakeDataplane::tell(const Json& json, const std::string& attachment) {
    const std::scoped_lock lock(mutex_);
    write_all(connection_, link::encode(json.dump(), attachment.size()) + attachment);
}

void FakeDataplane::serve() {
    while (!ending_) {
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0) return;
        connection_ = fd;
        with([](State& s) { ++s.connections; });
        if (!ending_) talk(fd);
        connection_ = -1;
        ::close(fd);
    }
}

void FakeDataplane::talk(int fd) {
    link::Decoder decoder([](std::string_view) { return link::kMaxTable; });
    std::array<std::byte, 65536> buffer;
    while (true) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) return;
        std::span<const std::byte> rest(buffer.data(), static_cast<std::size_t>(n));
        while (!rest.empty()) {
            const auto took = decoder.take(rest);
            if (!took) return;
            rest = rest.subspan(*took);
            if (!decoder.ready()) continue;
            const link::Frame frame = decoder.fetch();
            const std::string bytes(reinterpret_cast<const char*>(frame.attachment.data()),
                                    frame.attachment.size());
            if (!answer(fd, Json::parse(frame.json), bytes)) return;
        }
    }
}

bool FakeDataplane::answer(int fd, const Json& request, const std::string& attachment) {
    const std::scoped_lock lock(mutex_);
    State& s = state_;
    const auto op = request.at("op").get<std::string>();
    s.ops.push_back(op);
    s.requests.push_back(request);
    if (s.stalls || s.stalls_at == op) return true;
    if (s.dies_at == op) return false;
    if (s.nonsense) return write_all(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
    Json out = {{"id", request.at("id")}, {"ok", true}};
    if (const auto no = s.refuse.find(op); no != s.refuse.end()) {
        out["ok"] = false;
        out["error"] = no->second;
        return write_all(fd, link::encode(out.dump()));
    }
    if (op == "hello") {
        out.update({{"version", s.version},
                    {"program", "fake"},
                    {"pid", 1},
                    {"generation", s.generation},
                    {"digest", s.digest.empty() ? Json() : Json(s.digest)},
                    {"tags", s.tags.size()},
                    {"tag_epoch", s.epoch}});
    } else if (op == "table") {
        std::vector<std::uint64_t> aligned(attachment.size() / 8 + 1);
        std::memcpy(aligned.data(), attachment.data(), attachment.size());
        const auto table =
            policy::table::Table::open(std::as_bytes(std::span(aligned)).first(attachment.size()));
        if (!table) {
            out["ok"] = false;
            out["error"] = {{"name", "table-invalid"}, {"message", table.error().what}};
        } else {
            s.generation = request.at("generation");
            s.digest = table->digest();
            const Json modes = request.value("modes", Json::object());
            for (const auto& [edge, mode] : modes.items()) s.modes[edge] = mode;
            out.update({{"generation", s.generation}, {"digest", s.digest}, {"micros", 1}});
        }
    } else if (op == "tags") {
        if (request.at("clear").get<bool>()) s.tags.clear();
        Json refused = Json::array();
        std::istringstream lines(attachment);
        std::size_t number = 0;
        std::size_t set = 0;
        for (std::string line; std::getline(lines, line);) {
            ++number;
            const std::size_t one = line.find('\t');
            const std::size_t two = line.find('\t', one + 1);
            const std::pair key(line.substr(0, one), line.substr(one + 1, two - one - 1));
            const std::string words = line.substr(two + 1);
            if (words == "-") {
                s.tags.erase(key);
            } else if (!s.tags.contains(key) && s.tags.size() >= s.capacity) {
                refused.push_back(number);
            } else {
                s.tags[key] = words;
                ++set;
            }
        }
        out.update({{"set", set},
                    {"removed", 0},
                    {"refused", refused},
                    {"count", s.tags.size()},
                    {"capacity", s.capacity}});
    } else if (op == "modes") {
        for (const auto& [edge, mode] : request.at("modes").items()) s.modes[edge] = mode;
        out["modes"] = request.at("modes");
    } else if (op == "events") {
        s.events = request;
    }
    if (const auto more = s.answers.find(op); more != s.answers.end()) out.update(more->second);
    return write_all(fd, link::encode(out.dump()));
}

}  // namespace kmsgate::control::test

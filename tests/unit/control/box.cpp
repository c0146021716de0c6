// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/box.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace kmsgate::control::test {

using std::chrono::milliseconds;

Client::Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
}
Client::~Client() {
    if (fd_ >= 0) ::close(fd_);
}
Client::Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), last_(other.last_) {}

bool Client::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

int Client::send(const std::string& method, const Json& params) {
    const Json call = {{"jsonrpc", "2.0"}, {"id", ++last_}, {"method", method}, {"params", params}};
    write(framed(call.dump()));
    return last_;
}

Json Client::read(milliseconds wait) {
    const auto end = std::chrono::steady_clock::now() + wait;
    while (true) {
        if (buffer_.size() >= 4) {
            std::uint32_t size = 0;
            for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(buffer_[i]);
            if (buffer_.size() >= 4 + std::size_t{size}) {
                Json out = Json::parse(buffer_.substr(4, size));
                buffer_.erase(0, 4 + std::size_t{size});
                return out;
            }
        }
        const auto left =
            std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()).count();
        pollfd ready{fd_, POLLIN, 0};
        if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) != 1) return nullptr;
        std::array<char, 65536> bytes;
        const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
        if (n <= 0) return nullptr;
        buffer_.append(bytes.data(), static_cast<std::size_t>(n));
    }
}

Json Client::answer(int id) {
    while (true) {
        for (auto at = answers_.begin(); at != answers_.end(); ++at)
            if (at->value("id", Json()) == id) {
                Json out = std::move(*at);
                answers_.erase(at);
                return out;
            }
        Json one = read();
        if (one.is_null()) return one;
        (one.contains("method") ? notifications_ : answers_).push_back(std::move(one));
    }
}

Json Client::next() {
    while (notifications_.empty()) {
        Json one = read(std::chrono::seconds(5));
        if (one.is_null()) return one;
        (one.contains("method") ? notifications_ : answers_).push_back(std::move(one));
    }
    Json out = std::move(notifications_.front());
    notifications_.erase(notifications_.begin());
    return out;
}

Json Client::call(const std::string& method, const Json& params) {
    return answer(send(method, params));
}
Json Client::result(const std::string& method, const Json& params) {
    const Json all = call(method, params);
    EXPECT_TRUE(all.is_object() && all.contains("result")) << method << ": " << all.dump(1);
    return all.is_object() && all.contains("result") ? all["result"] : Json::object();
}
Json Client::error(const std::string& method, const Json& params) {
    const Json all = call(method, params);
    return all.is_object() && all.contains("error") ? all["error"] : Json();
}
std::string Client::fault(const std::string& method, const Json& params) {
    const Json e = error(method, params);
    return e.is_null() ? std::string() : e.at("data").at("name").get<std::string>();
}
void Client::hello() {
    EXPECT_EQ(result("hello", {{"min", 1}, {"max", 1}, {"client", "test"}}).value("version", 0), 1);
}

bool Client::closed() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    std::array<char, 65536> bytes;
    while (std::chrono::steady_clock::now() < end) {
        pollfd ready{fd_, POLLIN, 0};
        if (::poll(&ready, 1, 100) == 1 && ::recv(fd_, bytes.data(), bytes.size(), 0) <= 0) return true;
    }
    return false;
}

std::string user(std::size_t n) {
    return fmt::format("sip:u{}@mc1.example", n);
}

namespace {

std::string make_folder() {
    std::string name = "/tmp/kmsgate-control-test-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    return name;
}

}  // namespace

Box::Box() : folder_(make_folder()), dataplane_(folder_ + "/table.sock") {
    std::signal(SIGPIPE, SIG_IGN);
    startup_.ports = {{"a", "net_null0"}, {"b", "net_null1"}};
    startup_.pairs = {{"north", "a", "b", 7}, {"south", "a", "b", std::nullopt}};
    startup_.state = folder_;
    startup_.control_socket = path("control.sock");
    startup_.table_socket = path("table.sock");
    startup_.metrics = "";
    startup_.control.audit = path("audit.jsonl");
    settings_.link.answer = settings_.link.table = milliseconds(2000);
    settings_.link.first_wait = milliseconds(2);
    settings_.link.longest_wait = milliseconds(20);
}

Box::~Box() {
    stop();
    dataplane_.stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Box::try_start(std::optional<PolicyFile> policy) {
    loop_ = std::make_unique<Loop>();
    ControlSettings settings = settings_;
    settings.startup = startup_;
    settings.policy = std::move(policy);
    settings.who_is = [this](int socket) {
        const std::scoped_lock lock(peer_mutex_);
        return peer_ ? peer_ : credentials_of(socket);
    };
    auto control = Control::open(*loop_, std::move(settings));
    if (!control) return control.error();
    control_ = *std::move(control);
    control_->start();
    thread_ = std::thread([this] { loop_->run(); });
    return {};
}

void Box::start(std::optional<PolicyFile> policy) {
    ASSERT_EQ(try_start(std::move(policy)), "");
}

void Box::stop() {
    if (!control_) return;
    loop_->stop();
    thread_.join();
    control_.reset();
    loop_.reset();
}

void Box::reload(const PolicyFile& policy) {
    loop_->post([this, policy] { control_->reload(policy); });
}

Client Box::client() {
    Client out(startup_.control_socket);
    out.hello();
    return out;
}

Client Box::client_of(const std::string& name, uid_t uid, std::vector<std::string> groups) {
    {
        const std::scoped_lock lock(peer_mutex_);
        peer_ = Credentials{{uid, name, 4711}, std::move(groups)};
    }
    Client out(startup_.control_socket);
    out.hello();  // answered: it was accepted as that account
    const std::scoped_lock lock(peer_mutex_);
    peer_.reset();
    return out;
}

void Box::connected() {
    Client c = client();
    ASSERT_TRUE(eventually([&] { return c.result("status").at("link").at("state") == "connected"; }));
}

std::vector<Json> Box::audit() const {
    std::vector<Json> out;
    std::ifstream in(path("audit.jsonl"));
    for (std::string line; std::getline(in, line);) out.push_back(Json::parse(line));
    return out;
}

std::string policy(const std::string& allow, const std::string& mode) {
    return fmt::format(R"(version: 1
tags: [roaming, migrated]
kms: {{A: kms.a.example, B: kms.b.example, C: kms.c.example}}
domains:
  mc1: {{users: ["sip:*@mc1.example"], home: A, secondary: [C], external: [B]}}
edges:
  north:
    domain: mc1
    mode: {}
    rules:
      - {{name: roaming, side: initiator, when: {{tag: roaming}}, allow: [C]}}
      - {{name: attached, side: initiator, allow: {}, other: any}}
      - {{name: all, side: receiver, allow: any}}
  south:
    domain: mc1
    rules:
      - {{name: mine, side: initiator, when: {{tag: migrated}}, allow: [A, C]}}
      - {{name: rest, side: initiator, allow: home}}
      - {{name: all, side: receiver, allow: any}}
)",
                       mode, allow);
}

}  // namespace kmsgate::control::test

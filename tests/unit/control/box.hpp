// SPDX-License-Identifier: BSD-3-Clause
// A whole kmsgate-control in a thread, a dataplane that is not one, and clients.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "control/link/loop.hpp"
#include "control/program/control.hpp"
#include "tests/unit/control/fake_dataplane.hpp"

namespace kmsgate::control::test {

/// A connection to the control socket; calls wait for their answer.
class Client {
  public:
    explicit Client(const std::string& path);
    ~Client();
    Client(Client&& other) noexcept;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client& operator=(Client&&) = delete;

    /// The whole answer; notifications that come before it wait for next(). Null: the connection ended.
    Json call(const std::string& method, const Json& params = Json::object());
    /// `result`; a test that gets an error fails.
    Json result(const std::string& method, const Json& params = Json::object());
    /// `error`, or null.
    Json error(const std::string& method, const Json& params = Json::object());
    /// Name of the error, or "".
    std::string fault(const std::string& method, const Json& params = Json::object());
    void hello();

    /// Sends a call and does not wait; its id.
    int send(const std::string& method, const Json& params = Json::object());
    /// The answer to that id.
    Json answer(int id);
    /// The next notification; null: none came within 5 s.
    Json next();
    bool write(std::string_view bytes);
    /// A frame as it comes; null after `wait`, or when the connection has ended.
    Json read(std::chrono::milliseconds wait = std::chrono::seconds(20));
    /// Did the server close within 5 s? Reads and forgets what comes before.
    bool closed();
    [[nodiscard]] int fd() const { return fd_; }

  private:
    int fd_ = -1;
    int last_ = 0;
    std::string buffer_;
    std::vector<Json> notifications_;
    std::vector<Json> answers_;
};

/// "sip:u7@mc1.example"
std::string user(std::size_t n);

class Box : public ::testing::Test {
  protected:
    Box();
    ~Box() override;

    /// Starts control; a test whose control does not start fails.
    void start(std::optional<PolicyFile> policy = std::nullopt);
    /// The error of a start, or "".
    std::string try_start(std::optional<PolicyFile> policy = std::nullopt);
    /// As by SIGTERM.
    void stop();
    void restart() {
        stop();
        start();
    }
    void reload(const PolicyFile& policy);
    /// A client that has said hello.
    Client client();
    /// Of another account.
    Client client_of(const std::string& name, uid_t uid, std::vector<std::string> groups = {});
    /// Waits until control and dataplane agree.
    void connected();
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
    [[nodiscard]] std::vector<Json> audit() const;

    std::string folder_;
    startup::Startup startup_;
    ControlSettings settings_;
    FakeDataplane dataplane_;

  private:
    std::mutex peer_mutex_;
    std::optional<Credentials> peer_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<Control> control_;
    std::thread thread_;
};

/// Waits up to 10 s.
template <class F>
[[nodiscard]] bool eventually(F good) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!good()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    return true;
}

/// A policy with edges `north` and `south`; what it allows the initiators of `north` is `allow`.
std::string policy(const std::string& allow = "[A]", const std::string& mode = "enforce");

}  // namespace kmsgate::control::test

// SPDX-License-Identifier: BSD-3-Clause
// The control socket: a big-endian length, then a JSON-RPC 2.0 object. Everything has a time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace kmsgate::control::cli {

inline constexpr int kRefused = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotReached = 3;
/// Longest object on the control socket, bytes.
inline constexpr std::size_t kMaxObject = std::size_t{16} << 20;

/// Why there is no result.
struct Failure {
    int exit = kRefused;   ///< what the program ends with
    std::string message;   ///< what is wrong and what would be right
    nlohmann::json error;  ///< the daemon's error object; null when it is not from there
};

struct Notification {
    std::string method;
    nlohmann::json params;
};

/// One thread uses it.
class Client {
  public:
    Client(std::string path, std::chrono::seconds timeout) : path_(std::move(path)), timeout_(timeout) {}
    ~Client() { close(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Connects and says hello if that was not done; the daemon's answer to it.
    [[nodiscard]] std::expected<nlohmann::json, Failure> hello();
    /// A call that changes nothing.
    [[nodiscard]] std::expected<nlohmann::json, Failure> ask(std::string_view method, nlohmann::json params);
    /// A call that changes something: carries a request id, so that repeating it does no harm.
    [[nodiscard]] std::expected<nlohmann::json, Failure> change(std::string_view method,
                                                                nlohmann::json params);
    /// The next notification; nullopt: `stop` can be read (-1: never) or `until` has come.
    [[nodiscard]] std::expected<std::optional<Notification>, Failure> next(
        int stop, std::optional<std::chrono::steady_clock::time_point> until);

  private:
    using Time = std::chrono::steady_clock::time_point;
    enum class Wait : std::uint8_t { ready, stopped, late };

    /// Both repeat themselves once when the connection breaks.
    std::expected<nlohmann::json, Failure> call(std::string_view method, const nlohmann::json& params);
    std::expected<nlohmann::json, Failure> call_once(std::string_view method, const nlohmann::json& params,
                                                     Time until);
    std::expected<nlohmann::json, Failure> connect(Time until);
    std::expected<void, Failure> send(std::string_view bytes, Time until);
    /// One whole object; nullopt: stopped or late without a byte of it lost.
    std::expected<std::optional<nlohmann::json>, Failure> receive(int stop, std::optional<Time> until);
    Wait wait(short events, int stop, std::optional<Time> until) const;
    Failure unreached(std::string_view why) const;
    Failure late() const;
    Failure broken(std::string_view why);
    Failure nonsense(std::string_view what);
    void close() noexcept;

    std::string path_;
    std::chrono::seconds timeout_;
    int fd_ = -1;
    bool broken_ = false;  ///< the last failure was a connection that ended
    std::uint64_t last_id_ = 0;
    nlohmann::json hello_;
    std::string buffer_;  ///< bytes received, not yet a whole object
    std::deque<Notification> waiting_;
};

}  // namespace kmsgate::control::cli

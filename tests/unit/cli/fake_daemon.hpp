// SPDX-License-Identifier: BSD-3-Clause
// A control socket with an answer ready for everything: what a test wants kmsgatectl to meet.
#pragma once

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace kmsgate::control::cli::test {

using nlohmann::json;

struct Call {
    std::string method;
    json params;
    int connection = 0;  ///< the how-manieth connection it came by, from 1
};

/// What the fake does about a call: bytes to send back (framed already), then perhaps the end of the
/// connection.
struct Reply {
    std::string bytes;
    bool close = false;
};
[[nodiscard]] std::string framed(const json& object);
[[nodiscard]] Reply result(const json& request, json value);
[[nodiscard]] Reply refusal(const json& request, int code, std::string message, json data);

class FakeDaemon {
  public:
    /// Gets a whole request and its connection's number. `hello` is answered by itself.
    using Handler = std::function<Reply(const json& request, int connection)>;
    explicit FakeDaemon(Handler handler);
    /// Answers every method with this result.
    explicit FakeDaemon(json value);
    ~FakeDaemon();
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Calls so far, hello aside.
    [[nodiscard]] std::vector<Call> calls();
    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

  private:
    void serve();
    void serve_one(int fd, int number);
    Handler handler_;
    std::string folder_;
    std::string path_;
    int listener_ = -1;
    int stop_[2] = {-1, -1};
    std::mutex mutex_;
    std::vector<Call> calls_;
    std::thread thread_;
};

/// One run of kmsgatectl.
struct Ran {
    int code = 0;
    std::string out;
    std::string err;
};
struct Screen {
    bool colours = false;
    bool terminal = false;  ///< standard error is one
    std::size_t width = 0;
};
[[nodiscard]] Ran run_words(std::vector<std::string> words, const std::string& socket, Screen screen = {});
/// A file in the folder, with its path.
[[nodiscard]] std::string write_file(const std::string& folder, const std::string& name,
                                     const std::string& text);
[[nodiscard]] std::string read_whole(const std::string& path);

}  // namespace kmsgate::control::cli::test

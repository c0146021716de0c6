// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's end of the table socket, in a thread, with moods.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kmsgate::control::test {

using Json = nlohmann::json;

class FakeDataplane {
  public:
    /// What it holds and does; read and written under with().
    struct State {
        std::uint64_t generation = 0;
        std::string digest;
        std::string epoch = "1";
        std::map<std::pair<std::string, std::string>, std::string> tags;
        std::size_t capacity = 1'000'000;
        std::map<std::string, Json> modes;
        Json events;
        std::vector<std::string> ops;         ///< all that were asked, in order
        std::vector<Json> requests;           ///< the same, whole
        std::map<std::string, Json> refuse;   ///< op: {"name", "message"}
        std::map<std::string, Json> answers;  ///< op: more members of its answer
        bool stalls = false;                  ///< answers nothing
        std::string stalls_at;                ///< answers nothing to this op
        std::string dies_at;                  ///< closes the connection at this op
        bool nonsense = false;                ///< answers with what is no frame
        unsigned version = 1;
        std::size_t connections = 0;
    };

    explicit FakeDataplane(std::string path) : path_(std::move(path)) {}
    ~FakeDataplane() { stop(); }
    FakeDataplane(const FakeDataplane&) = delete;
    FakeDataplane& operator=(const FakeDataplane&) = delete;

    void start();
    /// Closes the socket and its connection.
    void stop();
    /// As a new process: nothing in it, another epoch.
    void restart();
    template <class F>
    auto with(F f) {
        const std::scoped_lock lock(mutex_);
        return f(state_);
    }
    /// Sends by itself.
    void tell(const Json& json, const std::string& attachment = {});
    /// How often an op was asked.
    std::size_t asked(const std::string& op);

  private:
    void serve();
    void talk(int fd);
    bool answer(int fd, const Json& request, const std::string& attachment);

    std::string path_;
    std::mutex mutex_;
    State state_;
    std::atomic<int> listener_ = -1;
    std::atomic<int> connection_ = -1;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace kmsgate::control::test

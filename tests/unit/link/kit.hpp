// SPDX-License-Identifier: BSD-3-Clause
// A box of one worker on two ports of the tests' own, with its table socket open; and a control plane to
// speak to it. The worker works when a test says so.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/link/frame.hpp"
#include "dataplane/link/server.hpp"
#include "tests/unit/dataplane/frames.hpp"
#include "tests/unit/dataplane/messages.hpp"
#include "tests/unit/nic/fake.hpp"

namespace kmsgate::link::test {

using namespace kmsgate::test;
using nlohmann::json;
using Blob = std::vector<std::byte>;

[[nodiscard]] std::string eal_prefix();
rte_mempool* pool();

/// Policy with the edges `e` and `f` of domain mc1. `e_allows`: what the rule `attached` of e allows on side
/// initiator; `tags`: the words.
[[nodiscard]] std::string policy(std::string_view e_allows = "A", std::string_view tags = "roaming",
                                 std::string_view extra = "");
[[nodiscard]] Blob sealed(const std::string& yaml);
[[nodiscard]] inline Blob table(std::string_view e_allows = "A", std::string_view tags = "roaming") {
    return sealed(policy(e_allows, tags));
}

/// A folder that is removed at the end.
class Folder {
  public:
    Folder();
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

/// What came from the dataplane.
struct Told {
    json body;
    std::string attachment;
};

/// The other end of the socket. Every wait ends after ten seconds at most.
class Client {
  public:
    explicit Client(const std::string& path, bool greet = true);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// The answer to a request; an object without members when none came.
    json call(json request, std::string_view attachment = {});
    json call(json request, const Blob& attachment) {
        return call(std::move(request),
                    std::string_view(reinterpret_cast<const char*>(attachment.data()), attachment.size()));
    }
    /// "" when it was done, else the error's name.
    template <class Attachment = std::string_view>
    std::string outcome(json request, const Attachment& attachment = {}) {
        const json answer = call(std::move(request), attachment);
        if (answer.value("ok", false)) return "";
        return answer.contains("error") ? answer["error"].value("name", "nameless") : "no answer";
    }
    /// The next frame without an id that has this op.
    std::optional<Told> told(const std::string& op,
                             std::chrono::milliseconds wait = std::chrono::seconds(10));
    /// Event lines that come within the time, or until there are `count`.
    std::vector<json> events(std::size_t count, std::chrono::milliseconds wait = std::chrono::seconds(10));

    void write(std::string_view bytes);
    /// The next frame of any kind; nullopt: none in time, or the connection has ended.
    std::optional<Told> next(std::chrono::milliseconds wait = std::chrono::seconds(10));
    /// The other end closes within ten seconds.
    bool closed();
    void close();
    json hello;

  private:
    int fd_ = -1;
    std::uint64_t next_id_ = 1;
    Decoder decoder_;
    std::vector<Told> kept_;  ///< frames without an id that nobody asked for yet
    std::string in_;
};

class HandClock final : public worker::Clock {
  public:
    core::Time now() noexcept override { return time.load(); }
    std::atomic<core::Time> time = 1'700'000'000 * core::kSecond;
};

struct Sizes {
    std::size_t users = 1000;
    std::size_t ring = std::size_t{1} << 20;
    bool kept = true;  ///< last.table is written
};

class Kit {
  public:
    explicit Kit(const Sizes& sizes = {});
    ~Kit();
    Kit(const Kit&) = delete;
    Kit& operator=(const Kit&) = delete;

    /// Puts a table in force as the program does before its socket opens.
    void publish(const Blob& blob, std::uint64_t generation);
    void serve();
    void stop() { server.reset(); }

    /// A frame in by a port of a worker's, and one round of that worker.
    void frame(const Bytes& frame, unsigned worker = 0, std::size_t port = 0);
    void message(const Sip& sip, unsigned worker = 0, std::size_t port = 0) {
        frame(frame4(bytes(sip.text())), worker, port);
    }
    /// A request of its own: call-n, with KMS A (lawful) or another one.
    static Sip request(unsigned n, const Offer& offer = {});

    Folder folder;
    startup::Startup startup;
    HandClock clock;
    publish::Current current;
    std::unique_ptr<memory::UserTags> tags;
    std::unique_ptr<memory::LiveRoster> roster;
    std::unique_ptr<memory::Shared> shared;
    std::unique_ptr<publish::Publisher> publisher;
    std::vector<std::unique_ptr<nic::FakePort>> ports;
    worker::Plan plan;
    std::vector<std::unique_ptr<watch::WorkerWatch>> watches;
    std::vector<std::unique_ptr<worker::Worker>> workers;
    nic::StatusBoard board;
    std::unique_ptr<Server> server;

  private:
    std::vector<watch::WorkerWatch*> watch_list_;
    std::vector<worker::Worker*> worker_list_;
    unsigned in_use_;
};

inline const Offer kToB = {.kmsi = kB};

/// Waits until it holds, ten seconds at most; whether it did.
template <class F>
bool soon(F&& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace kmsgate::link::test

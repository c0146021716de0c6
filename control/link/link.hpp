// SPDX-License-Identifier: BSD-3-Clause
// The connection to the dataplane's table socket: calls with answers, and what the dataplane sends by itself.
// Connects again for ever; a dataplane that is away or stalls makes calls fail, nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "control/link/fault.hpp"
#include "control/link/loop.hpp"
#include "dataplane/link/frame.hpp"

namespace kmsgate::control {

using Bytes = std::vector<std::byte>;
using BytesPtr = std::shared_ptr<const Bytes>;

struct LinkSettings {
    std::string path;  ///< of the table socket
    std::chrono::milliseconds answer{10'000};
    std::chrono::milliseconds table{120'000};  ///< .. to a table, and to what waits behind it
    std::chrono::milliseconds first_wait{50};  ///< before the second attempt; then twice as long each time
    std::chrono::milliseconds longest_wait{2'000};
    std::size_t calls = 256;  ///< without an answer yet
};

class Link {
  public:
    /// The answer's JSON; or what went wrong: code unreached (dataplane-not-reached, dataplane-stalled), or
    /// refused with the dataplane's own name and message.
    using Answer = std::function<void(Result)>;
    struct Handlers {
        std::function<void(const Json& hello)> up;            ///< hello was answered
        std::function<void(const std::string& reason)> down;  ///< after up, or an attempt failed
        std::function<void(const Json&, std::span<const std::byte>)> told;  ///< frames without an id
    };

    Link(Loop& loop, LinkSettings settings, Handlers handlers);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Begins to connect.
    void start();
    /// `request`: an object with `op`. `answer` is called exactly once, never from inside call().
    void call(Json request, BytesPtr attachment, Answer answer);
    [[nodiscard]] bool up() const noexcept { return up_; }

  private:
    struct Waiting {
        Answer answer;
        Timer timer;
        bool table = false;
    };

    void connect();
    void lost(const std::string& reason);
    void read();
    void frame(const link::Frame& frame);
    void send(const Json& request, const BytesPtr& attachment);
    void fail_later(Answer answer, Fault fault);
    void greet();
    void greeted(const Result& hello);

    Loop& loop_;
    LinkSettings settings_;
    Handlers handlers_;
    Stream stream_;
    link::Decoder decoder_;
    std::map<std::uint64_t, Waiting> waiting_;
    std::uint64_t next_id_ = 1;
    std::chrono::milliseconds wait_{0};
    Timer again_;
    bool connected_ = false;
    bool up_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Code unreached.
[[nodiscard]] Fault not_reached(const std::string& why);

}  // namespace kmsgate::control

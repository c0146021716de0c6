// SPDX-License-Identifier: BSD-3-Clause
// What clients are told without asking again: events, a trace, a capture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/commit/dataplane.hpp"
#include "control/server/server.hpp"

namespace kmsgate::control {

/// Which events a subscriber wants: all that are set must fit.
struct EventFilter {
    std::optional<std::string> edge, verdict, reason, user, call_id;
    bool drops = false;
};
[[nodiscard]] bool fits(const EventFilter& filter, const Json& event);

class Streams {
  public:
    using Notify = std::function<bool(ClientId, std::string_view frame, bool goes_on)>;
    static constexpr std::size_t kMostSubscriptions = 256;

    Streams(Dataplane& dataplane, Notify notify) : dataplane_(dataplane), notify_(std::move(notify)) {}

    /// Result {subscription}.
    void subscribe(ClientId client, EventFilter filter, const Reply& reply);
    /// Begins a trace or capture of the dataplane: `op` names it, `request` is what the dataplane is asked.
    void begin(ClientId client, const Who& who, const std::string& op, Json request, const Reply& reply);
    /// `subscription` 0: all of the client.
    void cancel(ClientId client, std::uint64_t subscription, const Reply& reply);
    void gone(ClientId client);
    /// The connection to the dataplane broke: traces and captures have ended.
    void dataplane_lost();
    /// A frame that the dataplane sent by itself.
    void told(const Json& frame, std::span<const std::byte> attachment);
    /// Each event line, before any filter.
    void on_line(std::function<void(std::string_view)> sink) { sink_ = std::move(sink); }

  private:
    /// One trace, one capture at a time.
    struct Watch {
        ClientId client = 0;
        Who who;
        double since = 0;
        std::uint64_t subscription = 0;
        std::uint64_t id = 0;  ///< the dataplane's; 0: not answered yet
    };
    struct Subscription {
        ClientId client = 0;
        EventFilter filter;
    };

    void events(std::string_view lines);
    void watched(const std::string& op, const Json& frame, std::span<const std::byte> attachment);
    void end(const std::string& op, const char* why);
    void stop(const std::string& op, std::uint64_t id);

    Dataplane& dataplane_;
    Notify notify_;
    std::function<void(std::string_view)> sink_;
    std::map<std::uint64_t, Subscription> subscriptions_;
    std::map<std::string, Watch> watches_;  ///< by op
    std::uint64_t next_ = 1;
};

}  // namespace kmsgate::control

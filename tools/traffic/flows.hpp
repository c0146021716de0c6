// SPDX-License-Identifier: BSD-3-Clause
// What the kinds of a mix consist of, frame by frame: each start() makes one conversation with all its
// frames.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/memory/tag_hash.hpp"
#include "tools/traffic/hostile.hpp"
#include "tools/traffic/ids.hpp"
#include "tools/traffic/note.hpp"
#include "tools/traffic/stream.hpp"
#include "tools/traffic/stream_fate.hpp"

namespace kmsgate::traffic {

class Flows {
  public:
    /// `tag_key`: key of the edge's To tags, where it is known: callers then acknowledge its refusals.
    Flows(World& world, Queue& queue, std::optional<memory::Key> tag_key) : world_(world), queue_(queue) {
        if (tag_key) tag_hash_.emplace(*tag_key);
    }

    void start(Kind kind, Time now);

  private:
    /// One message of a conversation.
    struct Planned {
        Time at = 0;
        bool from_caller = true;
        std::string text;
        NoteRef note;
    };
    using Plan = std::vector<Planned>;

    /// What a request or response of the conversation is, for its note.
    [[nodiscard]] NoteRef note_of(const Conversation& c, std::string_view method, unsigned status,
                                  const Truth& truth);
    void add_request(Plan& plan, const Conversation& c, Time at, std::string_view method, std::string text,
                     const Truth& truth);
    void add_response(Plan& plan, const Conversation& c, Time at, std::string_view method, unsigned status,
                      std::string_view reason, const Body& body, const Truth& truth);
    void add_response(Plan& plan, const Conversation& c, Time at, std::string_view method, unsigned status,
                      std::string_view reason);
    void retransmit(Plan& plan, std::size_t at);
    /// The caller's ACK of a response of the callee, or of the edge's own.
    void acknowledge(Plan& plan, const Conversation& c, Time at);
    void acknowledge_refusal(Plan& plan, const Conversation& c, Time at);

    void call(Plan& plan, Conversation& c, bool offer_again);
    void cancelled(Plan& plan, Conversation& c);
    void redirected(Plan& plan, Conversation& c);
    void message(Plan& plan, Conversation& c);
    void registration(Plan& plan, Conversation& c);
    void publish(Plan& plan, Conversation& c);
    void options(Plan& plan, Conversation& c);
    /// The INVITE with its 100 and 180; what is expected of it.
    [[nodiscard]] Expected ring(Plan& plan, Conversation& c, Time at);
    [[nodiscard]] bool is_refused(const Plan& plan) const noexcept;
    void answered(Plan& plan, Conversation& c, Time at);

    void signalling(Kind kind, Time now);
    void deliver(const Conversation& c, Planned& planned);
    void send_datagram(const Conversation& c, const Planned& planned, std::vector<Frame> frames);
    using Both = std::array<std::vector<Streamed>, 2>;
    void stream(Conversation& c, Plan& plan);
    static void add_streamed(Both& messages, const Planned& planned, std::size_t begin);
    void send_stream(const Conversation& c, std::vector<Stream::Sent> sent, Both messages,
                     std::string_view kind);
    void hostile_stream(Conversation& c, const Shape& shape);

    void keep_alive(Time now);
    void media(Time now);
    void web(Time now);
    void dns(Time now);
    void echo(Time now);
    void link(Time now);
    void hostile(Time now);
    void cut_datagram(const Conversation& c, Planned& planned, Cut cut);

    [[nodiscard]] NoteRef plain(std::string_view kind, std::string_view label, std::size_t size,
                                std::string_view outcome = "passed") const;
    /// Where the next datagram of one side goes.
    [[nodiscard]] Link link_of(const Conversation& c, bool from_caller) {
        return c.link(from_caller, from_caller ? ids_.next(c.near, c.far) : ids_.next(c.far, c.near),
                      world_.profile.mtu);
    }
    void push(const Conversation& c, Time at, bool from_caller, Frame frame, NoteRef note, bool copy = false);

    World& world_;
    Queue& queue_;
    std::optional<memory::TagHash> tag_hash_;
    Kind kind_ = Kind::call;
    Ids ids_;
};

}  // namespace kmsgate::traffic

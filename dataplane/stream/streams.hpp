// SPDX-License-Identifier: BSD-3-Clause
// SIP over TCP: connections followed from their SYN on, messages held until they are judged whole, then their
// segments let go as they came. No listening socket, no connection of our own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/classify/media.hpp"
#include "dataplane/sip/message.hpp"
#include "dataplane/stream/flow_table.hpp"
#include "dataplane/stream/host.hpp"
#include "dataplane/stream/segment.hpp"
#include "dataplane/stream/share.hpp"

namespace kmsgate::stream {

/// Budgets. What exceeds one is lost to its sender, who sends it again; a message that does not become whole
/// in time takes its connection down (cause tcp-budget).
struct Limits {
    std::size_t flows = 4'096;  ///< of all edges of a worker together
    std::size_t frames =
        16'384;  ///< kept at once, likewise; one direction: a quarter of what its edge has left
    Time held = 30 * core::kSecond;     ///< from the first byte of a message to its last
    Time brief = 60 * core::kSecond;    ///< without a segment: opening, closed and refused connections
    Time idle = 7'440 * core::kSecond;  ///< the same of open ones, once the client has answered (RFC 5382 5)
    std::uint8_t least_ttl = 0;         ///< segments below it never reach the peer; 0: no floor
    bool reset_conflicts = false;       ///< two versions of the same bytes take the connection down
};

/// What the edges of one worker share: room for connections and frames, of which none takes all from the
/// others, and buffers that hold nothing between two calls.
struct Room {
    explicit Room(const Limits& limits);
    FlowStore flows;
    classify::Watched watched;
    Shared frames;                       ///< in all lists
    std::vector<char> text;              ///< a message that came in pieces
    std::vector<std::uint8_t> frame;     ///< a frame that came in pieces
    std::vector<std::uint64_t> numbers;  ///< of the frames of a message, or of a line
    std::vector<std::uint64_t> others;
    /// Frames that are kept, of all edges.
    [[nodiscard]] std::size_t kept() const noexcept { return frames.used(); }
};

/// What the ports of a segment say of it.
enum class Port : std::uint8_t {
    other,  ///< neither is a signalling port
    sip,
    tls,  ///< one is a signalling port for TLS, none for plain SIP
};

class Streams {
  public:
    /// All outlive this; `edge` tells the edges that share a room apart.
    Streams(const Limits& limits, Room& room, const memory::BulkHash& hash, std::uint64_t edge);
    ~Streams();
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    /// Takes one TCP segment; `bytes` is its frame in one piece. Of connections on other ports come the SYNs,
    /// what wants() says, and what looks like SIP.
    void segment(Mbuf frame, const classify::Packet& packet, std::span<const std::uint8_t> bytes, Port port,
                 Host& host);
    /// Notes what begins with a SYN between other ports. True: it passes; false: ask segment(), which drops
    /// it.
    [[nodiscard]] bool note(const classify::Packet& packet, std::span<const std::uint8_t> bytes,
                            Arrival arrival, Time now, Host& host);
    /// May this segment belong to a connection on another port that has not shown yet whether it speaks SIP?
    [[nodiscard]] bool wants(const classify::Packet& packet) const noexcept;
    /// What comes in IP fragments is not followed. May this be part of a SIP stream on another port?
    [[nodiscard]] bool concerns(const classify::Packet& packet, Arrival arrival,
                                std::string_view payload) noexcept;
    [[nodiscard]] const classify::Watched& watched() const noexcept { return room_.watched; }
    /// Timers and ages.
    void tick(Time now, Host& host);
    /// End of input: what waits ends as capture-end.
    void drain(Time now, Host& host);

    /// Frames that have not ended.
    [[nodiscard]] std::size_t held() const noexcept { return waiting_; }

  private:
    /// One segment on its way in.
    struct Coming {
        Mbuf frame;  ///< null: it is not ours to end
        const classify::Packet& packet;
        std::span<const std::uint8_t> bytes;
        Segment segment;
        Arrival arrival;
        Time now;
        bool on_port;  ///< a signalling port
        bool tls_port;
        bool sip;  ///< surely: what is no SIP is nobody's matter, however odd it looks
        Host& host;
    };
    // handshake.cpp: how connections begin
    void opening(Coming& in, Flow* flow);
    void begins_with_data(Coming& in, Flow* flow);
    void answered(Coming& in, Flow* flow);
    /// Clears an offer of Multipath TCP; false: it cannot be.
    [[nodiscard]] static bool make_single(Coming& in);
    /// True: a SYN that answers one goes its way.
    [[nodiscard]] bool renewed(Coming& in, Flow& flow);
    void watch(Flow& flow, bool on);
    // joining.cpp: connections of which no beginning was seen
    void join(Coming& in, Flow* flow);
    static void open_wide(Flow& flow, const Coming& in, Sequence start);
    void ask_peer(Coming& in);
    // streams.cpp: segments of no connection, of one that ends or is over
    void unknown(Coming& in);
    void unread(Coming& in);
    void stray(Coming& in, bool reset);
    void lose(Flow& flow, Time now, Host& host);
    void reset_by(Coming& in, Flow& flow);
    void late(Coming& in, Flow& flow);
    void invalid(Coming& in, core::Counter why);
    [[nodiscard]] static bool looks_like_sip(const Coming& in) noexcept;
    void end(Coming& in, Outcome outcome, bool tell);
    // data.cpp: what both ends believe, and data
    void open(Coming& in, Flow& flow);
    [[nodiscard]] bool believed(Coming& in, Flow& flow);
    void acknowledge(Coming& in, Flow& flow);
    void data(Coming& in, Flow& flow);
    [[nodiscard]] bool make_room(const Flow& flow, Coming& in);
    /// False: it is no SIP, and its flow is gone.
    [[nodiscard]] bool speaks_sip(Coming& in, Flow& flow, rte_mbuf* newest);
    [[nodiscard]] bool give_way(Half& h, Coming& in);
    void known_data(Coming& in, Flow& flow);

    // reading.cpp: messages
    struct Now {
        const classify::Packet& packet;
        Arrival arrival;
        Time now;
        std::uint16_t pair;
        Host& host;
    };
    /// Frames that are read, while nothing is freed; null: not known.
    struct Reading {
        rte_mbuf* at = nullptr;     ///< where the bytes stand that were read last
        rte_mbuf* begin = nullptr;  ///< where the message begins
    };
    void read(Flow& flow, const Now& c, rte_mbuf* newest);
    void messages(Flow& flow, const Now& c, rte_mbuf* newest);
    [[nodiscard]] bool find_head(Flow& flow, const Now& c, Reading& reading);
    [[nodiscard]] bool judge(Flow& flow, const Now& c, Reading& reading);
    [[nodiscard]] static rte_mbuf* begin_of(const Half& h, Reading& reading) noexcept;
    /// Where the timestamp of a kept frame stands; both 0: it has none.
    struct Stamp {
        std::uint32_t tcp = 0, at = 0;
    };
    static void note_stamp(rte_mbuf* m, const classify::Packet& packet, const Segment& segment) noexcept;
    [[nodiscard]] static Stamp stamp_of(rte_mbuf* m) noexcept;
    static void freshen(rte_mbuf* m, Stamp at, Flow& flow, Arrival arrival, std::uint32_t slack) noexcept;
    void note_frames(const Half& h, rte_mbuf* begin, Sequence end);
    void release(Flow& flow, Arrival arrival, Host& host, Sequence blanks_from);
    // records.cpp: TLS
    class Headers;
    [[nodiscard]] sip::LooksLike encrypted(Flow& flow, const Now& c);
    [[nodiscard]] bool hello(Flow& flow, const Now& c, Headers& headers);
    void records(Flow& flow, const Now& c, rte_mbuf* newest);

    // ending.cpp: promises, refusals, timers
    void promise(Flow& flow, Arrival arrival, Time now, Host& host, rte_mbuf* early = nullptr);
    void more_room(Flow& flow, Arrival arrival, Time now, Host& host);
    void step_back(const Coming& in, Flow& flow);
    void probe(Flow& flow, Arrival arrival, Time now, Host& host);
    void again(Flow& flow, Arrival arrival, Time now, Host& host, std::uint32_t most = ~std::uint32_t{0});
    [[nodiscard]] bool answer(Flow& flow, const Now& c, std::string_view text);
    /// Both ends hear a reset (but for `silent`). What waits ends as `outcome` and is told; after a `message`
    /// only its frames do, untold, and the rest as tcp-reset.
    void refuse(Flow& flow, Arrival arrival, Time now, Host& host, Outcome outcome, bool message,
                bool silent);
    void broken(Flow& flow, Arrival arrival, Time now, Host& host, Counter why, Outcome outcome);
    void end_waiting(Flow& flow, Arrival arrival, Time now, Host& host, Outcome outcome, bool tell);
    void end_message(Flow& flow, Arrival arrival, Time now, Host& host, Outcome outcome);
    void end_kept(Half& h, rte_mbuf* m, Host& host, Outcome outcome);
    void set_timer(Flow& flow, Half& half, Time now, Time delay);
    [[nodiscard]] Time idle_timer(const Flow& flow, const Half& h) const noexcept;
    void fire(Flow& flow, Time now, Host& host);
    void fire(Flow& flow, Arrival arrival, Time now, Host& host);
    void close(Flow& flow, Time now, Host& host);
    void forget(Flow& flow, Time now, Host& host);
    [[nodiscard]] std::span<const std::uint8_t> bytes_of(rte_mbuf* m);

    Limits limits_;
    Room& room_;
    FlowTable table_;
    Share frames_;  ///< that this edge keeps
    std::uint64_t edge_;
    std::size_t waiting_ = 0;  ///< frames that have not ended
};

}  // namespace kmsgate::stream

// SPDX-License-Identifier: BSD-3-Clause
// THE pipeline: frames in, frames out, one instance for each worker and edge. No globals: replay, lab and the
// live dataplane hold as many as they need.
//
// Stages, in order, written only here:
//   classify    where the headers lie; no signalling leaves at once
//   reassemble  IP fragments to datagrams
//   inspect     SIP, bodies, MIKEY, KRR, users: facts
//   decide      policy/decide, and what was decided of the transaction before
//   emit        forward untouched | 488 + KRR | rewritten 488 | final response | nothing
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/classify/media.hpp"
#include "dataplane/classify/packet.hpp"
#include "dataplane/core/counters.hpp"
#include "dataplane/core/frame.hpp"
#include "dataplane/core/record.hpp"
#include "dataplane/emit/answer.hpp"
#include "dataplane/emit/datagram.hpp"
#include "dataplane/emit/recall.hpp"
#include "dataplane/emit/response.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/memory/shared.hpp"
#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/tag_hash.hpp"
#include "dataplane/memory/uid.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/reassemble/fragments.hpp"
#include "dataplane/rewrite/plain.hpp"
#include "dataplane/stream/streams.hpp"

namespace kmsgate::core {

/// What a pipeline judges by. Read once a burst; the pointed-to things outlive the call.
struct Judge {
    const policy::table::Table* table = nullptr;  ///< null: no table yet (cause no-table)
    policy::table::EdgeId edge = 0;
    policy::table::Mode mode = policy::table::Mode::enforce;
    std::string_view digest;  ///< Table::digest()
    std::uint64_t generation = 0;
    const memory::UserTags* tags = nullptr;
    memory::UidFinder* roster = nullptr;            ///< null: nobody is on it
    const policy::table::OddFinder* odd = nullptr;  ///< null: odd patterns are tried one by one
    std::span<const std::uint8_t> tag_bits;  ///< bit in `tags` of each tag of the table; empty: the same
    std::span<RuleHits> rule_hits;           ///< by RuleId; empty: nobody counts
};

/// How the frames of a message with this verdict end.
[[nodiscard]] Outcome outcome_of(policy::decide::Verdict verdict) noexcept;

struct Workspace;

struct Config {
    rte_mempool* pool = nullptr;  ///< private area of at least kPrivateSize
    std::size_t mtu = 1500;       ///< bytes of IP in frames made here
    std::size_t transactions = 100'000;
    std::size_t fragments = 4096;  ///< frames held for reassembly
    std::size_t sources = 65'536;  ///< source addresses that the redirect limit tells apart
    memory::Key tag_key{};         ///< To tags: kept in the state directory, so that they outlive a restart
    memory::Key table_key{};       ///< hash tables: fresh at every start of a live dataplane
    memory::Shared* shared = nullptr;  ///< of all pipelines of the process; null: one of its own
    Workspace* workspace = nullptr;    ///< of all pipelines of one worker; null: one of its own
    std::uint64_t salt = 0;            ///< sets apart the transactions of edges that share them; 0: alone
    FrameTap* tap = nullptr;
    stream::Limits streams;  ///< SIP over TCP
    /// Time that one call may judge messages for, in TSC cycles; the rest waits for the next call. 0: no end.
    std::uint64_t budget = 0;
    std::size_t waiting = 1024;  ///< frames that may wait so
};

/// Buffers that hold nothing between two calls.
struct Workspace {
    explicit Workspace(const stream::Limits& streams = {});
    std::vector<std::byte> arena_storage;
    sip::Arena arena;
    std::vector<std::uint8_t> frame;     ///< a frame that came in pieces
    std::vector<std::uint8_t> datagram;  ///< a reassembled datagram
    std::vector<std::uint64_t> numbers;  ///< frame numbers for an event
    /// A frame that is, or may be, signalling.
    struct Later {
        rte_mbuf* frame = nullptr;
        classify::Packet packet;
        reassemble::Place place;  ///< of a fragment
    };
    std::vector<Later> later;  ///< of a burst
    inspect::Inspection inspection;
    stream::Room streams;
};

/// Frames to send, in order, by port.
struct Output {
    std::array<std::vector<Mbuf>, 2> to;
    void clear() noexcept {
        for (auto& t : to) t.clear();
    }
    [[nodiscard]] std::vector<Mbuf>& port(Arrival a) noexcept { return to[static_cast<std::size_t>(a)]; }
};

/// Frames that came by one port of a pair, as a queue gives them: process() takes them over.
struct Batch {
    std::span<rte_mbuf*> frames;
    Time time = 0;
    std::uint64_t number = 0;  ///< of the first; the others follow
    Arrival arrival = Arrival::inside;
    std::uint16_t pair = 0;
    /// After process(): so many of them, now in front of `frames`, leave by the other port of the pair,
    /// before what stands in Output. Their private areas say nothing.
    std::size_t passed = 0;
};

class Pipeline {
  public:
    Pipeline(const Config& config, EventSink& sink);

    /// Takes a burst (FrameMeta set), appends what leaves now to `out`. Frames of one burst come from any
    /// port.
    void process(std::span<Mbuf> burst, const Judge& judge, Output& out);
    /// The same for frames of which nothing is said but their batch: most leave with no more than a look.
    void process(std::span<Batch> batches, const Judge& judge, Output& out);
    /// Runs the timers up to `now` without a frame.
    void tick(Time now, const Judge& judge, Output& out);
    /// End of input: everything still held ends as capture-end.
    void drain(Time now, const Judge& judge, Output& out);
    /// Goes on with frames that were beyond the budget of an earlier call; their own time counts.
    void resume(const Judge& judge, Output& out);

    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
    /// Frames beyond the budget of earlier calls.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    /// Frames that have not ended: those, fragments, and segments.
    [[nodiscard]] std::size_t held() const noexcept {
        return waiting_.size() + fragments_.frames_held() + streams_.held();
    }

  private:
    /// A whole UDP or TCP datagram and the frames that brought it.
    struct Whole {
        explicit Whole(classify::Packet& p) noexcept : packet(p) {}
        classify::Packet& packet;             ///< addresses, ports, tunnel
        std::span<const std::uint8_t> first;  ///< bytes of its first frame
        std::size_t link_size = 0;            ///< of the Ethernet header in `first`
        std::string_view payload;
        std::optional<memory::Hash128> digest;   ///< of the payload, where its fragments have told it already
        FrameList frames;                        ///< in order of arrival
        std::span<const std::uint64_t> numbers;  ///< of a stream's message: the frames that brought it
        bool fragmented = false;
        bool off_port = false;
        bool stream = false;  ///< over TCP: its frames are the stream's matter
        Arrival arrival = Arrival::inside;
        std::uint16_t pair = 0;  ///< of the frame that completed it
        Time now = 0;
    };

    // frames
    void begin(const Judge& judge, Output& out) noexcept;
    void find_ports() noexcept;
    [[nodiscard]] bool spent() const noexcept;
    [[nodiscard]] std::size_t sift(std::span<rte_mbuf*> frames, const Batch* batch, std::size_t first);
    static void stamp(rte_mbuf* frame, const Batch& batch, std::size_t place) noexcept;
    void dispatch_later();
    void fetch(std::size_t later) const noexcept;
    [[nodiscard]] bool is_no_signalling(rte_mbuf* frame) noexcept;
    [[nodiscard]] bool is_no_signalling(const classify::Packet& packet,
                                        std::span<const std::uint8_t> bytes) const noexcept;
    void work_off();
    void wait(Mbuf frame);
    void dispatch(Mbuf frame, Workspace::Later& later, std::span<const std::uint8_t> bytes);
    void fragment(Mbuf frame, const Workspace::Later& later, std::span<const std::uint8_t> bytes);
    void first_look(reassemble::Datagram& datagram, Time now);
    void whole_datagram(reassemble::Datagram& datagram, Time now);
    Outcome transport(classify::Kind kind, Whole& whole);
    [[nodiscard]] bool is_sip_port(const classify::Packet& packet, bool tcp, bool tls) const noexcept;
    [[nodiscard]] bool could_be_sip(const classify::Packet& packet, std::string_view payload,
                                    bool whole) const noexcept;
    [[nodiscard]] bool concerns_peers(const classify::Packet& packet) const noexcept;
    Outcome by_cause(FrameList frames, policy::Cause cause, Outcome dropped, Time now);
    void release(reassemble::Datagram& datagram, Outcome outcome, Time now, bool line);

    // messages
    Outcome judge_message(Whole& whole);
    /// What a verdict is told by.
    struct Told {
        std::optional<emit::Said> recalled;  ///< of another table: by name
        emit::KrrLists lists;
        [[nodiscard]] const emit::Said* by_name() const noexcept { return recalled ? &*recalled : nullptr; }
    };
    [[nodiscard]] Told weigh(const Whole& whole, policy::decide::Decision& decision);
    [[nodiscard]] bool is_own_answer(const Whole& whole);
    /// What was decided of an earlier copy under another table; nullopt: decided (or found) under this one.
    std::optional<emit::Said> decide_message(const Whole& whole, policy::decide::Decision& decision,
                                             policy::decide::Record* record);
    void remember(const Whole& whole, policy::decide::Decision& decision);
    void complete_users(const std::array<bool, 2>& sides);
    void look_back();
    [[nodiscard]] bool accepted_before() const;
    void note_accepted(const Whole& whole);
    void note_response(const policy::decide::Decision& decision, Time now);
    void limit(const Whole& whole, policy::decide::Decision& decision);
    void override_with(policy::decide::Decision& decision, policy::Cause cause);
    void prepare(const Whole& whole, policy::decide::Decision& decision, const emit::KrrLists& lists);
    Outcome act(Whole& whole, policy::decide::Decision& decision, const emit::KrrLists& lists);
    [[nodiscard]] bool redirect_plain(const Whole& whole, const policy::decide::Decision& decision,
                                      const emit::KrrLists& lists);
    [[nodiscard]] emit::Envelope back_to(const Whole& whole, const Endpoint& destination);
    void send_response(const Whole& whole, const emit::ResponseParts& parts);
    /// The response that a verdict of the message at hand asks for, but where it goes; empty: none can be
    /// made.
    [[nodiscard]] std::string_view response_text(const Whole& whole, const policy::decide::Decision& decision,
                                                 const emit::KrrLists& lists);
    void send_changed(const Whole& whole, std::string_view payload);
    void send_plain_changed(const Whole& whole, const rewrite::PlainRewrite& payload);
    void send_all(FrameList frames, const Whole& whole, Arrival port);
    [[nodiscard]] std::array<std::string_view, 2> rules_of(
        const policy::decide::Decision& decision) const noexcept;
    [[nodiscard]] memory::Snapshots::Ref keep(const policy::decide::Decision& decision,
                                              const emit::KrrLists& lists);
    void report(const Whole& whole, const policy::decide::Decision& decision, const emit::Said* said);

    /// What the answers of the message at hand are made from: its To tag, the Id of its KRR.
    [[nodiscard]] const memory::Hash128& key() noexcept;
    /// Of its bytes.
    [[nodiscard]] const memory::Hash128& digest(const Whole& whole) noexcept;

    // streams
    class StreamHost;
    friend class StreamHost;
    [[nodiscard]] bool is_stream(const classify::Packet& packet,
                                 std::span<const std::uint8_t> bytes) const noexcept;
    [[nodiscard]] bool note_stream(const classify::Packet& packet, std::span<const std::uint8_t> bytes,
                                   const FrameMeta& frame);
    void tick_streams(Time now);
    void drain_streams(Time now);
    void stream_segment(Mbuf frame, const classify::Packet& packet, std::span<const std::uint8_t> bytes);

    // ends
    [[nodiscard]] std::string_view edge_name() const noexcept;
    void send(Mbuf frame, Arrival port);
    void end(Mbuf frame, Outcome outcome);
    /// Ends the frames of a message, of which report() tells.
    void end_frames(FrameList& frames, Outcome outcome);
    Outcome end_all(FrameList frames, Outcome outcome, Time now, bool line);

    Config config_;
    memory::TagHash tag_hash_;
    EventSink& sink_;
    Counters counters_;
    std::unique_ptr<memory::Shared> own_shared_;
    memory::Shared& shared_;
    reassemble::Fragments fragments_;
    memory::Shared::Shard* shard_ = nullptr;  ///< held while a message is judged
    std::unique_ptr<Workspace> own_workspace_;
    Workspace& space_;
    stream::Streams streams_;
    sip::Arena& arena_;
    inspect::Inspection& inspection_;
    inspect::Arrived arrived_;  ///< how the message at hand came, and what it is judged with
    inspect::Context context_;
    FrameList waiting_;        ///< beyond the budget
    std::size_t later_ = 0;    ///< frames in Workspace::later
    std::uint64_t start_ = 0;  ///< TSC when this call began
    std::optional<memory::Hash128>
        key_;                   ///< transaction of the message at hand, once something leaves that says it
    memory::Hash128 entry_;     ///< where its verdict stands
    std::uint64_t branch_ = 0;  ///< hash of its request's Via branch; 0: it has none
    memory::Transaction* known_ = nullptr;                ///< what stands there before, also past its time
    memory::Transaction* fresh_ = nullptr;                ///< its new entry, until what it says is kept
    std::optional<memory::Hash128> digest_;               ///< of its bytes, once it is asked for
    std::uint64_t krr_time_ = 0;                          ///< seconds
    krr::Clock clock_;                                    ///< their text
    std::string_view changed_;                            ///< what a rewritten message says,
    std::optional<rewrite::PlainRewrite> plain_changed_;  ///< or how it is put together
    std::uint32_t packet_id_ = 0;
    static constexpr std::int64_t kNoEdge = -1;
    std::optional<std::int64_t> ports_edge_;  ///< the edge whose ports stand below, of this table
    policy::table::Seal ports_table_{};
    std::size_t noted_streams_ = 0;
    classify::Ports udp_ports_, tcp_ports_, tls_ports_, stream_ports_;
    FrameTap* tap_ = nullptr;       ///< during a call: somebody looks
    const Judge* judge_ = nullptr;  ///< during a call
    const policy::table::EdgeRecord* edge_ = nullptr;
    Output* out_ = nullptr;
};

}  // namespace kmsgate::core

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/lab/path.hpp"
#include "tools/lab/session.hpp"
#include "tools/lab/tcp.hpp"

namespace kmsgate::lab {

namespace {

/// Simulated time begins here, so that every run is the same: 2026-11-21T12:00:00Z.
constexpr core::Time kStart = 1'795'262'400 * core::kSecond;
/// No scenario takes longer, nor more frames.
constexpr core::Time kLongest = 300 * core::kSecond;
constexpr unsigned kMostSteps = 100'000;

/// Lets simulated time pass until nothing is left to happen.
class Simulation {
  public:
    Simulation(Session& session, Path& path, bool tcp) : session_(session), path_(path), tcp_(tcp) {}

    void run() {
        const Session::Send send = [&](bool initiator, const std::string& message) {
            if (tcp_) {
                hosts_[initiator ? 0 : 1].send(message);
                return pump();
            }
            const Station& from = initiator ? kInitiator : kReceiver;
            const Station& to = initiator ? kReceiver : kInitiator;
            for (Frame& frame : send_datagram(from, to, message, ++packet_id_))
                put(initiator, std::move(frame));
        };
        for (unsigned steps = 0; steps < kMostSteps; ++steps) {
            session_.flush(now_, send);
            std::optional<core::Time> next = path_.next();
            if (const auto timer = session_.next_timer(); timer && (!next || *timer < *next)) next = timer;
            if (tcp_ && session_.over() && !path_.next() && !closed_) {
                closed_ = true;
                hosts_[0].close();
                pump();
                continue;
            }
            if (!next || *next > kStart + kLongest) return;
            now_ = std::max(now_, *next);
            if (path_.next() == next)
                arrive();
            else
                session_.tick(now_);
        }
        session_.witness().fault("the run does not come to an end");
    }
    [[nodiscard]] core::Time now() const noexcept { return now_; }

  private:
    void put(bool initiator, Frame frame) {
        path_.send(initiator ? 0 : session_.actors().size() - 1,
                   initiator ? Toward::receiver : Toward::initiator, std::move(frame), now_);
    }
    void pump() {
        for (const bool initiator : {true, false})
            for (Frame& frame : hosts_[initiator ? 0 : 1].take_frames()) put(initiator, std::move(frame));
    }
    void arrive() {
        if (tcp_) return segments();
        const auto arrival = path_.step();
        if (!arrival) return;
        const auto datagram = ears_[arrival->actor == 0 ? 0 : 1].take(arrival->frame);
        if (!datagram || !*datagram) return;  // a wrong frame is on the witness's list already
        session_.receive(arrival->actor == 0, (*datagram)->payload, now_);
    }
    /// A host reads its messages when all that comes at this time has come: also the reset behind them.
    void segments() {
        while (path_.next() == now_) {
            const auto arrival = path_.step();
            if (!arrival) continue;
            const bool initiator = arrival->actor == 0;
            if (const auto taken = hosts_[initiator ? 0 : 1].take(arrival->frame); !taken)
                session_.witness().fault(fmt::format("{} got what does not fit its connection: {}",
                                                     session_.actors()[arrival->actor], taken.error()));
            pump();
        }
        for (const bool initiator : {true, false})
            for (const std::string& message : hosts_[initiator ? 0 : 1].take_messages())
                session_.receive(initiator, message, now_);
        if (hosts_[0].take_reset()) session_.connection_lost(now_);
    }

    Session& session_;
    Path& path_;
    std::array<Reassembler, 2> ears_;
    std::array<TcpHost, 2> hosts_{TcpHost(kInitiator, kReceiver), TcpHost(kReceiver, kInitiator)};
    bool tcp_;
    bool closed_ = false;
    core::Time now_ = kStart;
    std::uint16_t packet_id_ = 0;
};

}  // namespace

std::expected<Laboratory, std::string> Laboratory::open() {
    if (const auto started = replay::start_eal(); !started) return std::unexpected(started.error());
    auto pool = replay::make_pool("lab", 8191);
    if (!pool) return std::unexpected(pool.error());
    return Laboratory{KeyCache{}, std::move(*pool)};
}

std::expected<Result, std::string> run(const Scenario& scenario, const Variant& variant, Laboratory& lab,
                                       const RunOptions& options) {
    Session session(scenario, variant, lab);
    auto edges = session.plan(options.captures);
    if (!edges) return std::unexpected(edges.error());
    Path path(std::move(*edges), session.witness());
    if (const auto begun = session.begin(kStart); !begun) return std::unexpected(begun.error());
    Simulation simulation(session, path, variant.tcp);
    simulation.run();
    path.finish(simulation.now(), session.untouched(), session.actors());
    return session.conclude();
}

}  // namespace kmsgate::lab

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/run.hpp"

#include <algorithm>

#include "tools/lab/path.hpp"
#include "tools/lab/session.hpp"

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
    Simulation(Session& session, Path& path) : session_(session), path_(path) {}

    void run() {
        const std::size_t receiver = session_.actors().size() - 1;
        const Session::Send send = [&](bool initiator, const std::string& message) {
            const Station& from = initiator ? kInitiator : kReceiver;
            const Station& to = initiator ? kReceiver : kInitiator;
            for (Frame& frame : send_datagram(from, to, message, ++packet_id_))
                path_.send(initiator ? 0 : receiver, initiator ? Toward::receiver : Toward::initiator,
                           std::move(frame), now_);
        };
        for (unsigned steps = 0; steps < kMostSteps; ++steps) {
            session_.flush(now_, send);
            std::optional<core::Time> next = path_.next();
            if (const auto timer = session_.next_timer(); timer && (!next || *timer < *next)) next = timer;
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
    void arrive() {
        const auto arrival = path_.step();
        if (!arrival) return;
        const auto datagram = ears_[arrival->actor == 0 ? 0 : 1].take(arrival->frame);
        if (!datagram || !*datagram) return;  // a wrong frame is on the witness's list already
        session_.receive(arrival->actor == 0, (*datagram)->payload, now_);
    }

    Session& session_;
    Path& path_;
    std::array<Reassembler, 2> ears_;
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
    Simulation simulation(session, path);
    simulation.run();
    path.finish(simulation.now(), session.untouched(), session.actors());
    return session.conclude();
}

}  // namespace kmsgate::lab

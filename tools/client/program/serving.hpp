// SPDX-License-Identifier: BSD-3-Clause
// The receiving client's agent behind a UDP socket or a TCP listener.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "tools/client/agent/receiver.hpp"
#include "tools/client/program/address.hpp"
#include "tools/client/program/loop.hpp"
#include "tools/client/program/report.hpp"
#include "tools/client/program/socket.hpp"
#include "tools/client/program/stream.hpp"

namespace kmsgate::client::program {

/// Calls that came to their end, over all transports.
struct Tally {
    unsigned wanted = 0;  ///< 0: no end
    unsigned ended = 0;   ///< accepted and over, or refused
    unsigned refused = 0;
    Time last = 0;
};

/// What both transports share: the agent, and where its late messages go. A message that the agent sends
/// while it hears one goes back where that came from; what a timer sends goes where its Call-ID was last
/// heard from.
class Serving : public Source {
  public:
    [[nodiscard]] std::optional<Time> next_timer() const override;
    [[nodiscard]] bool done(Time now) const override;

  protected:
    using Origin = std::uint64_t;  ///< what the transport knows a peer by
    Serving(const select::Profile& profile, const keys::Ring& ring, crypto::Random& random, Tally& tally,
            const Report& report, agent::Local local)
        : tally_(tally), report_(report), agent_(profile, ring, std::move(local), random) {}

    virtual void send(Origin to, std::string_view message) = 0;
    void hear(Origin from, std::string_view message, Time now);
    void tick(Time now);

  private:
    void note_events();
    void remember(std::string_view message, Origin from);

    Tally& tally_;
    const Report& report_;
    agent::Receiver agent_;
    std::map<std::string, Origin, std::less<>> routes_;
    std::deque<std::string> route_order_;  ///< oldest first
};

class UdpServing final : public Serving {
  public:
    UdpServing(Socket socket, const select::Profile& profile, const keys::Ring& ring, crypto::Random& random,
               Tally& tally, const Report& report, agent::Local local)
        : Serving(profile, ring, random, tally, report, std::move(local)), socket_(std::move(socket)) {}
    void watch(std::vector<pollfd>& fds) override { fds.push_back({socket_.get(), POLLIN, 0}); }
    void serve(std::span<const pollfd> ready, Time now) override;

  private:
    void send(Origin to, std::string_view message) override;

    static constexpr std::size_t kPeers = 4096;  ///< the oldest makes room
    Socket socket_;
    std::map<std::string, Origin> numbers_;  ///< by address
    std::map<Origin, Address> peers_;
    Origin next_ = 1;
};

class TcpServing final : public Serving {
  public:
    TcpServing(Socket listener, const select::Profile& profile, const keys::Ring& ring,
               crypto::Random& random, Tally& tally, const Report& report, agent::Local local)
        : Serving(profile, ring, random, tally, report, std::move(local)), listener_(std::move(listener)) {}
    void watch(std::vector<pollfd>& fds) override;
    void serve(std::span<const pollfd> ready, Time now) override;

  private:
    struct Connection {
        Origin number;
        Stream stream;
    };
    void send(Origin to, std::string_view message) override;
    void accept();

    static constexpr std::size_t kConnections = 256;  ///< the one that was silent longest makes room
    Socket listener_;
    std::list<Connection> connections_;  ///< silent longest first
    Origin next_ = 1;
};

}  // namespace kmsgate::client::program

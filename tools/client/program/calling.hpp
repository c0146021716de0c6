// SPDX-License-Identifier: BSD-3-Clause
// One call over a socket: the initiating client's agent, driven by datagrams or a TCP stream.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tools/client/agent/initiator.hpp"
#include "tools/client/program/address.hpp"
#include "tools/client/program/loop.hpp"
#include "tools/client/program/report.hpp"
#include "tools/client/program/socket.hpp"
#include "tools/client/program/state.hpp"
#include "tools/client/program/stream.hpp"

namespace kmsgate::client::program {

/// The end of a call, in the program's exit codes.
enum class Outcome : std::uint8_t { done = 0, failed = 1, not_reached = 3 };

class Calling final : public Source {
  public:
    struct Way {
        Address to;
        std::optional<Address> from;  ///< where to send from and to be reached at
        bool tcp = true;
        Time timeout = 120 * kSecond;  ///< for the whole call
    };
    /// All references outlive the object.
    Calling(const select::Profile& profile, const keys::Ring& ring, crypto::Random& random, State& state,
            const Report& report, Way way)
        : profile_(profile),
          ring_(ring),
          random_(random),
          state_(state),
          report_(report),
          way_(std::move(way)) {}

    /// Opens the socket and sends the first message. The error says what is missing; a peer that cannot be
    /// reached is no error here, but an outcome.
    [[nodiscard]] std::expected<void, std::string> start(const agent::Call& call, Time now);
    [[nodiscard]] Outcome outcome() const noexcept;
    /// KRRs could not be written to disk: why.
    [[nodiscard]] const std::string& save_fault() const noexcept { return save_fault_; }

    void watch(std::vector<pollfd>& fds) override;
    void serve(std::span<const pollfd> ready, Time now) override;
    [[nodiscard]] std::optional<Time> next_timer() const override;
    [[nodiscard]] bool done(Time now) const override;

  private:
    [[nodiscard]] std::expected<void, std::string> open();
    void read_datagrams(Time now);
    void hear(std::string_view message, Time now);
    void pump(Time now);
    void send(std::string_view message);
    void note(const agent::Event& event);
    void fail(std::string detail, Time now);

    const select::Profile& profile_;
    const keys::Ring& ring_;
    crypto::Random& random_;
    State& state_;
    const Report& report_;
    Way way_;
    std::unique_ptr<agent::Initiator> agent_;
    Socket udp_;
    Stream tcp_;
    std::optional<Address> local_;
    Time deadline_ = 0;
    std::optional<Time> over_;  ///< when the call ended
    std::string peer_;
    std::string call_id_;
    select::Pair pair_;
    std::string lost_;  ///< why the peer cannot be reached
    std::string save_fault_;
    bool heard_ = false;    ///< the peer said something
    bool waiting_ = false;  ///< a MIKEY message stands without final answer
    bool established_ = false;
    bool failed_ = false;
};

}  // namespace kmsgate::client::program

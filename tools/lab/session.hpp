// SPDX-License-Identifier: BSD-3-Clause
// One run of a scenario whatever lies between the clients: the two KM clients, what they tell, and the
// conclusions.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/agent/initiator.hpp"
#include "tools/client/agent/receiver.hpp"
#include "tools/client/select/krr_store.hpp"
#include "tools/lab/run.hpp"
#include "tools/lab/witness.hpp"

namespace kmsgate::lab {

/// Where the clients stand, on virtual wires and in namespaces alike.
inline constexpr Station kInitiator{{2, 0, 0, 0, 0, 1}, {10, 1, 0, 1}, 5060};
inline constexpr Station kReceiver{{2, 0, 0, 0, 0, 2}, {10, 2, 0, 2}, 5060};

/// An edge of the path and the text of its policy.
struct Planned {
    Stop stop;
    std::string policy;
};

class Session {
  public:
    /// Puts one SIP message of `initiator` (else of the receiver) on its wire.
    using Send = std::function<void(bool initiator, const std::string& message)>;

    /// All references outlive it.
    Session(const Scenario& scenario, const Variant& variant, Laboratory& lab);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// The edges of this variant with their policies, each tried out; the error says what is wrong with the
    /// scenario's files. Writes captures from here on when `captures` names a folder.
    [[nodiscard]] std::expected<std::vector<std::unique_ptr<Edge>>, std::string> plan(
        const std::string& captures);
    [[nodiscard]] const std::vector<Planned>& planned() const noexcept { return planned_; }
    /// Users whom every edge can recognise by UID.
    [[nodiscard]] std::vector<std::string> roster() const {
        return {initiator_profile_.user, receiver_profile_.user};
    }
    [[nodiscard]] Witness& witness() { return *witness_; }
    [[nodiscard]] const std::vector<std::string>& actors() const noexcept { return result_.actors; }
    [[nodiscard]] Result& result() noexcept { return result_; }
    [[nodiscard]] bool untouched() const noexcept { return result_.variant.ruleless_edges; }

    /// Provisions the clients and starts the call; `now`: nanoseconds since 1970.
    [[nodiscard]] std::expected<void, std::string> begin(core::Time now);
    /// Sends what the clients have to say and writes their events down.
    void flush(core::Time now, const Send& send);
    void receive(bool initiator, const std::string& message, core::Time now);
    void tick(core::Time now);
    [[nodiscard]] std::optional<core::Time> next_timer() const;
    /// The initiator's TCP connection was reset. An offer without an answer then fails, as with
    /// kmsgate-client.
    void connection_lost(core::Time now);
    /// The call is over for the initiator: it failed or was ended. Repeats may still be answered.
    [[nodiscard]] bool over() const noexcept { return over_; }
    /// Holds what happened against what was expected.
    [[nodiscard]] Result conclude();

  private:
    [[nodiscard]] std::expected<void, std::string> read_policies();
    [[nodiscard]] client::agent::Call call() const;
    void note(Step::Kind kind, std::size_t actor, std::string text, core::Time now, const Pair& pair = {});
    void tell_initiator(const client::agent::Event& event, core::Time now);
    void tell_receiver(const client::agent::Event& event, core::Time now);
    [[nodiscard]] std::string due() const;

    const Scenario& scenario_;
    Laboratory& lab_;
    Result result_;
    std::vector<Planned> planned_;
    std::optional<Witness> witness_;
    client::select::Profile initiator_profile_, receiver_profile_;
    std::optional<client::keys::Ring> initiator_ring_, receiver_ring_;
    client::select::KrrStore store_;
    std::optional<client::agent::Initiator> initiator_;
    std::optional<client::agent::Receiver> receiver_;
    bool established_ = false, over_ = false;
    bool waiting_ = false;  ///< the last offer has no answer
    bool gave_up_ = false;  ///< its connection is lost: the initiator says nothing more
    unsigned answers_ = 0;  ///< that the initiator got to its offers
    client::Bytes initiator_key_, receiver_key_;
};

}  // namespace kmsgate::lab

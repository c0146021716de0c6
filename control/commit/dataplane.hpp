// SPDX-License-Identifier: BSD-3-Clause
// The dataplane as the rest of control sees it: calls, and after each connect whatever it lacks of tags,
// table, modes and events, before any change is let through.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/commit/policy.hpp"
#include "control/commit/store.hpp"
#include "control/link/link.hpp"

namespace kmsgate::control {

class Dataplane {
  public:
    /// What shall be in force. `policy` null: none was ever committed, or the one that was does not compile.
    struct Target {
        std::uint64_t generation = 0;
        PolicyPtr policy;
    };
    struct Settings {
        LinkSettings link;
        std::vector<std::string> edges;  ///< that kmsgate.yaml serves
        std::string events_mode;         ///< refusals, all, none
        unsigned events_per_second = 1000;
        std::chrono::milliseconds wait_ready{5'000};  ///< a change waits so long for it to be ready
    };
    struct Hooks {
        std::function<std::optional<Target>()> target;  ///< nullopt: not known yet; resume() follows
        std::function<void()> ready;
        std::function<void()> down;
        std::function<void(const Json&, std::span<const std::byte>)> told;
    };

    Dataplane(Loop& loop, Store& store, Settings settings, Hooks hooks);
    void start() { link_.start(); }
    /// The target is known now.
    void resume();

    /// Answers while the connection stands, also before it is ready.
    void call(Json request, BytesPtr attachment, Link::Answer answer);
    /// `stats` or `rules`, all pages in one answer without `id`, `ok` and `next`.
    void gather(const std::string& op, Link::Answer answer);
    /// Calls that change something: waits until it has been given everything, not for long.
    void change(Json request, BytesPtr attachment, Link::Answer answer);
    /// Calls `then` when it is ready, or with the fault.
    void when_ready(std::function<void(std::optional<Fault>)> then);
    [[nodiscard]] bool up() const noexcept { return state_ != State::disconnected; }
    [[nodiscard]] bool ready() const noexcept { return state_ == State::ready; }
    /// Gives all tags anew: it may hold others than the store.
    void resync_tags();

    /// The generation it had when it connected.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// New at every start of the dataplane.
    [[nodiscard]] const std::string& epoch() const noexcept { return epoch_; }
    /// {"state", "since", "fault"}.
    [[nodiscard]] Json status() const;
    [[nodiscard]] Fault why_not() const;

  private:
    enum class State { disconnected, syncing, ready };
    struct Waiting {
        std::function<void(std::optional<Fault>)> then;
        Timer timer;
    };

    void connected(const Json& hello);
    void lost(const std::string& reason);
    void become(State state);
    void give_tags(const std::string& domain, const std::string& user, bool first);
    void tags_given();
    void give_table();
    void give_modes();
    [[nodiscard]] Json modes_of(const Policy& policy);
    void give_events();
    void everything_given();
    void problem(const std::string& what, const Fault& fault);
    void next_page(const std::string& op, std::shared_ptr<Json> all, Link::Answer answer);
    /// The rest of a step, unless the connection broke meanwhile.
    template <class F>
    [[nodiscard]] Link::Answer step(F then);

    Loop& loop_;
    Store& store_;
    Settings settings_;
    Hooks hooks_;
    State state_ = State::disconnected;
    double since_ = wall_seconds();
    std::string fault_ = "not connected yet";
    std::uint64_t connection_ = 0;
    std::uint64_t generation_ = 0;
    std::string digest_;
    std::string epoch_;
    std::int64_t tags_refused_ = 0;
    bool table_waits_ = false;
    std::map<std::uint64_t, Waiting> waiting_;
    std::uint64_t next_waiting_ = 1;
    Link link_;  ///< last: it calls the others
};

}  // namespace kmsgate::control

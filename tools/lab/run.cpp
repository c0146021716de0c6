// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tools/client/agent/initiator.hpp"
#include "tools/client/agent/receiver.hpp"
#include "tools/client/select/krr_store.hpp"
#include "tools/lab/path.hpp"

namespace kmsgate::lab {

namespace {

using client::agent::Event;

/// Simulated time begins here, so that every run is the same: 2026-11-21T12:00:00Z.
constexpr core::Time kStart = 1'795'262'400 * core::kSecond;
/// No scenario takes longer, nor more frames.
constexpr core::Time kLongest = 300 * core::kSecond;
constexpr unsigned kMostSteps = 100'000;

constexpr Station kInitiator{{2, 0, 0, 0, 0, 1}, {10, 1, 0, 1}, 5060};
constexpr Station kReceiver{{2, 0, 0, 0, 0, 2}, {10, 2, 0, 2}, 5060};

std::expected<std::string, std::string> read_policy(const Stop& stop) {
    std::ifstream in(stop.policy, std::ios::binary);
    if (!in)
        return std::unexpected(
            fmt::format("{}: the policy {} cannot be read; write a path from this file's folder", stop.where,
                        stop.policy));
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// A tag for a domain that no edge of the path knows would do nothing.
std::expected<void, std::string> check_domains(const Scenario& scenario,
                                               const std::vector<std::unique_ptr<Edge>>& edges) {
    for (const TagLine& line : scenario.tags)
        if (std::ranges::none_of(edges, [&](const auto& e) { return e->knows(line.domain); }))
            return std::unexpected(fmt::format(
                "{}: no policy of the path has the domain `{}`; write one that stands under domains:",
                line.where, line.domain));
    return {};
}

/// Two edges without rules: they must let everything through as it is.
const std::string kRuleless =
    "version: 1\nkms: {A: kms.a.example}\ndomains:\n  lab1: {users: [\"sip:*@lab1.example\"], home: A}\n"
    "  lab2: {users: [\"sip:*@lab2.example\"], home: A}\n"
    "edges:\n  edge-1: {domain: lab1, proxy: cs}\n  edge-2: {domain: lab2, proxy: cs}\n";

std::vector<Stop> ruleless_path() {
    return {{"edge-1", "Edge without rules", true, {}, {}}, {"edge-2", "Edge without rules", false, {}, {}}};
}

/// What a KMS is to a client, for the notes of the ladder.
std::string role_of(const client::select::Profile& profile, const std::string& kms) {
    if (client::select::same_kms(profile.home, kms)) return "Home";
    if (client::select::contains(profile.secondary, kms)) return "Secondary";
    if (client::select::contains(profile.external, kms)) return "External";
    return "unknown";
}

class Run {
  public:
    Run(const Scenario& scenario, const Variant& variant, Laboratory& lab) : scenario_(scenario), lab_(lab) {
        result_.variant = variant;
        initiator_profile_ = scenario.initiator.profile;
        receiver_profile_ = scenario.receiver.profile;
        initiator_profile_.hashed = receiver_profile_.hashed = variant.hashed;
        if (variant.hashed) receiver_profile_.contacts.push_back(initiator_profile_.user);
    }

    std::expected<Result, std::string> go(const RunOptions& options) {
        if (const auto built = build_path(options); !built) return std::unexpected(built.error());
        auto initiator_ring = lab_.keys.ring_for(initiator_profile_, kStart);
        if (!initiator_ring) return std::unexpected(initiator_ring.error());
        auto receiver_ring = lab_.keys.ring_for(receiver_profile_, kStart);
        if (!receiver_ring) return std::unexpected(receiver_ring.error());
        client::agent::Initiator initiator(initiator_profile_, *initiator_ring,
                                           {kInitiator.host(), 5060, false}, lab_.keys.random(), store_);
        client::agent::Receiver receiver(receiver_profile_, *receiver_ring, {kReceiver.host(), 5060, false},
                                         lab_.keys.random());
        if (scenario_.receiver.always) receiver.always_answer(*scenario_.receiver.always);
        if (const auto started = initiator.start(call(), now_); !started)
            return std::unexpected(started.error());
        loop(initiator, receiver);
        conclude();
        return std::move(result_);
    }

  private:
    [[nodiscard]] std::size_t receiver_actor() const { return result_.actors.size() - 1; }

    std::expected<void, std::string> build_path(const RunOptions& options) {
        const bool ruleless = result_.variant.ruleless_edges;
        const std::vector<Stop> stops = ruleless ? ruleless_path() : scenario_.path;
        std::vector<std::unique_ptr<Edge>> edges;
        result_.actors.push_back(scenario_.initiator.label);
        for (const Stop& stop : stops) {
            const auto policy = ruleless ? kRuleless : read_policy(stop);
            if (!policy) return std::unexpected(policy.error());
            auto edge = Edge::make(stop, *policy, scenario_.tags,
                                   {initiator_profile_.user, receiver_profile_.user}, lab_.pool.get());
            if (!edge) return std::unexpected(edge.error());
            edges.push_back(std::move(*edge));
            result_.actors.push_back(stop.label);
        }
        if (const auto known = check_domains(scenario_, edges); !ruleless && !known)
            return std::unexpected(known.error());
        result_.actors.push_back(scenario_.receiver.label);
        path_.emplace(std::move(edges), kStart, result_);
        if (options.captures.empty()) return {};
        std::string stem = scenario_.name + "-" + result_.variant.name();
        std::ranges::replace_if(stem, [](char c) { return c == ' ' || c == '/'; }, '-');
        return path_->capture(options.captures, stem);
    }

    /// With hashed UIDs the SIP headers tell nothing about users either, so that an edge has the UID alone.
    [[nodiscard]] client::agent::Call call() const {
        client::agent::Call out;
        out.receiver = receiver_profile_.user;
        out.purpose = scenario_.gmk ? client::imessage::Purpose::gmk : client::imessage::Purpose::pck;
        out.naming.from = initiator_profile_.user;
        out.naming.to = out.naming.request_uri = receiver_profile_.user;
        out.naming.extra_headers = scenario_.extra_headers;
        if (result_.variant.hashed) {
            out.naming.from = "sip:anonymous@anonymous.invalid";
            out.naming.to = out.naming.request_uri = "sip:mcptt@as.invalid";
            out.naming.mcptt_info = false;
        }
        return out;
    }

    template <class Agent>
    void flush(Agent& agent, std::size_t actor) {
        const bool from_initiator = actor == 0;
        for (const Event& event : agent.take_events())
            from_initiator ? tell_initiator(event) : tell_receiver(event);
        for (const std::string& message : agent.take_output()) {
            const Station& from = from_initiator ? kInitiator : kReceiver;
            const Station& to = from_initiator ? kReceiver : kInitiator;
            for (Frame& frame : send_datagram(from, to, message, ++packet_id_))
                path_->send(actor, from_initiator ? Toward::receiver : Toward::initiator, std::move(frame),
                            now_);
        }
    }

    void loop(client::agent::Initiator& initiator, client::agent::Receiver& receiver) {
        std::array<Reassembler, 2> ears;
        for (unsigned steps = 0; steps < kMostSteps; ++steps) {
            flush(initiator, 0);
            flush(receiver, receiver_actor());
            std::optional<core::Time> next = path_->next();
            for (const auto timer : {initiator.next_timer(), receiver.next_timer()})
                if (timer && (!next || *timer < *next)) next = timer;
            if (!next || *next > kStart + kLongest) return;
            now_ = std::max(now_, *next);
            if (path_->next() != next) {
                initiator.tick(now_);
                receiver.tick(now_);
                continue;
            }
            const auto arrival = path_->step();
            if (!arrival) continue;
            const auto datagram = ears[arrival->actor == 0 ? 0 : 1].take(arrival->frame);
            if (!datagram || !*datagram) continue;  // a wrong frame is on the tap's list already
            if (arrival->actor == 0)
                initiator.receive((*datagram)->payload, now_);
            else
                receiver.receive((*datagram)->payload, now_);
        }
        path_->fault("the run does not come to an end");
    }

    void note(Step::Kind kind, std::size_t actor, std::string text, const Pair& pair = {}) {
        Step step;
        step.kind = kind;
        step.from = step.to = actor;
        step.text = std::move(text);
        step.pair = pair;
        path_->note(std::move(step), now_);
    }

    void tell_initiator(const Event& event) {
        const auto& p = initiator_profile_;
        const std::string_view i = scenario_.short_name(event.pair.kmsi),
                               r = scenario_.short_name(event.pair.kmsr);
        if (event.kind == Event::Kind::sent_mikey && result_.created != 0)
            note(Step::Kind::note, 0,
                 fmt::format("uses {} ({}) and {} ({})", i, role_of(p, event.pair.kmsi), r,
                             role_of(p, event.pair.kmsr)));
        if (event.kind == Event::Kind::established) {
            established_ = true;
            initiator_key_ = event.key;
        }
        if (event.kind == Event::Kind::failed) {
            result_.failure = event.detail;
            note(Step::Kind::failed, 0, event.detail);
            if (!store_.all().empty())
                note(Step::Kind::note, 0, fmt::format("keeps {} for {}", krrs(store_.all().size()), due()));
        }
    }

    static std::string krrs(std::size_t count) {
        return fmt::format("{} KRR{}", count, count == 1 ? "" : "s");
    }

    /// Whom the KRRs kept are for.
    [[nodiscard]] std::string due() const {
        std::string out;
        for (const std::string& kms : store_.all().back().due)
            out += (out.empty() ? "" : " and ") + std::string(scenario_.short_name(kms));
        return out;
    }

    void tell_receiver(const Event& event) {
        if (event.kind == Event::Kind::accepted) {
            result_.accepted = true;
            result_.final_pair = event.pair;
            receiver_key_ = event.key;
            note(Step::Kind::accepted, receiver_actor(), "key decapsulated, signature verified", event.pair);
        }
        if (event.kind == Event::Kind::refused) note(Step::Kind::note, receiver_actor(), event.detail);
    }

    void conclude() {
        path_->finish(now_, result_.variant.ruleless_edges);
        if (result_.accepted != established_)
            path_->fault("initiator and receiver do not agree whether the call stands");
        if (result_.accepted && initiator_key_ != receiver_key_)
            path_->fault("initiator and receiver hold different keys");
        const unsigned kept = static_cast<unsigned>(store_.all().size());
        const auto seen = std::ranges::count_if(
            result_.steps, [](const Step& s) { return s.kind == Step::Kind::krr && s.to == 0; });
        if (kept != static_cast<unsigned>(seen))
            path_->fault(fmt::format("{} KRRs reached the initiator and {} are kept", seen, kept));
        for (std::string& line : compare(scenario_, result_)) result_.faults.push_back(std::move(line));
    }

    const Scenario& scenario_;
    Laboratory& lab_;
    Result result_;
    client::select::Profile initiator_profile_, receiver_profile_;
    client::select::KrrStore store_;
    std::optional<Path> path_;
    core::Time now_ = kStart;
    std::uint16_t packet_id_ = 0;
    bool established_ = false;
    client::Bytes initiator_key_, receiver_key_;
};

}  // namespace

std::expected<Laboratory, std::string> Laboratory::open() {
    if (const auto started = replay::start_eal(); !started) return std::unexpected(started.error());
    auto pool = replay::make_pool("lab", 8191);
    if (!pool) return std::unexpected(pool.error());
    return Laboratory{KeyCache{}, std::move(*pool)};
}

std::expected<void, std::string> check_edges(const Scenario& scenario, Laboratory& lab) {
    std::vector<std::unique_ptr<Edge>> edges;
    for (const Stop& stop : scenario.path) {
        const auto policy = read_policy(stop);
        if (!policy) return std::unexpected(policy.error());
        auto edge = Edge::make(stop, *policy, scenario.tags, {}, lab.pool.get());
        if (!edge) return std::unexpected(edge.error());
        edges.push_back(std::move(*edge));
    }
    return check_domains(scenario, edges);
}

std::expected<Result, std::string> run(const Scenario& scenario, const Variant& variant, Laboratory& lab,
                                       const RunOptions& options) {
    return Run(scenario, variant, lab).go(options);
}

}  // namespace kmsgate::lab

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace kmsgate::lab {

namespace {

using client::agent::Event;

std::expected<std::string, std::string> read_policy(const Stop& stop) {
    std::ifstream in(stop.policy, std::ios::binary);
    if (!in || std::filesystem::is_directory(stop.policy))
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

std::string krrs(std::size_t count) {
    return fmt::format("{} KRR{}", count, count == 1 ? "" : "s");
}

}  // namespace

Session::Session(const Scenario& scenario, const Variant& variant, Laboratory& lab)
    : scenario_(scenario), lab_(lab) {
    result_.variant = variant;
    initiator_profile_ = scenario.initiator.profile;
    receiver_profile_ = scenario.receiver.profile;
    initiator_profile_.hashed = receiver_profile_.hashed = variant.hashed;
    if (variant.hashed) receiver_profile_.contacts.push_back(initiator_profile_.user);
}

std::expected<void, std::string> Session::read_policies() {
    for (const Stop& stop : untouched() ? ruleless_path() : scenario_.path) {
        auto policy = untouched() ? kRuleless : read_policy(stop);
        if (!policy) return std::unexpected(policy.error());
        planned_.push_back({stop, std::move(*policy)});
    }
    return {};
}

std::expected<std::vector<std::unique_ptr<Edge>>, std::string> Session::plan(const std::string& captures) {
    if (const auto read = read_policies(); !read) return std::unexpected(read.error());
    std::vector<std::unique_ptr<Edge>> edges;
    result_.actors.push_back(scenario_.initiator.label);
    for (const auto& [stop, policy] : planned_) {
        auto edge = Edge::make(stop, policy, scenario_.tags, roster(), lab_.pool.get());
        if (!edge) return std::unexpected(edge.error());
        edges.push_back(std::move(*edge));
        result_.actors.push_back(stop.label);
    }
    if (const auto known = check_domains(scenario_, edges); !untouched() && !known)
        return std::unexpected(known.error());
    result_.actors.push_back(scenario_.receiver.label);
    witness_.emplace(edges.size(), result_);
    if (captures.empty()) return edges;
    std::string stem = scenario_.name + "-" + result_.variant.name();
    std::ranges::replace_if(stem, [](char c) { return c == ' ' || c == '/'; }, '-');
    if (const auto opened = witness_->capture(captures, stem); !opened)
        return std::unexpected(opened.error());
    return edges;
}

std::expected<void, std::string> Session::begin(core::Time now) {
    witness_->begin(now);
    auto initiator_ring = lab_.keys.ring_for(initiator_profile_, now);
    if (!initiator_ring) return std::unexpected(initiator_ring.error());
    auto receiver_ring = lab_.keys.ring_for(receiver_profile_, now);
    if (!receiver_ring) return std::unexpected(receiver_ring.error());
    initiator_ring_.emplace(std::move(*initiator_ring));
    receiver_ring_.emplace(std::move(*receiver_ring));
    initiator_.emplace(initiator_profile_, *initiator_ring_,
                       client::agent::Local{kInitiator.host(), 5060, result_.variant.tcp}, lab_.keys.random(),
                       store_);
    receiver_.emplace(receiver_profile_, *receiver_ring_,
                      client::agent::Local{kReceiver.host(), 5060, result_.variant.tcp}, lab_.keys.random());
    if (scenario_.receiver.always) receiver_->always_answer(*scenario_.receiver.always);
    return initiator_->start(call(), now);
}

/// With hashed UIDs the SIP headers tell nothing about users either, so that an edge has the UID alone.
client::agent::Call Session::call() const {
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

void Session::flush(core::Time now, const Send& send) {
    for (const Event& event : initiator_->take_events()) tell_initiator(event, now);
    for (const std::string& message : initiator_->take_output())
        if (!gave_up_) send(true, message);
    for (const Event& event : receiver_->take_events()) tell_receiver(event, now);
    for (const std::string& message : receiver_->take_output()) send(false, message);
}

void Session::receive(bool initiator, const std::string& message, core::Time now) {
    initiator ? initiator_->receive(message, now) : receiver_->receive(message, now);
}

void Session::tick(core::Time now) {
    if (!gave_up_) initiator_->tick(now);
    receiver_->tick(now);
}

std::optional<core::Time> Session::next_timer() const {
    std::optional<core::Time> next;
    const auto of_initiator = gave_up_ ? std::nullopt : initiator_->next_timer();
    for (const auto timer : {of_initiator, receiver_->next_timer()})
        if (timer && (!next || *timer < *next)) next = timer;
    return next;
}

void Session::connection_lost(core::Time now) {
    const bool waited = waiting_;
    const unsigned answers = answers_;
    for (const Event& event : initiator_->take_events()) tell_initiator(event, now);
    if (!waited || answers_ != answers || gave_up_ || over_) return;
    gave_up_ = true;
    Event event;
    event.kind = Event::Kind::failed;
    event.detail = "connection-reset";
    tell_initiator(event, now);
}

void Session::note(Step::Kind kind, std::size_t actor, std::string text, core::Time now, const Pair& pair) {
    Step step;
    step.kind = kind;
    step.from = step.to = actor;
    step.text = std::move(text);
    step.pair = pair;
    witness_->note(std::move(step), now);
}

void Session::tell_initiator(const Event& event, core::Time now) {
    if (gave_up_ && over_) return;
    const auto& p = initiator_profile_;
    using enum Event::Kind;
    if (event.kind == sent_mikey) waiting_ = true;
    if (event.kind == received_krr || event.kind == established || event.kind == failed) {
        waiting_ = false;
        ++answers_;
    }
    const std::string_view i = scenario_.short_name(event.pair.kmsi),
                           r = scenario_.short_name(event.pair.kmsr);
    if (event.kind == Event::Kind::sent_mikey && result_.created != 0)
        note(Step::Kind::note, 0,
             fmt::format("uses {} ({}) and {} ({})", i, role_of(p, event.pair.kmsi), r,
                         role_of(p, event.pair.kmsr)),
             now);
    over_ |= event.kind == Event::Kind::failed || event.kind == Event::Kind::ended;
    if (event.kind == Event::Kind::established) {
        established_ = true;
        initiator_key_ = event.key;
    }
    if (event.kind == Event::Kind::failed) {
        result_.failure = event.detail;
        note(Step::Kind::failed, 0, event.detail, now);
        if (!store_.all().empty())
            note(Step::Kind::note, 0, fmt::format("keeps {} for {}", krrs(store_.all().size()), due()), now);
    }
}

/// Whom the KRRs kept are for.
std::string Session::due() const {
    std::string out;
    for (const std::string& kms : store_.all().back().due)
        out += (out.empty() ? "" : " and ") + std::string(scenario_.short_name(kms));
    return out;
}

void Session::tell_receiver(const Event& event, core::Time now) {
    const std::size_t actor = result_.actors.size() - 1;
    if (event.kind == Event::Kind::accepted) {
        result_.accepted = true;
        result_.final_pair = event.pair;
        receiver_key_ = event.key;
        note(Step::Kind::accepted, actor, "key decapsulated, signature verified", now, event.pair);
    }
    if (event.kind == Event::Kind::refused) note(Step::Kind::note, actor, event.detail, now);
}

Result Session::conclude() {
    witness_->finish();
    if (result_.accepted != established_)
        witness_->fault("initiator and receiver do not agree whether the call stands");
    if (result_.accepted && initiator_key_ != receiver_key_)
        witness_->fault("initiator and receiver hold different keys");
    const auto seen = std::ranges::count_if(
        result_.steps, [](const Step& s) { return s.kind == Step::Kind::krr && s.to == 0; });
    if (std::cmp_not_equal(store_.all().size(), seen))
        witness_->fault(
            fmt::format("{} KRRs reached the initiator and {} are kept", seen, store_.all().size()));
    for (std::string& line : compare(scenario_, result_)) result_.faults.push_back(std::move(line));
    return std::move(result_);
}

std::expected<void, std::string> check_edges(const Scenario& scenario, Laboratory& lab) {
    const auto edges = Session(scenario, {}, lab).plan({});
    if (!edges) return std::unexpected(edges.error());
    return {};
}

}  // namespace kmsgate::lab

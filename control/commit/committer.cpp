// SPDX-License-Identifier: BSD-3-Clause
// A commit, step by step: compile, write down, push, accept.
#include "control/commit/committer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/link/log.hpp"

namespace kmsgate::control {

/// One commit on its way.
struct Committer::Work {
    Wish wish;
    Reply reply;
    Made made;
    Plan plan;
    Generation generation;
    ModeChange modes;
    std::optional<Pending> pending;
    std::uint64_t previous = 0;
    std::string remark;  ///< why the dataplane could not keep the table for its next start
};

namespace {

Fault refused(std::string name, std::string message, Json data = Json::object()) {
    return {Code::refused, std::move(name), std::move(message),
            std::make_shared<const Json>(std::move(data))};
}

Fault faulty(const Made& made) {
    return refused("policy-faulty",
                   fmt::format("the policy has {} error{}; nothing was changed", made.errors,
                               made.errors == 1 ? "" : "s"),
                   {{"problems", *made.problems}});
}

Fault unwritable(const std::string& why) {
    return refused(
        "history-unwritable",
        fmt::format("the history cannot be written ({}); make room on the disk of the state folder", why));
}

}  // namespace

Fault Committer::in_progress(const Writer& writer) {
    return refused(
        "commit-in-progress",
        fmt::format("{} (pid {}) is committing; wait until that is done", writer.who.user, writer.who.pid),
        {{"holder", holder_json(writer.who, writer.since)}});
}

Fault Committer::waits_for_confirm(const Pending& pending) {
    return refused(
        "confirm-pending",
        fmt::format("generation {} of {} waits for its confirmation; confirm it or roll it back first",
                    pending.generation, pending.who.user),
        {{"holder", holder_json(pending.who, pending.since)},
         {"generation", pending.generation},
         {"deadline", pending.deadline}});
}

void Committer::commit(Wish wish, Reply reply) {
    const auto refuse = [&](Fault fault) { reply(std::unexpected(std::move(fault))); };
    if (writer_) return refuse(in_progress(*writer_));
    if (pending_ && (wish.how == How::commit || wish.how == How::start))
        return refuse(waits_for_confirm(*pending_));
    if (!dataplane_->up()) return refuse(dataplane_->why_not());
    if (!known_)
        return refuse({Code::unreached, "dataplane-not-ready",
                       "the running policy is still being compiled after the start; try again in a moment",
                       nullptr});
    if (wish.confirm && !running_)
        return refuse(
            refused("no-previous", "there is no generation to go back to; commit without a confirmation"));
    auto work = std::make_shared<Work>();
    work->wish = std::move(wish);
    work->reply = std::move(reply);
    writer_ = Writer{work->wish.who, wall_seconds()};
    static_cast<void>(compiler_.submit(
        Compiler::Order::first, [this, work, running = policy_, edges = edges_, kept = kept_] {
            work->made = make_policy(*kept, work->wish.text, work->wish.file, edges);
            if (work->made.policy) work->plan = make_plan(running.get(), *work->made.policy);
            return Compiler::After([this, work] { compiled(work); });
        }));
}

void Committer::compiled(const std::shared_ptr<Work>& work) {
    if (!work->made.policy) return finish(work, std::unexpected(faulty(work->made)));
    const Policy& next = *work->made.policy;
    if (running_ && policy_ && policy_->digest == next.digest && policy_->text == next.text) {
        if (pending_ && work->wish.how != How::start) {
            if (const Done ended = store_.end_pending(); !ended)
                return finish(work, std::unexpected(unwritable(ended.error())));
            pending_.reset();
        }
        return finish(work, result_of(*work, *running_, true));
    }
    dataplane_->when_ready([this, work](std::optional<Fault> fault) {
        if (fault) return finish(work, std::unexpected(*std::move(fault)));
        push(work);
    });
}

ModeChange Committer::modes_of(const Work& work) const {
    ModeChange out;
    for (const auto& [edge, mode] : store_.modes())
        if (work.plan.edges.contains(edge)) out.ended.emplace(edge, mode);
    // The way back leads to the modes that stood there, too, not to what stands in the policy alone.
    const std::optional<Undo> undo = work.wish.to != 0 ? store_.undo() : std::nullopt;
    if (undo && undo->generation == work.previous && undo->previous == work.wish.to)
        for (const auto& [edge, mode] : undo->modes)
            if (work.made.policy->edge(edge) != nullptr && std::ranges::find(edges_, edge) != edges_.end())
                out.back.emplace(edge, mode);
    return out;
}

void Committer::push(const std::shared_ptr<Work>& work) {
    const Wish& wish = work->wish;
    work->previous = running_ ? running_->number : 0;
    work->modes = modes_of(*work);
    Generation& g = work->generation;
    // One that the dataplane took while we could not write it down keeps its number.
    g.number = std::max(work->previous, dataplane_->generation()) + 1;
    g.digest = work->made.policy->digest;
    g.time = wall_seconds();
    g.who = wish.who;
    g.how = wish.how;
    g.to = wish.to;
    g.comment = wish.comment;
    g.text = work->made.policy->text;
    if (wish.confirm)
        work->pending = Pending{g.number, work->previous, g.time + *wish.confirm, g.time, wish.who};
    if (const Done written = store_.prepare(g); !written)
        return finish(work, std::unexpected(unwritable(written.error())));
    g.text.clear();
    Json modes = Json::object();
    for (const auto& [edge, mode] : work->modes.ended) modes[edge] = nullptr;
    for (const auto& [edge, mode] : work->modes.back) modes[edge] = mode;
    dataplane_->change({{"op", "table"}, {"generation", g.number}, {"modes", std::move(modes)}},
                       work->made.policy->blob, [this, work](const Result& answer) { pushed(work, answer); });
}

void Committer::pushed(const std::shared_ptr<Work>& work, const Result& answer) {
    if (!answer) {
        forget(work->generation.number);
        return finish(work, std::unexpected(answer.error()));
    }
    if (const auto remark = (*answer)->find("last_table"); remark != (*answer)->end() && remark->is_string())
        work->remark = remark->get<std::string>();
    if (const Done done = store_.accept(work->generation.number, work->previous, work->pending, work->modes);
        !done) {
        forget(work->generation.number);
        const Fault fault = unwritable(done.error());
        if (!policy_) return finish(work, std::unexpected(fault));
        // What cannot be written down must not be in force.
        Json modes = Json::object();
        for (const auto& [edge, mode] : work->modes.back) modes[edge] = nullptr;
        for (const auto& [edge, mode] : store_.modes()) modes[edge] = mode;
        dataplane_->change({{"op", "table"}, {"generation", work->previous}, {"modes", std::move(modes)}},
                           policy_->blob,
                           [this, work, fault](const Result&) { finish(work, std::unexpected(fault)); });
        return;
    }
    accepted(work);
}

void Committer::forget(std::uint64_t number) {
    note(store_.forget(number), fmt::format("that generation {} was not taken", number));
}

void Committer::accepted(const std::shared_ptr<Work>& work) {
    running_ = work->generation;
    policy_ = work->made.policy;
    pending_ = work->pending;
    ++counts_.commits;
    if (running_->how == How::rollback || running_->how == How::auto_rollback) ++counts_.rollbacks;
    if (pending_)
        arm();
    else
        deadline_ = Timer();
    log_info(fmt::format("generation {} is in force ({}, by {})", running_->number, to_string(running_->how),
                         running_->who.user));
    if (!work->remark.empty())
        log_warning(fmt::format("the dataplane could not keep generation {} for its next start: {}",
                                running_->number, work->remark));
    finish(work, result_of(*work, work->generation, false));
}

JsonPtr Committer::result_of(const Work& work, const Generation& in_force, bool unchanged) {
    Json ended = Json::array();
    for (const auto& [edge, mode] : work.modes.ended)
        if (!work.modes.back.contains(edge)) ended.push_back(edge);
    auto out =
        std::make_shared<Json>(Json{{"generation", in_force.number},
                                    {"digest", in_force.digest},
                                    {"unchanged", unchanged},
                                    {"changes", work.plan.changes ? *work.plan.changes : Json::array()},
                                    {"more", work.plan.more},
                                    {"warnings", *work.made.problems},
                                    {"modes_ended", std::move(ended)},
                                    {"modes_back", work.modes.back},
                                    {"last_table", work.remark.empty() ? Json() : Json(work.remark)},
                                    {"previous", work.previous == 0 ? Json() : Json(work.previous)},
                                    {"confirm", nullptr}});
    if (work.pending) (*out)["confirm"] = {{"deadline", work.pending->deadline}};
    if (work.wish.to != 0) (*out)["to"] = work.wish.to;
    return out;
}

void Committer::finish(const std::shared_ptr<Work>& work, Result result) {
    writer_.reset();
    if (work->wish.how == How::start && result) {
        start_policy_.reset();
        // The worst that follows is that it is committed once more after the next start.
        note(store_.set_value("start-policy", sha256(work->wish.text)),
             "which policy was taken at the start");
    }
    work->reply(std::move(result));
}

void Committer::check(std::string text, std::string file, const Reply& reply) {
    const bool taken = compiler_.submit(Compiler::Order::last, [reply, text = std::move(text),
                                                                file = std::move(file), edges = edges_,
                                                                kept = kept_] {
        const Made made = make_policy(*kept, text, file, edges);
        auto out =
            std::make_shared<const Json>(Json{{"ok", made.policy != nullptr},
                                              {"digest", made.policy ? Json(made.policy->digest) : Json()},
                                              {"errors", made.errors},
                                              {"warnings", made.warnings},
                                              {"problems", *made.problems}});
        return Compiler::After([reply, out] { reply(out); });
    });
    if (!taken)
        reply(std::unexpected(refused("busy", "too many policies wait to be compiled; try again later")));
}

void Committer::plan(std::string text, std::string file, const Reply& reply) {
    if (!known_)
        return reply(std::unexpected(refused(
            "busy", "the running policy is still being compiled after the start; try again in a moment")));
    struct Planned {
        Made made;
        Plan plan;
    };
    auto planned = std::make_shared<Planned>();
    const bool taken = compiler_.submit(Compiler::Order::last, [this, reply, planned, text = std::move(text),
                                                                file = std::move(file), edges = edges_,
                                                                running = policy_, kept = kept_] {
        planned->made = make_policy(*kept, text, file, edges);
        if (planned->made.policy) planned->plan = make_plan(running.get(), *planned->made.policy);
        return Compiler::After([this, reply, planned] {
            const Made& made = planned->made;
            if (!made.policy) return reply(std::unexpected(faulty(made)));
            Json ended = Json::array();
            for (const auto& [edge, mode] : store_.modes())
                if (planned->plan.edges.contains(edge)) ended.push_back(edge);
            const bool unchanged =
                policy_ && policy_->digest == made.policy->digest && policy_->text == made.policy->text;
            reply(
                std::make_shared<const Json>(Json{{"generation", running_ ? Json(running_->number) : Json()},
                                                  {"digest", made.policy->digest},
                                                  {"unchanged", unchanged},
                                                  {"changes", *planned->plan.changes},
                                                  {"more", planned->plan.more},
                                                  {"warnings", *made.problems},
                                                  {"modes_ended", std::move(ended)}}));
        });
    });
    if (!taken)
        reply(std::unexpected(refused("busy", "too many policies wait to be compiled; try again later")));
}

}  // namespace kmsgate::control

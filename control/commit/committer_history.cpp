// SPDX-License-Identifier: BSD-3-Clause
// Start, confirmation, the way back.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/committer.hpp"
#include "control/link/log.hpp"

namespace kmsgate::control {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBusy{200};        // the dataplane is away, or a writer is at work
constexpr milliseconds kTryAgain{5'000};  // going back failed

Fault refused(std::string name, std::string message) {
    return {Code::refused, std::move(name), std::move(message), nullptr};
}

}  // namespace

Committer::Committer(Loop& loop, Store& store, Compiler& compiler, std::vector<std::string> edges, Told told)
    : loop_(loop), store_(store), compiler_(compiler), edges_(std::move(edges)), told_(std::move(told)) {}

void Committer::start(std::optional<Wish> policy) {
    running_ = store_.running();
    pending_ = store_.pending();
    if (pending_ && (!running_ || running_->number != pending_->generation)) pending_.reset();
    start_policy_ = std::move(policy);
    if (start_policy_ && running_ && store_.value("start-policy") == sha256(start_policy_->text)) {
        log_info(fmt::format("{} was taken before and has not changed: generation {} stays in force",
                             start_policy_->file, running_->number));
        start_policy_.reset();
    }
    if (!running_) {
        known_ = true;
        return;
    }
    static_cast<void>(compiler_.submit(Compiler::Order::first, [this, text = running_->text, kept = kept_] {
        auto made = std::make_shared<Made>(make_policy(*kept, text, "history", {}));
        return Compiler::After([this, made] {
            known_ = true;
            policy_ = made->policy;
            running_->text.clear();
            if (!policy_)
                log_error(fmt::format(
                    "generation {} does not compile any more; the dataplane keeps what it has: commit a "
                    "corrected policy",
                    running_->number));
            arm();
            dataplane_->resume();
            if (dataplane_->ready()) begin_with_start_policy();
        });
    }));
}

void Committer::dataplane_ready() {
    if (known_) begin_with_start_policy();
}

void Committer::begin_with_start_policy() {
    if (!start_policy_ || writer_) return;
    if (pending_) {
        log_warning(fmt::format(
            "{} is not committed now: generation {} waits for its confirmation; send SIGHUP later",
            start_policy_->file, pending_->generation));
        start_policy_.reset();
        return;
    }
    // It is tried again after the next connect, unless it was refused for good.
    Wish wish = *start_policy_;
    commit(wish, [this, wish](const Result& result) {
        told_(wish, result);
        if (!result && result.error().code == Code::refused) start_policy_.reset();
        if (!result) log_error("the policy of the start is not in force: " + result.error().message);
    });
}

void Committer::confirm(const Who& who, const Reply& reply) {
    if (writer_) return reply(std::unexpected(in_progress(*writer_)));
    if (!pending_)
        return reply(std::unexpected(refused("nothing-to-confirm",
                                             "no commit waits for a confirmation; it may have been "
                                             "rolled back: see the history")));
    if (const Done done = store_.end_pending(); !done)
        return reply(std::unexpected(refused(
            "history-unwritable",
            fmt::format("the history cannot be written ({}); make room on the disk of the state folder",
                        done.error()))));
    const std::uint64_t number = pending_->generation;
    pending_.reset();
    deadline_ = Timer();
    log_info(fmt::format("generation {} confirmed by {}", number, who.user));
    reply(std::make_shared<const Json>(Json{{"generation", number}}));
}

void Committer::rollback(std::uint64_t to, std::string comment, const Who& who, Reply reply) {
    if (writer_) return reply(std::unexpected(in_progress(*writer_)));
    if (to == 0 && pending_) to = pending_->previous;
    if (to == 0 && running_) {
        const auto before = store_.history(1, running_->number);
        if (!before.empty()) to = before[0].number;
    }
    if (to == 0)
        return reply(
            std::unexpected(refused("no-previous", "there is no generation before the running one")));
    std::optional<Generation> old = store_.generation(to);
    if (!old)
        return reply(std::unexpected(
            refused("no-generation",
                    fmt::format("there is no generation {}; see the history for those there are", to))));
    Wish wish;
    wish.text = std::move(old->text);
    wish.file = fmt::format("generation {}", to);
    wish.comment = std::move(comment);
    wish.how = How::rollback;
    wish.to = to;
    wish.who = who;
    commit(std::move(wish), std::move(reply));
}

void Committer::arm() {
    if (!pending_) return;
    const double left = std::clamp(pending_->deadline - wall_seconds(), 0.0, 86'400.0);
    deadline_ = loop_.after(milliseconds(static_cast<long>(left * 1000) + 1), [this] { overdue(); });
}

void Committer::overdue() {
    if (!pending_) return;
    // The clock may have been set back meanwhile.
    if (wall_seconds() < pending_->deadline) return arm();
    const auto again = [this](milliseconds wait) { deadline_ = loop_.after(wait, [this] { overdue(); }); };
    if (writer_ || !dataplane_->ready() || !known_) return again(kBusy);
    std::optional<Generation> old = store_.generation(pending_->previous);
    if (!old) {
        log_error(fmt::format("generation {} was not confirmed, but generation {} is gone: it stays in force",
                              pending_->generation, pending_->previous));
        note(store_.end_pending(), "that it stays");
        pending_.reset();
        return;
    }
    Wish wish;
    wish.text = std::move(old->text);
    wish.file = fmt::format("generation {}", pending_->previous);
    wish.comment = fmt::format("generation {} was not confirmed in time", pending_->generation);
    wish.how = How::auto_rollback;
    wish.to = pending_->previous;
    wish.who = myself();
    log_warning(wish.comment + fmt::format("; going back to generation {}", wish.to));
    commit(wish, [this, wish, again](const Result& result) {
        told_(wish, result);
        if (result) return;
        log_error("going back failed, it is tried again: " + result.error().message);
        again(kTryAgain);
    });
}

std::optional<Dataplane::Target> Committer::target() const {
    if (!known_) return std::nullopt;
    return Dataplane::Target{running_ ? running_->number : 0, policy_};
}

void Committer::add_status(Json& status) const {
    status["policy"] = nullptr;
    status["confirm"] = nullptr;
    status["writer"] = nullptr;
    if (running_)
        status["policy"] = {
            {"generation", running_->number},  {"digest", policy_ ? policy_->digest : running_->digest},
            {"time", running_->time},          {"user", running_->who.user},
            {"how", to_string(running_->how)}, {"comment", running_->comment},
            {"compiled", policy_ != nullptr}};
    if (pending_)
        status["confirm"] = {{"generation", pending_->generation},
                             {"previous", pending_->previous},
                             {"deadline", pending_->deadline},
                             {"holder", holder_json(pending_->who, pending_->since)}};
    if (writer_) status["writer"] = holder_json(writer_->who, writer_->since);
}

}  // namespace kmsgate::control

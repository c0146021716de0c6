// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/caller.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "tools/client/agent/token.hpp"

namespace kmsgate::client::agent {

Caller::Caller(Local local, crypto::Random& random)
    : local_(std::move(local)), random_(random), answering_(local_, random, kCallerAllows) {}

void Caller::begin(std::string_view from) {
    call_id_ = fmt::format("{}@{}", token(random_, 12), local_.host);
    from_tag_ = token(random_);
    from_ = fmt::format("<{}>;tag={}", from, from_tag_);
    cseq_ = 0;
    pending_ = false;
    patience_.reset();
    sent_.clear();
    for (Session& session : sessions_) session.main = false;
}

Caller::Session* Caller::main_session() noexcept {
    const auto found = std::ranges::find_if(sessions_, [](const Session& session) { return session.main; });
    return found == sessions_.end() ? nullptr : &*found;
}

void Caller::send(Request request, Role role, Time now) {
    exchanges_.push_back({ClientTransaction(std::move(request), local_, now, out_), role});
}

void Caller::offer(Request request, Time now) {
    request.branch = new_branch(random_);
    request.from = from_;
    request.call_id = call_id_;
    request.cseq = ++cseq_;
    branch_ = request.branch;
    pending_ = true;
    patience_.reset();
    if (request.method == "INVITE") sent_.push_back(request);
    send(std::move(request), Role::offer, now);
}

void Caller::bye(Session& session, Role role, Time now) {
    session.live = false;
    send(bye_in(session.dialog, new_branch(random_)), role, now);
}

void Caller::hang_up(Time now) {
    Session* session = main_session();
    if (session != nullptr && session->live) bye(*session, Role::bye, now);
}

void Caller::give_up(Time now) {
    patience_.reset();
    pending_ = false;
    for (std::size_t i = 0; i < exchanges_.size(); ++i) {
        ClientTransaction& transaction = exchanges_[i].transaction;
        if (transaction.request().branch != branch_ || !transaction.proceeding()) continue;
        transaction.wait_until(now + k64T1);
        return send(cancel_of(transaction.request()), Role::cancel, now);
    }
}

Caller::What Caller::receive(Incoming& message, Time now) {
    switch (message.message().kind) {
        case sip::Kind::response:
            return on_response(message, now);
        case sip::Kind::request:
            return on_request(message, now);
        default:
            return What::nothing;
    }
}

Caller::What Caller::on_response(Incoming& response, Time now) {
    const sip::Message& message = response.message();
    // a response that is broken, or that is not for us alone, is thrown away (8.1.3.3, 18.3)
    if (!response.sound() || message.status < 100 || message.status > 699) return What::nothing;
    if (response.values("Via").size() + response.values("v").size() != 1) return What::nothing;
    const bool success = message.status >= 200 && message.status < 300;
    if (success && message.cseq_method == "INVITE") return on_success(response, now);
    for (Exchange& exchange : exchanges_) {
        if (!exchange.transaction.fits(message)) continue;
        const Role role = exchange.role;
        const bool ours = pending(exchange.transaction.request());
        const auto got = exchange.transaction.receive(message, response.unfolded(message.to), now, out_);
        if (got == ClientTransaction::Got::provisional && exchange.transaction.request().method == "INVITE" &&
            ours)
            patience_ = now + kPatience;
        if (got != ClientTransaction::Got::final) return What::nothing;
        if (role == Role::bye) return What::bye_done;
        if (role != Role::offer || !ours) return What::nothing;
        pending_ = false;
        patience_.reset();
        return success ? What::accepted : What::refused;
    }
    return What::nothing;
}

Caller::What Caller::on_success(Incoming& response, Time now) {
    const sip::Message& message = response.message();
    for (const Session& session : sessions_) {
        if (session.branch != message.via.branch || session.dialog.remote_tag != message.to_tag) continue;
        out_.push_back(session.ack);
        return What::nothing;
    }
    const auto invite = std::ranges::find_if(sent_, [&](const Request& request) {
        return request.branch == message.via.branch && request.cseq == message.cseq &&
               request.call_id == message.call_id;
    });
    if (invite == sent_.end() || sessions_.size() == kMostForks) return What::nothing;
    for (Exchange& exchange : exchanges_)
        if (exchange.transaction.fits(message))
            static_cast<void>(exchange.transaction.receive(message, {}, now, out_));
    Session session{dialog_of_answer(response, *invite, from_tag_), invite->branch, {}, now + k64T1};
    session.ack = write(ack_in(session.dialog, invite->cseq, new_branch(random_)), local_);
    session.main = pending(*invite);
    out_.push_back(session.ack);
    sessions_.push_back(std::move(session));
    if (sessions_.back().main) {
        pending_ = false;
        patience_.reset();
        return What::accepted;
    }
    // another branch of a fork, or too late: nobody wants this call (13.2.2.4)
    bye(sessions_.back(), Role::fork_bye, now);
    return What::nothing;
}

Caller::What Caller::on_request(Incoming& request, Time now) {
    if (!answering_.take(request, now, out_)) return What::nothing;
    const sip::Message& message = request.message();
    const auto session =
        std::ranges::find_if(sessions_, [&](const Session& known) { return belongs(known.dialog, message); });
    const bool known = session != sessions_.end();
    unsigned status = 481;
    if (known) {
        // a new offer is not taken up; the call stays as it is
        const bool old = session->dialog.remote_cseq >= message.cseq;  // nothing is below every number
        session->dialog.remote_cseq = std::max(session->dialog.remote_cseq, message.cseq);
        status = old ? 500 : message.method == "BYE" ? 200 : 488;
    } else if (message.to_tag.empty() && message.method == "INVITE") {
        status = 486;
    }
    answering_.answer(request, {status, {}, {}}, answering_.new_tag(), now, out_);
    if (!known || status != 200) return What::nothing;
    const bool live = session->live;
    session->live = false;
    return session->main && live ? What::peer_bye : What::nothing;
}

Caller::What Caller::tick(Time now) {
    static_cast<void>(answering_.tick(now, out_));  // no INVITE is ever accepted here
    for (Exchange& exchange : exchanges_) {
        if (!exchange.transaction.tick(now, out_)) continue;
        if (exchange.role == Role::bye) return What::bye_timeout;
        if (exchange.role != Role::offer || !pending(exchange.transaction.request())) continue;
        pending_ = false;
        patience_.reset();
        return What::timeout;
    }
    std::erase_if(exchanges_, [](const Exchange& exchange) { return exchange.transaction.terminated(); });
    std::erase_if(sessions_, [&](const Session& session) { return !session.live && session.forget <= now; });
    if (patience_ && *patience_ <= now) {
        give_up(now);
        return What::timeout;
    }
    return What::nothing;
}

std::optional<Time> Caller::next_timer() const noexcept {
    std::optional<Time> next = earlier(patience_, answering_.next_timer());
    for (const Exchange& exchange : exchanges_) next = earlier(next, exchange.transaction.next_timer());
    for (const Session& session : sessions_)
        if (!session.live) next = earlier(next, session.forget);
    return next;
}

}  // namespace kmsgate::client::agent

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/client_transaction.hpp"

namespace kmsgate::client::agent {

ClientTransaction::ClientTransaction(Request request, const Local& local, Time now, Output& out)
    : request_(std::move(request)),
      local_(local),
      bytes_(write(request_, local)),
      invite_(request_.method == "INVITE"),
      deadline_(now + k64T1) {
    if (!local_.reliable) repeat_ = now + kT1;
    out.push_back(bytes_);
}

bool ClientTransaction::fits(const sip::Message& response) const noexcept {
    return response.via.branch == request_.branch && response.cseq_method == request_.method &&
           response.cseq == request_.cseq && response.call_id == request_.call_id;
}

void ClientTransaction::complete(Time now) noexcept {
    repeat_.reset();
    // timers D and K: how long repeats of the final response may still arrive
    const Time linger = local_.reliable ? 0 : invite_ ? k64T1 : kT4;
    state_ = linger == 0 ? State::terminated : State::completed;
    deadline_ = now + linger;
}

ClientTransaction::Got ClientTransaction::receive(const sip::Message& response, std::string to, Time now,
                                                  Output& out) {
    const unsigned status = response.status;
    if (state_ == State::terminated) return Got::nothing;
    if (state_ == State::completed) {
        if (invite_ && status >= 300) out.push_back(ack_);
        return Got::nothing;
    }
    if (status < 200) {
        if (invite_ && state_ == State::calling) {
            repeat_.reset();
            deadline_.reset();
        }
        state_ = State::proceeding;
        return Got::provisional;
    }
    if (invite_ && status < 300) {
        state_ = State::terminated;
        return Got::final;
    }
    if (invite_) {
        ack_ = write(ack_of(request_, std::move(to)), local_);
        out.push_back(ack_);
    }
    complete(now);
    return Got::final;
}

bool ClientTransaction::tick(Time now, Output& out) {
    if (state_ == State::terminated) return false;
    if (deadline_ && *deadline_ <= now) {
        const bool unanswered = state_ != State::completed;
        state_ = State::terminated;
        return unanswered;
    }
    if (repeat_ && *repeat_ <= now) {
        out.push_back(bytes_);
        // A doubles without bound; E up to T2, and is T2 once a 1xx was seen (17.1.1.2, 17.1.2.2)
        interval_ *= 2;
        if (!invite_) interval_ = state_ == State::proceeding ? kT2 : std::min(interval_, kT2);
        repeat_ = now + interval_;
    }
    return false;
}

std::optional<Time> ClientTransaction::next_timer() const noexcept {
    if (state_ == State::terminated) return std::nullopt;
    return earlier(repeat_, deadline_);
}

}  // namespace kmsgate::client::agent

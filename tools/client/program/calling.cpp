// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/calling.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>

namespace kmsgate::client::program {
namespace {

/// Over UDP the last ACK or answer may be lost: a first repeat (timer T1 after 500 ms) is still answered.
constexpr Time kLinger = 600 * kMillisecond;

}  // namespace

std::expected<void, std::string> Calling::open() {
    if (!way_.tcp) {
        auto socket = open_udp(way_.from, way_.to);
        if (!socket) return std::unexpected(socket.error());
        udp_ = *std::move(socket);
        return {};
    }
    // A peer or an edge may have reset the connection after an answer: the next message opens a new one, from
    // the same address when that is free.
    auto socket = connect_tcp(local_ ? local_ : way_.from, way_.to);
    if (!socket && local_) socket = connect_tcp(std::nullopt, way_.to);
    if (!socket) return std::unexpected(socket.error());
    tcp_ = Stream(*std::move(socket), true);
    return {};
}

std::expected<void, std::string> Calling::start(const agent::Call& call, Time now) {
    peer_ = call.receiver;
    deadline_ = now + way_.timeout;
    if (auto opened = open(); !opened) {
        if (!way_.tcp || way_.from) return opened;
        fail("not reached: " + opened.error(), now);
        return {};
    }
    local_ = local_address(way_.tcp ? tcp_.fd() : udp_.get());
    agent_ = std::make_unique<agent::Initiator>(
        profile_, ring_, agent::Local{local_->host(), local_->port(), way_.tcp}, random_, state_.krrs());
    if (auto started = agent_->start(call, now); !started) return started;
    pump(now);
    return {};
}

Outcome Calling::outcome() const noexcept {
    if (!failed_ && established_) return Outcome::done;
    return heard_ ? Outcome::failed : Outcome::not_reached;
}

void Calling::watch(std::vector<pollfd>& fds) {
    if (udp_.open()) fds.push_back({udp_.get(), POLLIN, 0});
    if (tcp_.open()) fds.push_back({tcp_.fd(), tcp_.events(), 0});
}

void Calling::serve(std::span<const pollfd> ready, Time now) {
    if (!agent_) return;
    if (!ready.empty() && ready[0].revents != 0) {
        if (udp_.open()) {
            read_datagrams(now);
        } else {
            std::vector<std::string> messages;
            tcp_.serve(ready[0].revents, messages);
            for (const std::string& message : messages) hear(message, now);
            if (!tcp_.open() && waiting_ && lost_.empty())
                lost_ = tcp_.why().empty() ? "the peer closed the connection" : tcp_.why();
        }
    }
    if (const auto next = agent_->next_timer(); next && *next <= now) {
        agent_->tick(now);
        pump(now);
    }
    if (!over_ && !lost_.empty()) fail((heard_ ? "lost: " : "not reached: ") + lost_, now);
    if (!over_ && now >= deadline_) fail("timeout", now);
}

void Calling::read_datagrams(Time now) {
    std::array<char, 65536> bytes;
    for (;;) {
        const ssize_t got = ::recv(udp_.get(), bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            if (errno != EAGAIN && waiting_ && !heard_) lost_ = reason(errno);
            return;
        }
        hear({bytes.data(), static_cast<std::size_t>(got)}, now);
    }
}

void Calling::hear(std::string_view message, Time now) {
    heard_ = true;
    agent_->receive(message, now);
    pump(now);
}

void Calling::pump(Time now) {
    // Events first: what is sent next may depend on a KRR that has to be on disk before.
    for (const agent::Event& event : agent_->take_events()) note(event);
    for (const std::string& message : agent_->take_output()) send(message);
    if (!lost_.empty() && !over_) fail((heard_ ? "lost: " : "not reached: ") + lost_, now);
}

void Calling::send(std::string_view message) {
    if (!way_.tcp) {
        if (::send(udp_.get(), message.data(), message.size(), 0) < 0 && errno != EAGAIN && !heard_)
            lost_ = reason(errno);
        return;
    }
    if (!tcp_.open())
        if (const auto opened = open(); !opened) {
            lost_ = opened.error();
            return;
        }
    tcp_.send(message);
}

void Calling::note(const agent::Event& event) {
    using Kind = agent::Event::Kind;
    call_id_ = event.call_id;
    pair_ = event.pair;
    waiting_ = event.kind == Kind::sent_mikey;
    // A KRR that cannot be read is kept too, and ends the call.
    if (event.kind == Kind::received_krr || event.kind == Kind::failed)
        if (const auto saved = state_.save(); !saved) save_fault_ = saved.error();
    if (event.kind == Kind::established) established_ = true;
    if (event.kind == Kind::failed) failed_ = true;
    if (event.kind == Kind::failed || event.kind == Kind::ended) over_ = event.time;
    agent::Event told = event;
    // What was made of the KRR stands beside it in the store.
    if (event.kind == Kind::received_krr && !state_.krrs().all().empty())
        told.detail = state_.krrs().all().back().outcome;
    report_.event(told);
}

void Calling::fail(std::string detail, Time now) {
    agent::Event event;
    event.kind = agent::Event::Kind::failed;
    event.time = now;
    event.call_id = call_id_;
    event.peer = peer_;
    event.pair = pair_;
    event.detail = std::move(detail);
    note(event);
}

std::optional<Time> Calling::next_timer() const {
    if (over_) return *over_ + kLinger;
    const auto next = agent_ ? agent_->next_timer() : std::nullopt;
    return next ? std::min(*next, deadline_) : deadline_;
}

bool Calling::done(Time now) const {
    if (!over_) return false;
    return way_.tcp || !agent_ || agent_->finished() || now >= *over_ + kLinger;
}

}  // namespace kmsgate::client::program

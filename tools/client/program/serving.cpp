// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/serving.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "dataplane/sip/message.hpp"

namespace kmsgate::client::program {
namespace {

constexpr std::size_t kRoutes = 4096;
constexpr std::size_t kLongestCallId = 512;
/// After the last call a peer may repeat what it did not hear answered.
constexpr Time kLinger = 600 * kMillisecond;

/// The Call-ID of a message; empty when it cannot be read or is too long to be remembered.
[[nodiscard]] std::string call_id_of(std::string_view message) {
    std::vector<std::byte> storage((sip::kMaxHeaders + 8) * sizeof(sip::Header) + 4096);
    sip::Arena arena(storage);
    const sip::Message read = sip::parse(message, arena);
    return read.call_id.size() <= kLongestCallId ? std::string(read.call_id) : std::string();
}

}  // namespace

std::optional<Time> Serving::next_timer() const {
    const auto next = agent_.next_timer();
    if (tally_.wanted == 0 || tally_.ended < tally_.wanted) return next;
    const Time end = tally_.last + kLinger;
    return next ? std::min(*next, end) : end;
}

bool Serving::done(Time now) const {
    return tally_.wanted != 0 && tally_.ended >= tally_.wanted && now >= tally_.last + kLinger;
}

void Serving::remember(std::string_view message, Origin from) {
    const std::string id = call_id_of(message);
    if (id.empty()) return;
    const auto [at, fresh] = routes_.insert_or_assign(id, from);
    if (!fresh) return;
    route_order_.push_back(id);
    if (route_order_.size() <= kRoutes) return;
    routes_.erase(route_order_.front());
    route_order_.pop_front();
}

void Serving::hear(Origin from, std::string_view message, Time now) {
    remember(message, from);
    agent_.receive(message, now);
    note_events();
    for (const std::string& answer : agent_.take_output()) send(from, answer);
}

void Serving::tick(Time now) {
    const auto next = agent_.next_timer();
    if (!next || *next > now) return;
    agent_.tick(now);
    note_events();
    for (const std::string& message : agent_.take_output())
        if (const auto route = routes_.find(call_id_of(message)); route != routes_.end())
            send(route->second, message);
}

void Serving::note_events() {
    for (const agent::Event& event : agent_.take_events()) {
        const bool refused = event.kind == agent::Event::Kind::refused;
        if (refused || event.kind == agent::Event::Kind::ended) {
            ++tally_.ended;
            tally_.last = event.time;
        }
        if (refused) ++tally_.refused;
        report_.event(event);
    }
}

void UdpServing::serve(std::span<const pollfd> ready, Time now) {
    std::array<char, 65536> bytes;
    while (!ready.empty() && ready[0].revents != 0) {
        Address from;
        from.size = sizeof from.storage;
        const ssize_t got = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0, from.get(), &from.size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) break;
        const auto [at, fresh] = numbers_.try_emplace(from.text(), next_);
        if (fresh) {
            peers_.emplace(next_++, from);
            if (peers_.size() > kPeers) {
                numbers_.erase(peers_.begin()->second.text());
                peers_.erase(peers_.begin());
            }
        }
        hear(at->second, {bytes.data(), static_cast<std::size_t>(got)}, now);
    }
    tick(now);
}

void UdpServing::send(Origin to, std::string_view message) {
    // A datagram that does not go is lost like any other: the peer, or our timer, repeats.
    if (const auto peer = peers_.find(to); peer != peers_.end())
        (void)::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, peer->second.get(),
                       peer->second.size);
}

void TcpServing::watch(std::vector<pollfd>& fds) {
    fds.push_back({listener_.get(), POLLIN, 0});
    for (const Connection& c : connections_) fds.push_back({c.stream.fd(), c.stream.events(), 0});
}

void TcpServing::serve(std::span<const pollfd> ready, Time now) {
    std::vector<std::string> messages;
    for (const pollfd& entry : ready) {
        if (entry.revents == 0 || entry.fd == listener_.get()) continue;
        const auto found =
            std::ranges::find(connections_, entry.fd, [](const Connection& c) { return c.stream.fd(); });
        if (found == connections_.end()) continue;
        connections_.splice(connections_.end(), connections_, found);
        messages.clear();
        found->stream.serve(entry.revents, messages);
        for (const std::string& message : messages) hear(found->number, message, now);
    }
    tick(now);
    std::erase_if(connections_, [](const Connection& c) { return !c.stream.open(); });
    // Last, so that no descriptor of this round has two meanings.
    if (!ready.empty() && ready[0].revents != 0) accept();
}

void TcpServing::accept() {
    while (auto socket = accept_tcp(listener_)) {
        if (connections_.size() == kConnections) connections_.pop_front();
        connections_.push_back({next_++, Stream(*std::move(socket), false)});
    }
}

void TcpServing::send(Origin to, std::string_view message) {
    const auto found = std::ranges::find(connections_, to, &Connection::number);
    if (found != connections_.end()) found->stream.send(message);
}

}  // namespace kmsgate::client::program

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/server_transactions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::client::agent {
namespace {

constexpr std::string_view kCookie = "z9hG4bK";

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), sip::lower);
    return out;
}

}  // namespace

std::string ServerTransactions::key_of(const sip::Message& request) {
    const sip::Via& via = request.via;
    if (via.branch.starts_with(kCookie) && via.branch.size() > kCookie.size())
        return fmt::format("{}\n{}", via.branch, lowered(via.sent_by));
    // RFC 2543: no branch to go by (17.2.3)
    return fmt::format("\n{}\n{}\n{}\n{}\n{}", request.request_uri, request.from_tag, request.call_id,
                       request.cseq.value_or(0), via.value);
}

bool ServerTransactions::repeated(const sip::Message& request, Output& out) {
    const std::string key = key_of(request);
    for (const Entry& entry : entries_) {
        if (entry.key != key || entry.method != request.method) continue;
        if (entry.state != State::confirmed && entry.state != State::acknowledged) out.push_back(entry.bytes);
        return true;
    }
    return false;
}

bool ServerTransactions::merged(const sip::Message& request) const {
    if (!request.to_tag.empty()) return false;
    return std::ranges::any_of(entries_, [&](const Entry& entry) {
        return entry.method == request.method && entry.call_id == request.call_id &&
               entry.from_tag == request.from_tag && entry.cseq == request.cseq.value_or(0);
    });
}

bool ServerTransactions::has_invite_of(const sip::Message& cancel) const {
    const std::string key = key_of(cancel);
    return std::ranges::any_of(
        entries_, [&](const Entry& entry) { return entry.key == key && entry.method == "INVITE"; });
}

bool ServerTransactions::make_room() {
    if (entries_.size() < kMostServerTransactions) return true;
    const auto oldest =
        std::ranges::find_if(entries_, [](const Entry& entry) { return finished(entry.state); });
    if (oldest == entries_.end()) return false;
    entries_.erase(oldest);
    return true;
}

void ServerTransactions::answer(const sip::Message& request, unsigned status, std::string_view to_tag,
                                std::string bytes, Time now, Output& out) {
    out.push_back(bytes);
    const bool invite = request.method == "INVITE";
    // timer J is 0 there: nothing is ever sent twice
    if (!invite && reliable_) return;
    Entry entry;
    entry.key = key_of(request);
    entry.method = request.method;
    entry.call_id = request.call_id;
    entry.from_tag = request.from_tag;
    entry.to_tag = to_tag;
    entry.cseq = request.cseq.value_or(0);
    entry.bytes = std::move(bytes);
    entry.state = !invite ? State::answered : status < 300 ? State::accepted : State::refused;
    // a 2xx is repeated over every transport: there may be UDP further on (13.3.1.4)
    if (entry.state == State::accepted || (entry.state == State::refused && !reliable_))
        entry.repeat = now + kT1;
    entry.ends = now + k64T1;
    entries_.push_back(std::move(entry));
}

bool ServerTransactions::acknowledged(const sip::Message& ack, Time now) {
    const std::string key = key_of(ack);
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
        if (it->method != "INVITE") continue;
        const bool same_call = it->call_id == ack.call_id && it->from_tag == ack.from_tag &&
                               it->to_tag == ack.to_tag && it->cseq == ack.cseq.value_or(0);
        if (it->state == State::refused && it->key == key) {
            if (reliable_) {  // timer I is 0
                entries_.erase(it);
                return false;
            }
            it->state = State::confirmed;
            it->repeat.reset();
            it->ends = now + kT4;
            return false;
        }
        if (it->state == State::accepted && same_call) {
            it->state = State::acknowledged;
            it->repeat.reset();
            return true;
        }
    }
    return false;
}

std::vector<ServerTransactions::Lapsed> ServerTransactions::tick(Time now, Output& out) {
    std::vector<Lapsed> lapsed;
    for (Entry& entry : entries_) {
        if (entry.ends <= now) {
            if (entry.state == State::accepted) lapsed.push_back({entry.call_id, entry.to_tag});
            continue;
        }
        if (!entry.repeat || *entry.repeat > now) continue;
        out.push_back(entry.bytes);
        entry.interval = std::min(2 * entry.interval, kT2);
        entry.repeat = now + entry.interval;
    }
    std::erase_if(entries_, [&](const Entry& entry) { return entry.ends <= now; });
    return lapsed;
}

std::optional<Time> ServerTransactions::next_timer() const noexcept {
    std::optional<Time> next;
    for (const Entry& entry : entries_) next = earlier(next, earlier(entry.repeat, entry.ends));
    return next;
}

}  // namespace kmsgate::client::agent

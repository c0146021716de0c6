// SPDX-License-Identifier: BSD-3-Clause
// A receiver alone, with requests that a real initiator made.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include <fmt/format.h>

#include "tests/unit/client/agent/world.hpp"

namespace kmsgate::client::agent::test {

/// The request that `from` starts a call with.
inline std::string first_request(const select::Profile& from, imessage::Purpose purpose, bool info = true,
                                 bool reliable = false) {
    select::KrrStore store;
    Initiator initiator(from, World::get().alice, {"10.0.0.1", 5060, reliable}, World::get().random, store);
    Call call = call_to_bob(purpose);
    call.naming.mcptt_info = info;
    if (const auto ok = initiator.start(call, kStart); !ok) throw std::runtime_error(ok.error());
    return initiator.take_output().at(0);
}
/// The ACK of a refused request, or (own branch) of an accepted one.
inline std::string ack_for(const std::string& request, const std::string& answer, const std::string& branch) {
    return fmt::format(
        "ACK sip:bob@10.0.0.2 SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\n"
        "CSeq: {} ACK\r\nContent-Length: 0\r\n\r\n",
        branch.empty() ? header(request, "Via") : "SIP/2.0/UDP 10.0.0.1:5060;branch=" + branch,
        header(answer, "From"), header(answer, "To"), header(answer, "Call-ID"),
        header(request, "CSeq").substr(0, header(request, "CSeq").find(' ')));
}
/// A request without a body.
inline std::string plain(const std::string& method, int number, const std::string& to_tag = {},
                         const std::string& lines = {}) {
    return fmt::format(
        "{0} sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-{1};rport\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:alice@mc1.example>;tag=a{1}\r\nTo: <sip:bob@mc2.example>{2}\r\n"
        "Call-ID: call-{1}\r\nCSeq: 7 {0}\r\n{3}Content-Length: 0\r\n\r\n",
        method, number, to_tag.empty() ? "" : ";tag=" + to_tag, lines);
}
/// The same request with another body.
inline std::string rebodied(const std::string& request, const std::string& type, const std::string& body) {
    std::string head = request.substr(0, request.find("\r\n\r\n") + 2);
    head = with(head, "Content-Type: " + header(request, "Content-Type"), "Content-Type: " + type);
    head = with(head, "Content-Length: " + header(request, "Content-Length"),
                "Content-Length: " + std::to_string(body.size()));
    return head + "\r\n" + body;
}
/// What stands between two texts.
inline std::string between(const std::string& text, const std::string& from, const std::string& to) {
    const std::size_t start = text.find(from) + from.size();
    return text.substr(start, text.find(to, start) - start);
}

class Alone : public ::testing::Test {
  protected:
    void begin(const select::Profile& profile, bool reliable = false) {
        bob = profile;
        receiver = std::make_unique<Receiver>(bob, World::get().bob, Local{"10.0.0.2", 5060, reliable},
                                              World::get().random);
    }
    static Time at(double seconds) {
        return kStart + static_cast<Time>(std::lround(seconds * 1000.0)) * kMillisecond;
    }
    void run_to(double seconds) {
        for (auto next = receiver->next_timer(); next && *next <= at(seconds);
             next = receiver->next_timer()) {
            receiver->tick(*next);
            collect(*next);
        }
    }
    /// What the receiver says at once; empty: nothing.
    std::string give(const std::string& message, double seconds = 0) {
        run_to(seconds);
        const std::size_t before = sent.size();
        receiver->receive(message, at(seconds));
        collect(at(seconds));
        return sent.size() == before ? std::string() : sent.back().second;
    }
    [[nodiscard]] std::vector<int> times(const std::string& what) const {
        std::vector<int> out;
        for (const auto& [time, bytes] : sent)
            if (word(bytes) == what) out.push_back(static_cast<int>((time - kStart) / kMillisecond));
        return out;
    }
    void collect(Time now) {
        for (std::string& bytes : receiver->take_output()) sent.emplace_back(now, std::move(bytes));
        for (Event& event : receiver->take_events()) events.push_back(std::move(event));
    }

    select::Profile bob;
    std::unique_ptr<Receiver> receiver;
    std::vector<std::pair<Time, std::string>> sent;
    std::vector<Event> events;
};

using Times = std::vector<int>;
constexpr auto kPck = imessage::Purpose::pck;
constexpr auto kGmk = imessage::Purpose::gmk;
/// Home of both is A: accepted at once.
inline select::Profile alice_at_a() {
    return profile(kAlice, kA);
}
inline select::Profile bob_at_a() {
    return profile(kBob, kA);
}

}  // namespace kmsgate::client::agent::test

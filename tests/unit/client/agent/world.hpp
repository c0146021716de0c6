// SPDX-License-Identifier: BSD-3-Clause
// Four KMSs and two users with keys, made once; an initiator and a receiver on a wire with simulated time.
#pragma once

#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/client/agent/initiator.hpp"
#include "tools/client/agent/receiver.hpp"
#include "tools/client/agent/timers.hpp"
#include "tools/client/keys/test_kms.hpp"

namespace kmsgate::client::agent::test {

inline const std::string kA = "kms.a.example", kB = "kms.b.example", kC = "kms.c.example",
                         kS = "kms.s.example", kZ = "kms.z.example";
inline const std::string kAlice = "sip:alice@mc1.example", kBob = "sip:bob@mc2.example";
/// Ten days into key period 1508, which starts 1508 * 2592000 s after 1900.
inline constexpr std::uint64_t kPeriod = 1508;
inline constexpr Time kStart = (kPeriod * 2'592'000 - 2'208'988'800 + 864'000) * kSecond;

template <class T>
T must(std::expected<T, std::string> value) {
    if (!value) throw std::runtime_error(value.error());
    return *std::move(value);
}

/// Keys: alice has some from A, C and S, bob from A, B and S; both hold all certificates.
struct World {
    static World& get() {
        static World world;
        return world;
    }
    crypto::Random random;
    keys::Ring alice;
    keys::Ring bob;

  private:
    World() {
        for (const std::string& uri : {kA, kB, kC, kS}) {
            const keys::TestKms kms = must(keys::TestKms::make(uri, random));
            alice.add(kms.certificate());
            bob.add(kms.certificate());
            if (uri != kB) provision(alice, kms, kAlice);
            if (uri != kC) provision(bob, kms, kBob);
        }
    }
    void provision(keys::Ring& to, const keys::TestKms& kms, const std::string& user) {
        if (const auto added = to.add(must(kms.provision(user, kPeriod, random))); !added)
            throw std::runtime_error(added.error());
    }
};

inline select::Profile profile(std::string user, std::string home, std::vector<std::string> secondary = {},
                               std::vector<std::string> external = {}) {
    select::Profile out;
    out.user = std::move(user);
    out.home = std::move(home);
    out.secondary = std::move(secondary);
    out.external = std::move(external);
    return out;
}
inline select::Profile alice_of_x1() {
    return profile(kAlice, kA, {}, {kB});
}
inline select::Profile bob_of_x1() {
    return profile(kBob, kB, {}, {kA});
}
inline Call call_to_bob(imessage::Purpose purpose = imessage::Purpose::pck) {
    Call out;
    out.receiver = kBob;
    out.purpose = purpose;
    return out;
}

inline std::string first_line(const std::string& message) {
    return message.substr(0, message.find("\r\n"));
}
/// Value of the first header of that name, exactly as we spell it.
inline std::string header(const std::string& message, const std::string& name) {
    const std::size_t head = message.find("\r\n\r\n");
    const std::size_t at = message.find("\r\n" + name + ": ");
    if (at == std::string::npos || at > head) return {};
    const std::size_t from = at + 2 + name.size() + 2;
    return message.substr(from, message.find("\r\n", from) - from);
}
/// "INVITE", "488", ..
inline std::string word(const std::string& message) {
    return message.starts_with("SIP/2.0 ") ? message.substr(8, 3) : message.substr(0, message.find(' '));
}
/// `message` with one text in the place of another.
inline std::string with(std::string message, const std::string& old, const std::string& now) {
    const std::size_t at = message.find(old);
    if (at == std::string::npos) throw std::runtime_error("not there: " + old);
    return message.replace(at, old.size(), now);
}
inline std::vector<std::string> kinds(const std::vector<Event>& events) {
    std::vector<std::string> out;
    out.reserve(events.size());
    for (const Event& event : events) out.emplace_back(to_string(event.kind));
    return out;
}
inline const Event* find(const std::vector<Event>& events, Event::Kind kind) {
    for (const Event& event : events)
        if (event.kind == kind) return &event;
    return nullptr;
}

/// Both ends and what is between them: 10 ms each way, and whatever `fate` does to the messages.
class Wire {
  public:
    struct Sent {
        Time time;  // since kStart
        bool to_receiver;
        std::string bytes;
    };
    Wire(select::Profile caller, select::Profile callee, bool reliable = false)
        : alice(std::move(caller)),
          bob(std::move(callee)),
          initiator(alice, World::get().alice, {"10.0.0.1", 5060, reliable}, World::get().random, store),
          receiver(bob, World::get().bob, {"10.0.0.2", 5060, reliable}, World::get().random) {}

    /// Times (after sending) at which the message with this number arrives; default once, after 10 ms.
    std::function<std::vector<Time>(std::size_t number, const Sent& sent)> fate;

    void start(const Call& call = call_to_bob()) {
        if (const auto started = initiator.start(call, now); !started)
            throw std::runtime_error(started.error());
        collect();
    }
    /// Until nothing is left to do at both ends, or an hour has passed.
    void run() {
        while (step()) {
        }
    }

    select::Profile alice, bob;
    select::KrrStore store;
    Initiator initiator;
    Receiver receiver;
    Time now = kStart;
    std::vector<Sent> log;
    std::vector<Event> caller_events, callee_events;

    [[nodiscard]] std::vector<std::string> words() const {
        std::vector<std::string> out;
        out.reserve(log.size());
        for (const Sent& sent : log) out.push_back(word(sent.bytes));
        return out;
    }

  private:
    struct Flying {
        Time arrives;
        bool to_receiver;
        std::string bytes;
    };
    bool step() {
        std::optional<Time> next = earlier(initiator.next_timer(), receiver.next_timer());
        for (const Flying& one : flying_) next = earlier(next, one.arrives);
        if (!next || *next > kStart + 3600 * kSecond) return false;
        now = std::max(now, *next);
        for (std::size_t i = 0; i < flying_.size(); ++i) {
            if (flying_[i].arrives > now) continue;
            const Flying one = flying_[i];
            flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(i));
            one.to_receiver ? receiver.receive(one.bytes, now) : initiator.receive(one.bytes, now);
            collect();
            return true;
        }
        initiator.tick(now);
        receiver.tick(now);
        collect();
        return true;
    }
    void collect() {
        for (std::string& bytes : initiator.take_output()) put(true, std::move(bytes));
        for (std::string& bytes : receiver.take_output()) put(false, std::move(bytes));
        for (Event& event : initiator.take_events()) caller_events.push_back(std::move(event));
        for (Event& event : receiver.take_events()) callee_events.push_back(std::move(event));
    }
    void put(bool to_receiver, std::string bytes) {
        log.push_back({now - kStart, to_receiver, std::move(bytes)});
        const std::vector<Time> arrivals =
            fate ? fate(log.size() - 1, log.back()) : std::vector<Time>{10 * kMillisecond};
        for (const Time after : arrivals) flying_.push_back({now + after, to_receiver, log.back().bytes});
    }

    std::deque<Flying> flying_;
};

}  // namespace kmsgate::client::agent::test

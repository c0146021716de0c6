// SPDX-License-Identifier: BSD-3-Clause
// Plans of signalling made, sent and, if it comes so, repeated.
#include "tools/traffic/flows.hpp"

#include <utility>

#include "tools/traffic/encode/text.hpp"

namespace kmsgate::traffic {

namespace {

constexpr Time kT1 = 500 * kMillisecond;  // RFC 3261 17.1.1.1

}  // namespace

NoteRef Flows::note_of(const Conversation& c, std::string_view method, unsigned status, const Truth& truth) {
    auto note = std::make_shared<Note>();
    note->kind = to_string(kind_);
    note->label = status == 0 ? std::string(method) : std::to_string(status);
    note->call_id = c.names.call_id;
    note->method = method;
    note->status = status;
    note->cseq = c.names.cseq;
    note->message = true;
    note->outcome = {};
    if (world_.guide != nullptr) {
        Expected expected = world_.guide->judge(truth);
        note->outcome = policy::decide::to_string(expected.verdict);
        note->expected = std::move(expected);
    }
    return note;
}

void Flows::add_request(Plan& plan, const Conversation& c, Time at, std::string_view method, std::string text,
                        const Truth& truth) {
    plan.push_back({at, true, std::move(text), note_of(c, method, 0, truth)});
}

void Flows::add_response(Plan& plan, const Conversation& c, Time at, std::string_view method, unsigned status,
                         std::string_view reason, const Body& body, const Truth& truth) {
    const std::string_view tag = status == 100 ? std::string_view() : std::string_view(c.names.to_tag);
    const bool contact = status == 200 && method == "INVITE";
    const std::string more = contact ? text_of("Contact: <sip:", c.far.text, ":", std::uint64_t{c.far.port},
                                               ">;+g.3gpp.mcptt\r\nSupported: timer, 100rel\r\n")
                                     : std::string();
    plan.push_back({at, false, response(status, reason, method, c.names, tag, more, body),
                    note_of(c, method, status, truth)});
}

void Flows::add_response(Plan& plan, const Conversation& c, Time at, std::string_view method, unsigned status,
                         std::string_view reason) {
    add_response(plan, c, at, method, status, reason, {}, c.response_truth());
}

/// The request again, T1 later; what follows it stands still for so long.
void Flows::retransmit(Plan& plan, std::size_t at) {
    if (plan[at].note->method.empty() || !world_.share(Share::retransmitted)) return;
    Planned again = plan[at];
    again.at += kT1;
    again.note = std::make_shared<Note>(*plan[at].note);
    again.note->retransmitted = true;
    for (std::size_t i = at + 1; i < plan.size(); ++i) plan[i].at += kT1 + 5 * kMillisecond;
    plan.insert(plan.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(again));
}

bool Flows::is_refused(const Plan& plan) const noexcept {
    const auto& expected = plan.front().note->expected;
    return expected && expected->refused();
}

void Flows::signalling(Kind kind, Time now) {
    const bool streamed = kind != Kind::redirected && world_.share(Share::tcp);
    Conversation c(world_, now, streamed);
    Plan plan;
    switch (kind) {
        case Kind::call:
            call(plan, c, false);
            break;
        case Kind::cancelled:
            cancelled(plan, c);
            break;
        case Kind::redirected:
            redirected(plan, c);
            break;
        case Kind::message:
            message(plan, c);
            break;
        case Kind::registration:
            registration(plan, c);
            break;
        case Kind::publish:
            publish(plan, c);
            break;
        default:
            options(plan, c);
    }
    if (streamed)
        stream(c, plan);
    else
        for (Planned& p : plan) deliver(c, p);
}

void Flows::start(Kind kind, Time now) {
    kind_ = kind;
    switch (kind) {
        case Kind::keep_alive:
            return keep_alive(now);
        case Kind::media:
            return media(now);
        case Kind::web:
            return web(now);
        case Kind::dns:
            return dns(now);
        case Kind::echo:
            return echo(now);
        case Kind::link:
            return link(now);
        case Kind::hostile:
            return hostile(now);
        default:
            return signalling(kind, now);
    }
}

void Flows::push(const Conversation& c, Time at, bool from_caller, Frame frame, NoteRef note, bool copy) {
    ++note->left;
    queue_.push({at, from_caller == c.inward, std::move(frame), std::move(note), copy});
}

void Flows::deliver(const Conversation& c, Planned& planned) {
    std::vector<Frame> frames;
    write_udp(link_of(c, planned.from_caller), planned.text, frames);
    planned.note->size = planned.text.size();
    send_datagram(c, planned, std::move(frames));
}

void Flows::send_datagram(const Conversation& c, const Planned& planned, std::vector<Frame> frames) {
    constexpr Time kBetween = 3'000;  // fragments leave back to back
    std::size_t twice = frames.size();
    if (frames.size() > 1) {
        if (world_.share(Share::reordered))
            std::swap(frames[world_.random.below(frames.size())], frames[world_.random.below(frames.size())]);
        // not the last one: its copy would come behind its datagram
        if (world_.share(Share::duplicated)) twice = world_.random.below(frames.size() - 1);
    }
    Time at = planned.at;
    for (std::size_t i = 0; i < frames.size(); ++i, at += kBetween) {
        Frame copy;
        if (i == twice) copy = frames[i];
        push(c, at, planned.from_caller, std::move(frames[i]), planned.note);
        if (i == twice) push(c, at + kBetween / 2, planned.from_caller, std::move(copy), planned.note, true);
    }
}

NoteRef Flows::plain(std::string_view kind, std::string_view label, std::size_t size,
                     std::string_view outcome) const {
    auto note = std::make_shared<Note>();
    note->kind = kind;
    note->label = label;
    note->size = size;
    note->outcome = outcome;
    return note;
}

}  // namespace kmsgate::traffic

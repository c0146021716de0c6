// SPDX-License-Identifier: BSD-3-Clause
// Signalling: calls and what surrounds them.
#include "tools/traffic/flows.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "dataplane/emit/response.hpp"
#include "tools/traffic/encode/text.hpp"

namespace kmsgate::traffic {

namespace {

constexpr Time kT1 = 500 * kMillisecond;  // RFC 3261 17.1.1.1
const Body kNoBody;

/// Of a known key, the tag of the edge's own answers.
std::string edge_tag(const Names& n, const memory::TagHash& hash) {
    sip::Message m;
    m.via.branch = n.branch;
    m.via.sent_by = n.sent_by;
    m.call_id = n.call_id;
    m.cseq = n.cseq;
    m.from_tag = n.from_tag;
    const auto tag = emit::to_tag(emit::transaction_key(m, hash));
    return {tag.data(), tag.size()};
}

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
        note->expected = world_.guide->judge(truth);
        note->outcome = policy::decide::to_string(note->expected->verdict);
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
    add_response(plan, c, at, method, status, reason, kNoBody, c.response_truth());
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
    return plan.front().note->expected && plan.front().note->expected->refused();
}

void Flows::acknowledge(Plan& plan, const Conversation& c, Time at) {
    add_request(plan, c, at, "ACK", request("ACK", c.names, Within::dialog, {}, kNoBody), [&] {
        Truth t = c.truth();
        t.message_class = policy::decide::MessageClass::ack;
        return t;
    }());
}

void Flows::acknowledge_refusal(Plan& plan, const Conversation& c, Time at) {
    if (!tag_hash_) return;
    Conversation own = c;
    own.names.to_tag = edge_tag(c.names, *tag_hash_);
    acknowledge(plan, own, at);
    plan.back().note->expected = Expected{policy::decide::Verdict::absorb, "own-answer", {}};
    plan.back().note->outcome = "absorb";
}

Expected Flows::ring(Plan& plan, Conversation& c, Time at) {
    add_request(plan, c, at, "INVITE", c.invite(world_), c.keyed_truth());
    const NoteRef invite = plan.back().note;
    if (invite->expected && invite->expected->refused()) return *invite->expected;
    add_response(plan, c, at + 2 * kMillisecond, "INVITE", 100, "Trying");
    return {};
}

/// Picked up, spoken, hung up.
void Flows::answered(Plan& plan, Conversation& c, Time at) {
    const Time talk =
        world_.profile.talk * kMillisecond / 2 + world_.random.below(world_.profile.talk * kMillisecond);
    add_response(plan, c, at + 18 * kMillisecond, "INVITE", 180, "Ringing");
    add_response(plan, c, at + 60 * kMillisecond, "INVITE", 200, "OK",
                 {std::string(kSdp), c.offer(world_, false, {}, false)}, c.response_truth());
    Conversation in_dialog = c;
    in_dialog.names.branch = "z9hG4bK" + hex(world_.random, 14);
    acknowledge(plan, in_dialog, at + 62 * kMillisecond);
    in_dialog.next_transaction(world_.random);
    add_request(plan, in_dialog, at + 62 * kMillisecond + talk, "BYE",
                request("BYE", in_dialog.names, Within::dialog, {}, kNoBody), in_dialog.truth());
    add_response(plan, in_dialog, at + 65 * kMillisecond + talk, "BYE", 200, "OK");
}

void Flows::call(Plan& plan, Conversation& c, bool offer_again) {
    const Time at = plan.empty() ? c.now : plan.back().at + 3 * kMillisecond;
    const std::size_t first = plan.size();
    if (offer_again) c.next_transaction(world_.random);
    if (ring(plan, c, at).refused()) {
        const auto verdict = plan.back().note->expected->verdict;
        if (verdict == policy::decide::Verdict::redirect || verdict == policy::decide::Verdict::reject)
            acknowledge_refusal(plan, c, at + 3 * kMillisecond);
    } else {
        answered(plan, c, at);
    }
    retransmit(plan, first);
}

void Flows::cancelled(Plan& plan, Conversation& c) {
    const Expected expected = ring(plan, c, c.now);
    const Time at = c.now + 40 * kMillisecond;
    add_request(plan, c, at, "CANCEL", request("CANCEL", c.names, Within::none, {}, kNoBody), c.truth());
    if (expected.refused()) {
        // only what was answered has an answer to its CANCEL; what was dropped is known all the same
        plan.back().note->expected = Expected{policy::decide::Verdict::absorb, "own-answer", {}};
        plan.back().note->outcome = "absorb";
        return;
    }
    add_response(plan, c, at + 2 * kMillisecond, "CANCEL", 200, "OK");
    add_response(plan, c, at + 3 * kMillisecond, "INVITE", 487, "Request Terminated");
    acknowledge(plan, c, at + 5 * kMillisecond);
}

/// The callee's KRR (5.2 of the spec facts): ANY or names for the initiator, its home for the receiver.
void Flows::redirected(Plan& plan, Conversation& c) {
    if (ring(plan, c, c.now).refused()) return;
    const Time at = c.now + 30 * kMillisecond;
    const auto& all = world_.population.all_kms();
    std::array<std::vector<std::string>, 2> lists;
    if (world_.random.below(2) == 0)
        for (std::size_t n = world_.random.between(1, 3); n-- > 0;) {
            const std::string& kms = all[world_.random.below(all.size())];
            if (std::ranges::find(lists[0], kms) == lists[0].end()) lists[0].push_back(kms);
        }
    lists[1] = {world_.population.home(c.callee)};
    Krr document;
    document.processor = c.callee.uri;
    document.seconds = at / kSecond;
    document.initiator = c.caller.uri;
    document.receiver = c.callee.uri;
    document.kmsi = c.kmsi;
    document.kmsr = c.kmsr;
    document.initiator_list = lists[0];
    document.receiver_list = lists[1];
    Truth truth = c.response_truth();
    truth.krr = lists;
    truth.parties = c.keyed_truth().parties;
    truth.visited = c.visited;
    add_response(plan, c, at, "INVITE", 488, "Not Acceptable Here", {std::string(kKrr), krr(document)},
                 truth);
    acknowledge(plan, c, at + 3 * kMillisecond);
    c.kmsi = lists[0].empty() ? world_.population.home(c.caller) : lists[0].front();
    c.kmsr = lists[1].front();
    call(plan, c, true);
}

void Flows::message(Plan& plan, Conversation& c) {
    const bool key = world_.random.below(2) == 0;
    c.names.target = c.callee.uri;
    if (key) {
        c.purpose = Purpose::gmk;
        const Carriage carriage =
            world_.random.below(2) == 0 ? Carriage::mikey_binary : Carriage::mikey_base64;
        add_request(plan, c, c.now, "MESSAGE", c.keyed(world_, "MESSAGE", carriage, false), c.keyed_truth());
    } else {
        const Body text{"text/plain", text_of("Unit ", c.caller.number, " is on site.")};
        add_request(plan, c, c.now, "MESSAGE",
                    request("MESSAGE", c.names, Within::none, c.headers(world_), text), c.truth());
    }
    if (!is_refused(plan)) add_response(plan, c, c.now + 5 * kMillisecond, "MESSAGE", 200, "OK");
    retransmit(plan, 0);
}

void Flows::registration(Plan& plan, Conversation& c) {
    c.names.to = c.caller.uri;
    c.names.target = "sip:reg.ims.mnc015.mcc234.3gppnetwork.org";
    if (world_.random.below(2) == 0) {
        c.purpose = Purpose::csk;
        Truth truth = c.keyed_truth(true);
        truth.is_register = true;
        add_request(plan, c, c.now, "REGISTER", c.keyed(world_, "REGISTER", Carriage::mikey_binary, true),
                    truth);
    } else {
        Truth truth = c.truth();
        truth.is_register = true;
        add_request(
            plan, c, c.now, "REGISTER",
            request("REGISTER", c.names, Within::none, c.headers(world_) + "Expires: 3600\r\n", kNoBody),
            truth);
    }
    if (!is_refused(plan)) add_response(plan, c, c.now + 6 * kMillisecond, "REGISTER", 200, "OK");
    retransmit(plan, 0);
}

void Flows::publish(Plan& plan, Conversation& c) {
    c.names.to = c.caller.uri;
    if (world_.random.below(2) == 0) {
        c.purpose = Purpose::csk;
        add_request(plan, c, c.now, "PUBLISH", c.keyed(world_, "PUBLISH", Carriage::mikey_base64, true),
                    c.keyed_truth(true));
    } else {
        const Body settings{
            "application/poc-settings+xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<poc-settings "
            "xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"mc\"/></poc-settings>\r\n"};
        add_request(plan, c, c.now, "PUBLISH",
                    request("PUBLISH", c.names, Within::none, c.headers(world_), settings), c.truth());
    }
    if (!is_refused(plan)) add_response(plan, c, c.now + 6 * kMillisecond, "PUBLISH", 200, "OK");
    retransmit(plan, 0);
}

void Flows::options(Plan& plan, Conversation& c) {
    c.names.target = c.callee.uri;
    add_request(
        plan, c, c.now, "OPTIONS",
        request("OPTIONS", c.names, Within::none, c.headers(world_) + "Accept: application/sdp\r\n", kNoBody),
        c.truth());
    add_response(plan, c, c.now + 4 * kMillisecond, "OPTIONS", 200, "OK");
    retransmit(plan, 0);
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

// SPDX-License-Identifier: BSD-3-Clause
// Calls: answered, refused, cancelled, redirected by their callee.
#include <algorithm>
#include <array>

#include "dataplane/emit/response.hpp"
#include "tools/traffic/encode/text.hpp"
#include "tools/traffic/flows.hpp"

namespace kmsgate::traffic {

namespace {

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

void Flows::acknowledge(Plan& plan, const Conversation& c, Time at) {
    add_request(plan, c, at, "ACK", request("ACK", c.names, Within::dialog, {}, {}), [&] {
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
    const auto& expected = plan.back().note->expected;
    if (expected && expected->refused()) return *expected;
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
                request("BYE", in_dialog.names, Within::dialog, {}, {}), in_dialog.truth());
    add_response(plan, in_dialog, at + 65 * kMillisecond + talk, "BYE", 200, "OK");
}

void Flows::call(Plan& plan, Conversation& c, bool offer_again) {
    const Time at = plan.empty() ? c.now : plan.back().at + 3 * kMillisecond;
    const std::size_t first = plan.size();
    if (offer_again) c.next_transaction(world_.random);
    const Expected expected = ring(plan, c, at);
    if (expected.refused()) {
        if (expected.verdict != policy::decide::Verdict::drop)
            acknowledge_refusal(plan, c, at + 3 * kMillisecond);
    } else {
        answered(plan, c, at);
    }
    retransmit(plan, first);
}

void Flows::cancelled(Plan& plan, Conversation& c) {
    const Expected expected = ring(plan, c, c.now);
    const Time at = c.now + 40 * kMillisecond;
    add_request(plan, c, at, "CANCEL", request("CANCEL", c.names, Within::none, {}, {}), c.truth());
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

}  // namespace kmsgate::traffic

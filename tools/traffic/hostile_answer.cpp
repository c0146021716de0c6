// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/hostile_answer.hpp"

#include <utility>

namespace kmsgate::traffic {

namespace {

using KrrState = policy::decide::Krr::State;
using policy::decide::MessageClass;

std::string document(const World& w, const Conversation& c) {
    Krr k;
    k.processor = c.callee.uri;
    k.seconds = c.now / kSecond;
    k.initiator = c.caller.uri;
    k.receiver = c.callee.uri;
    k.kmsi = c.kmsi;
    k.kmsr = c.kmsr;
    k.receiver_list = {w.population.home(c.callee)};
    return krr(k);
}

/// A response to a request that was never sent: what its own From and To say is all there is.
void answer(const Conversation& c, Crafted& out, unsigned status, const Body& body) {
    out.status = status;
    out.text = response(status,
                        status == 200   ? "OK"
                        : status == 488 ? "Not Acceptable Here"
                                        : "Session Progress",
                        "INVITE", c.names, c.names.to_tag, {}, body);
    out.truth = c.response_truth();
    out.truth.visited_known = false;
    out.truth.parties = {{{{c.caller.uri, false, c.caller.tags}}, {{c.names.target, false, 0}}}};
}
void faulty(const Conversation& c, Crafted& out, unsigned status, std::string xml, KrrState state) {
    answer(c, out, status, {std::string(kKrr), std::move(xml)});
    out.truth.krr_fault = state;
}

}  // namespace

void krr_in_ok(World& w, const Conversation& c, Crafted& out) {
    faulty(c, out, 200, document(w, c), KrrState::out_of_place);
}

void krr_in_request(World& w, const Conversation& c, Crafted& out) {
    const std::string headers = c.headers(w);
    out.text = request("INVITE", c.names, Within::none, headers, {std::string(kKrr), document(w, c)});
    out.truth = c.truth();
    out.truth.krr_fault = KrrState::out_of_place;
    out.truth.visited = c.visited;
    out.truth.parties = {{{{c.caller.uri, false, c.caller.tags}}, {{c.names.target, false, 0}}}};
}

void krr_with_doctype(World& w, const Conversation& c, Crafted& out) {
    std::string xml = document(w, c);
    xml.insert(xml.find("<KmsRedirectResponse"),
               "<!DOCTYPE KmsRedirectResponse [<!ENTITY k \"kms.other.example\">]>\n");
    faulty(c, out, 488, std::move(xml), KrrState::unparsable);
}

void krr_cut(World& w, const Conversation& c, Crafted& out) {
    std::string xml = document(w, c);
    xml.resize(xml.rfind("</ReceiverKmsList>"));
    faulty(c, out, 488, std::move(xml), KrrState::unparsable);
}

void krr_unasked(World& w, const Conversation& c, Crafted& out) {
    answer(c, out, 488, {std::string(kKrr), document(w, c)});
    out.truth.krr.emplace();
    out.truth.krr->back().push_back(w.population.home(c.callee));
}

/// Who answers is the initiator of what the answer offers.
void key_in_response(World& w, const Conversation& c, Crafted& out) {
    Conversation other = c;
    std::swap(other.caller, other.callee);
    const std::string line = "a=key-mgmt:mikey " + base64(other.key(w)) + "\r\n";
    answer(c, out, 183, {std::string(kSdp), c.offer(w, false, line, false)});
    out.truth.keys.push_back({policy::decide::IMessage::State::read, c.kmsi, c.kmsr});
    out.truth.visited_known = true;
    out.truth.parties = {{{{c.callee.uri, true, c.callee.tags}, {c.names.target, false, 0}},
                          {{c.caller.uri, true, c.caller.tags}}}};
}

void key_in_ack(World& w, const Conversation& c, Crafted& out) {
    out.method = "ACK";
    const std::string line = "a=key-mgmt:mikey " + base64(c.key(w)) + "\r\n";
    const std::string headers = c.headers(w);
    out.text =
        request("ACK", c.names, Within::dialog, headers, {std::string(kSdp), c.offer(w, true, line, false)});
    out.truth = c.keyed_truth();
    out.truth.message_class = MessageClass::ack;
}

}  // namespace kmsgate::traffic

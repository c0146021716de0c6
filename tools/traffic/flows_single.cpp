// SPDX-License-Identifier: BSD-3-Clause
// Requests with one response: MESSAGE, REGISTER, PUBLISH, OPTIONS.
#include "tools/traffic/encode/text.hpp"
#include "tools/traffic/flows.hpp"

namespace kmsgate::traffic {

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
        add_request(plan, c, c.now, "REGISTER",
                    request("REGISTER", c.names, Within::none, c.headers(world_) + "Expires: 3600\r\n", {}),
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
        request("OPTIONS", c.names, Within::none, c.headers(world_) + "Accept: application/sdp\r\n", {}),
        c.truth());
    add_response(plan, c, c.now + 4 * kMillisecond, "OPTIONS", 200, "OK");
    retransmit(plan, 0);
}

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/inproc/sofia.hpp"

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_mime.h>
#include <sofia-sip/sdp.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_string.h>

#include <memory>

namespace kmsgate::peers {

namespace {

constexpr int kDepth = 8;

void take_attributes(const sdp_attribute_t* a, const KeyTaker& taker) {
    for (; a != nullptr; a = a->a_next) {
        if (!su_casematch(a->a_name, "key-mgmt") || a->a_value == nullptr) continue;
        if (const auto text = mikey_of(a->a_value); !text.empty()) taker(text);
    }
}

void read_sdp(su_home_t* home, const char* data, usize_t size, const KeyTaker& taker) {
    sdp_parser_t* parser = sdp_parse(home, data, static_cast<issize_t>(size), 0);
    if (const sdp_session_t* sdp = sdp_session(parser); sdp != nullptr) {
        take_attributes(sdp->sdp_attributes, taker);
        for (const sdp_media_t* m = sdp->sdp_media; m != nullptr; m = m->m_next)
            take_attributes(m->m_attributes, taker);
    }
    sdp_parser_free(parser);
}

bool read_body(su_home_t* home, const msg_content_type_t* type, msg_payload_t* body, const KeyTaker& taker,
               int depth) {
    if (type == nullptr || type->c_type == nullptr || body == nullptr) return true;
    if (su_casematch(type->c_type, "application/sdp")) {
        read_sdp(home, body->pl_data, body->pl_len, taker);
        return true;
    }
    if (!su_casenmatch(type->c_type, "multipart/", 10) || depth == 0) return true;
    const msg_multipart_t* part = msg_multipart_parse(home, type, body);
    if (part == nullptr) return false;
    for (; part != nullptr; part = part->mp_next)
        if (!read_body(home, part->mp_content_type, part->mp_payload, taker, depth - 1)) return false;
    return true;
}

}  // namespace

bool sofia_keys(std::string_view message, const KeyTaker& taker) {
    const std::unique_ptr<msg_t, decltype(&msg_destroy)> parsed(
        msg_make(sip_default_mclass(), 0, message.data(), static_cast<ssize_t>(message.size())),
        &msg_destroy);
    if (!parsed) return false;
    const sip_t* sip = sip_object(parsed.get());
    if (sip == nullptr || (sip->sip_flags & MSG_FLG_ERROR) != 0) return false;
    return read_body(msg_home(parsed.get()), sip->sip_content_type, sip->sip_payload, taker, kDepth);
}

}  // namespace kmsgate::peers

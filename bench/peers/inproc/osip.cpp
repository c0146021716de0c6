// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/inproc/osip.hpp"

#include <strings.h>

// NOLINTBEGIN(readability-duplicate-include): its headers stand in this order
#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>
// NOLINTEND(readability-duplicate-include)

#include <cstdarg>
#include <memory>

namespace kmsgate::peers {

namespace {

using Message = std::unique_ptr<osip_message_t, decltype(&osip_message_free)>;
using Sdp = std::unique_ptr<sdp_message_t, decltype(&sdp_message_free)>;

bool is(const osip_content_type_t* type, const char* major, const char* minor) {
    return type != nullptr && type->type != nullptr && type->subtype != nullptr &&
           strcasecmp(type->type, major) == 0 && (minor == nullptr || strcasecmp(type->subtype, minor) == 0);
}

/// Attributes of one level: -1 is the session's, else the number of the medium.
void take_attributes(sdp_message_t* sdp, int level, const KeyTaker& taker) {
    for (int i = 0;; ++i) {
        const sdp_attribute_t* a = sdp_message_attribute_get(sdp, level, i);
        if (a == nullptr) return;
        if (a->a_att_field == nullptr || a->a_att_value == nullptr ||
            strcasecmp(a->a_att_field, "key-mgmt") != 0)
            continue;
        if (const auto text = mikey_of(a->a_att_value); !text.empty()) taker(text);
    }
}

void read_sdp(const char* body, const KeyTaker& taker) {
    sdp_message_t* made = nullptr;
    if (sdp_message_init(&made) != 0) return;
    const Sdp sdp(made, &sdp_message_free);
    if (sdp_message_parse(sdp.get(), body) != 0) return;
    take_attributes(sdp.get(), -1, taker);
    for (int m = 0; sdp_message_endof_media(sdp.get(), m) == 0; ++m) take_attributes(sdp.get(), m, taker);
}

/// Its tables; and no word on standard output about what it cannot parse.
int started() {
    static const int result = [] {
        osip_trace_initialize_func(TRACE_LEVEL0,
                                   [](const char*, int, osip_trace_level_t, const char*, va_list) {});
        return parser_init();
    }();
    return result;
}

}  // namespace

bool osip_keys(std::string_view message, const KeyTaker& taker) {
    osip_message_t* made = nullptr;
    if (started() != 0 || osip_message_init(&made) != 0) return false;
    const Message parsed(made, &osip_message_free);
    if (osip_message_parse(parsed.get(), message.data(), message.size()) != 0) return false;
    const osip_content_type_t* type = osip_message_get_content_type(parsed.get());
    const bool several = is(type, "multipart", nullptr);
    for (int i = 0;; ++i) {
        osip_body_t* body = nullptr;
        if (osip_message_get_body(parsed.get(), i, &body) < 0 || body == nullptr) return true;
        if (body->body != nullptr && is(several ? body->content_type : type, "application", "sdp"))
            read_sdp(body->body, taker);
    }
}

}  // namespace kmsgate::peers

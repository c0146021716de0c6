// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/hostile_mikey.hpp"

#include <algorithm>
#include <utility>

namespace kmsgate::traffic {

namespace {

using mikey::Rule;
using State = policy::decide::IMessage::State;

/// The IDR payload of that role.
std::size_t place_of(const Draft& d, unsigned role) {
    const auto at = std::ranges::find_if(d.payloads, [&](const Draft::Payload& p) {
        return p.type == PayloadType::idr && static_cast<unsigned char>(p.body[0]) == role;
    });
    return static_cast<std::size_t>(at - d.payloads.begin());
}

void repeat(Draft& d, std::size_t at) {
    d.payloads.insert(d.payloads.begin() + static_cast<std::ptrdiff_t>(at), d.payloads[at]);
}

void break_idr(Draft& d, Rule rule) {
    auto& p = d.payloads;
    const std::size_t kmsi = place_of(d, 6), kmsr = place_of(d, 7);
    switch (rule) {
        case Rule::idr_role:
            p[kmsi - 1].body[0] = 10;
            break;
        case Rule::idr_repeated:
            repeat(d, kmsi - 1);
            break;
        case Rule::duplicate_idr:
            repeat(d, kmsi);
            p[kmsi].body = idr(6, "kms.other.example");
            break;
        case Rule::idr_after_sakke:
            std::swap(p[kmsi - 2], d.first(PayloadType::sakke));
            break;
        case Rule::idr_order:
            std::swap(p[kmsi], p[kmsr]);
            break;
        case Rule::kms_name_type:
            p[kmsi].body[1] = 0;
            break;
        case Rule::kms_name_empty:
            p[kmsr].body = idr(7, "");
            break;
        default:
            p[kmsr].body = idr(7, "kms.a example");
    }
}

void break_payload(Draft& d, Rule rule) {
    auto& p = d.payloads;
    switch (rule) {
        case Rule::payload_type:
            p.insert(p.begin() + 2, {PayloadType::chash, std::string(21, '\0')});
            break;
        case Rule::payload_count: {
            const Draft::Payload policy = d.first(PayloadType::policy);
            const std::size_t at = place_of(d, 7) + 1;
            p.insert(p.begin() + static_cast<std::ptrdiff_t>(at), 30, policy);
            break;
        }
        case Rule::payload_length:
            p.back().body[1] = static_cast<char>(p.back().body[1] + 20);
            break;
        case Rule::t_type:
            p.front().body[0] = 4;
            break;
        case Rule::t_first:
            std::swap(p[0], p[1]);
            break;
        case Rule::t_once:
            repeat(d, 0);
            break;
        case Rule::rand_once:
            repeat(d, 1);
            break;
        case Rule::rand_length:
            p[1].body.resize(9);
            p[1].body[0] = 8;
            break;
        case Rule::sakke_once:
            std::erase_if(p, [](const Draft::Payload& one) { return one.type == PayloadType::sakke; });
            break;
        case Rule::sign_once:
            p.pop_back();
            break;
        case Rule::trailing_bytes:
            d.tail = "\x01\x1a\x05";
            break;
        default:
            break_idr(d, rule);
    }
}

std::string broken_bytes(Draft d, Rule rule) {
    switch (rule) {
        case Rule::header_length:
            return join(d).substr(0, 9);
        case Rule::version:
            d.version = 2;
            break;
        case Rule::data_type:
            d.data_type = 7;  // DHHMAC init: keys without a KMS
            break;
        case Rule::cs_id_map_type:
            d.map = std::string("\x00\x03", 2);
            break;
        case Rule::cs_id_map_empty:
            d.map = std::string("\x01\x01", 2);
            break;
        case Rule::cs_id_map_length:
            d.map = std::string("\xFF\x00", 2);
            break;
        default:
            break_payload(d, rule);
    }
    return join(d);
}

std::string broken_text(const Draft& d, Rule rule) {
    std::string text;
    switch (rule) {
        case Rule::base64_alphabet:
            text = base64(join(d));
            text[text.size() / 2] = '*';
            return text;
        case Rule::base64_padding:
            text = base64(join(d) + std::string(join(d).size() % 3 == 0 ? 1 : 0, '\0'));
            text.resize(text.find('='));
            return text;
        case Rule::base64_length:
            text = base64(join(d));
            text.resize(text.find_last_not_of('=') + 1);
            // one digit of a group of four says nothing
            text.resize(text.size() / 4 * 4);
            return text + "A";
        default:
            return base64(broken_bytes(d, rule));
    }
}

}  // namespace

void craft_broken_key(World& w, const Conversation& conversation, Rule rule, Crafted& out) {
    Conversation c = conversation;
    // each rule is about payloads that are there
    if (c.kmsi.empty()) c.kmsi = w.population.home(c.caller);
    if (c.kmsr.empty()) c.kmsr = w.population.home(c.callee);
    const std::string line = "a=key-mgmt:mikey " + broken_text(c.key_draft(w), rule) + "\r\n";
    out.text = c.invite(w, c.offer(w, true, line, false));
    out.truth = c.keyed_truth();
    out.truth.keys.front().state = rule == Rule::duplicate_idr ? State::duplicate_idr
                                   : rule == Rule::data_type   ? State::other_type
                                                               : State::malformed;
}

}  // namespace kmsgate::traffic

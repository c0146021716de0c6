// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/hostile_kit.hpp"

#include <utility>

#include "tools/traffic/encode/text.hpp"

namespace kmsgate::traffic {

std::string plain_session(World& w, const Conversation& c) {
    return c.offer(w, true, "a=key-mgmt:mikey " + base64(c.key(w)) + "\r\n", false);
}

void invite(World& w, const Conversation& c, Crafted& out, std::string type, std::string body,
            std::string_view more) {
    out.text = request("INVITE", c.names, Within::none, c.headers(w) + std::string(more),
                       {std::move(type), std::move(body)});
}

void judged(World& w, const Conversation& c, Crafted& out, std::string body, std::string type,
            std::string_view more) {
    invite(w, c, out, std::move(type), std::move(body), more);
    out.truth = c.keyed_truth();
}

std::string mixed(std::string_view boundary) {
    return text_of("multipart/mixed;boundary=", boundary);
}

void replace(std::string& text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at != std::string::npos) text.replace(at, from.size(), to);
}

}  // namespace kmsgate::traffic

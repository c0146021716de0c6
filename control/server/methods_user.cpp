// SPDX-License-Identifier: BSD-3-Clause
// user.*
#include <nlohmann/json.hpp>

#include "control/server/methods.hpp"
#include "control/server/params.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kMostTags = 32;

void show(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"domain", "user", "tag", "after", "limit"});
    Users::Shown wish;
    wish.domain = p.maybe_text("domain");
    wish.user = p.maybe_text("user");
    wish.tag = p.maybe_text("tag");
    wish.limit = p.number("limit", 1, Users::kMostShown).value_or(wish.limit);
    const auto after = p.texts("after", 2);
    if (after.size() == 2)
        wish.after = {after[0], after[1]};
    else if (!after.empty())
        p.refuse("parameter `after` must be a list of domain and user");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    call.reply(rooms.users.show(wish));
}

void load(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"rows", "first", "last", "replace"});
    const Json& rows = p.any("rows");
    if (!rows.is_array() || rows.size() > Users::kMostRows)
        p.refuse(R"(parameter `rows` must be a list of at most 10000 rows ["domain", "user", "tag tag"])");
    Users::Chunk chunk;
    chunk.client = call.client;
    chunk.who = call.who;
    chunk.first = p.truth("first");
    chunk.last = p.truth("last");
    chunk.replace = p.truth("replace");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    rooms.users.load(chunk, rows, call.reply);
}

}  // namespace

void add_user_methods(Rpc& rpc, Rooms& rooms) {
    using Kind = Method::Kind;
    rpc.add("user.tag", {Role::operate, Kind::kept, [&rooms](const Call& call) {
                             Params p(*call.params, {"domain", "user", "tags"});
                             const std::string domain = p.text("domain");
                             const std::string user = p.text("user");
                             const auto tags = p.texts("tags", kMostTags);
                             if (!call.params->contains("tags"))
                                 p.refuse("parameter `tags` is missing; give a list of texts");
                             if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
                             rooms.users.tag(domain, user, tags, call.reply);
                         }});
    rpc.add("user.untag", {Role::operate, Kind::kept, [&rooms](const Call& call) {
                               Params p(*call.params, {"domain", "user"});
                               const std::string domain = p.text("domain");
                               const std::string user = p.text("user");
                               if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
                               rooms.users.untag(domain, user, call.reply);
                           }});
    rpc.add("user.show", {Role::read, Kind::plain, [&rooms](const Call& call) { show(rooms, call); }});
    rpc.add("user.load", {Role::operate, Kind::kept, [&rooms](const Call& call) { load(rooms, call); }});
}

}  // namespace kmsgate::control

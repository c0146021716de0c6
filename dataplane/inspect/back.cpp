// SPDX-License-Identifier: BSD-3-Clause
// Whose KRR is it that comes back: the users of the request, as they were seen when it went by.
#include <algorithm>

#include "dataplane/inspect/inspect.hpp"

namespace kmsgate::inspect {

namespace {

using policy::Action;
using policy::Cause;
using policy::decide::Candidate;
using policy::decide::User;

/// The copies of a request may have said different things. None of them may loosen what another one brought:
/// an unknown user meets every rule that could apply, unless the policy lets the unknown go; then those that
/// were named count.
User user_of(const memory::Parties& parties, std::size_t side, const Context& context, sip::Arena& arena) {
    User user;
    std::size_t count = 0;
    parties.each_user(side, [&](std::string_view, std::string_view) { ++count; });
    const auto candidates = arena.take<Candidate>(count);
    std::size_t at = 0;
    parties.each_user(side, [&](std::string_view uri, std::string_view alias) {
        if (at < candidates.size()) candidates[at++] = make_candidate(uri, alias, context, arena);
    });
    const auto& seen = parties.side(side);
    user.crowd = seen.crowd;
    const auto& edge = context.table->edges()[context.edge];
    const bool let_go = context.table->action(edge, Cause::unknown_user) == Action::forward && !user.crowd;
    if (at < count || count == 0 || (seen.unknown && !let_go) || seen.crowd) return user;
    user.candidates = candidates;
    user.state = seen.ours ? User::State::ours : User::State::other;
    return user;
}

}  // namespace

Candidate make_candidate(std::string_view uri, std::string_view alias, const Context& context,
                         sip::Arena& arena) {
    const auto copy = [&arena](std::string_view text) {
        const auto bytes = arena.take<char>(text.size());
        std::copy_n(text.begin(), bytes.size(), bytes.begin());
        return std::string_view(bytes.data(), bytes.size());
    };
    const auto& table = *context.table;
    const std::string_view domain = table.text(table.domains()[table.edges()[context.edge].domain].name);
    Candidate c;
    c.uri = copy(uri);
    c.tags = context.tags->get(domain, c.uri);
    if (!alias.empty()) {
        c.alias = copy(alias);
        c.tags |= context.tags->get(domain, c.alias);
    }
    return c;
}

bool needs_back(const Inspection& in) noexcept {
    const auto& f = in.facts;
    return in.message.kind == sip::Kind::response &&
           (f.krr.state != policy::decide::Krr::State::none || f.malformed_sip || f.uninspectable);
}

void resolve_back(const memory::Parties* request, const Arrived& arrived, const Context& context,
                  sip::Arena& arena, Inspection& out) {
    auto& back = out.facts.back;
    if (request == nullptr) {
        // Which network was visited stood in the request alone.
        resolve_users_of_response(arrived, context, arena, out);
        return;
    }
    for (std::size_t side = 0; side < back.users.size(); ++side) {
        back.users[side] = user_of(*request, side, context, arena);
        if (!back.users[side].candidates.empty()) out.back_users[side] = back.users[side].candidates[0].uri;
    }
    std::size_t count = 0;
    request->each_visited([&](std::string_view) { ++count; });
    const auto values = arena.take<std::string_view>(count);
    std::size_t at = 0;
    request->each_visited([&](std::string_view value) {
        if (at < values.size()) values[at++] = value;
    });
    back.visited = values;
    back.visited_known = request->visited_known() && at == count;
}

}  // namespace kmsgate::inspect

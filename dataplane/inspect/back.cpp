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

/// Different users told apart on one side; past them nobody can say whose call it is.
constexpr std::size_t kMaxUsers = 128;

/// What several sources say of one side together: none of them may loosen what another one brought.
class Union {
  public:
    Union(const Context& context, std::size_t side, sip::Arena& arena)
        : context_(context),
          side_(static_cast<policy::table::Side>(side)),
          arena_(arena),
          users_(arena.take_raw<Candidate>(kMaxUsers)) {}

    void add(const memory::Parties& parties) {
        const auto side = static_cast<std::size_t>(side_);
        const auto& seen = parties.side(side);
        ours_ = ours_ || seen.ours;
        unknown_ = unknown_ || seen.unknown;
        crowd_ = crowd_ || seen.crowd;
        parties.each_user(side, [&](std::string_view uri, std::string_view alias) {
            if (has_room(uri, alias)) users_[count_++] = make_candidate(uri, alias, side_, context_, arena_);
        });
    }
    /// What a response says of itself adds users only.
    void add(const User& user) {
        ours_ = ours_ || user.state == User::State::ours;
        crowd_ = crowd_ || user.crowd;
        for (const Candidate& c : user.candidates)
            if (has_room(c.uri, c.alias)) users_[count_++] = c;
    }
    void add_crowd() noexcept { crowd_ = true; }

    /// An unknown user meets every rule that could apply, unless the policy lets the unknown go; then those
    /// that were named count.
    [[nodiscard]] User user() const {
        User user;
        user.crowd = crowd_;
        const auto& edge = context_.table->edges()[context_.edge];
        const bool let_go = context_.table->action(edge, Cause::unknown_user) == Action::forward && !crowd_;
        if (count_ == 0 || (unknown_ && !let_go) || crowd_) return user;
        user.candidates = users_.first(count_);
        // Of another domain's users decide() asks the first alone; where the edge serves a direction, all
        // count.
        const bool all = ours_ || (edge.proxy == policy::table::Proxy::cs && count_ > 1);
        user.state = all ? User::State::ours : User::State::other;
        return user;
    }

  private:
    /// Is it a user to add? The full list is said to be a crowd.
    bool has_room(std::string_view uri, std::string_view alias) noexcept {
        const auto same = [&](const Candidate& c) { return c.uri == uri && c.alias == alias; };
        if (crowd_ || std::ranges::any_of(users_.first(count_), same)) return false;
        crowd_ = count_ == users_.size();
        return !crowd_;
    }

    const Context& context_;
    policy::table::Side side_;
    sip::Arena& arena_;
    std::span<Candidate> users_;
    std::size_t count_ = 0;
    bool ours_ = false;
    bool unknown_ = false;
    bool crowd_ = false;
};

bool same_visited(const memory::Parties& parties, std::span<const std::string_view> values) {
    std::size_t at = 0;
    bool same = true;
    parties.each_visited([&](std::string_view value) {
        same = same && at < values.size() && values[at] == value;
        ++at;
    });
    return same && at == values.size();
}

/// The visited networks, when all requests name the same.
void resolve_visited(const Asked& asked, sip::Arena& arena, policy::decide::Back& back) {
    back.visited_known = false;
    if (asked.requests.empty() || asked.crowd) return;
    const memory::Parties& first = *asked.requests.front();
    std::size_t count = 0;
    first.each_visited([&](std::string_view) { ++count; });
    const auto values = arena.take<std::string_view>(count);
    std::size_t at = 0;
    first.each_visited([&](std::string_view value) {
        if (at < values.size()) values[at++] = value;
    });
    back.visited = values;
    back.visited_known =
        at == count && std::ranges::all_of(asked.requests, [&](const memory::Parties* request) {
            return request->visited_known() && same_visited(*request, values);
        });
}

}  // namespace

std::uint32_t tags_of(std::string_view uri, std::string_view alias, const Context& context) noexcept {
    const auto& table = *context.table;
    const std::string_view domain = table.text(table.domains()[table.edges()[context.edge].domain].name);
    std::uint32_t own = context.tags->get(domain, uri);
    if (!alias.empty()) own |= context.tags->get(domain, alias);
    if (own == 0 || context.tag_bits.empty()) return own;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < context.tag_bits.size(); ++i) bits |= (own >> context.tag_bits[i] & 1U) << i;
    return bits;
}

Candidate make_candidate(std::string_view uri, std::string_view alias, policy::table::Side side,
                         const Context& context, sip::Arena& arena) {
    const auto copy = [&arena](std::string_view text) {
        const auto bytes = arena.take_raw<char>(text.size());
        std::copy_n(text.begin(), bytes.size(), bytes.begin());
        return std::string_view(bytes.data(), bytes.size());
    };
    Candidate c;
    c.uri = copy(uri);
    if (!alias.empty()) c.alias = copy(alias);
    if (needs_tags(side, context)) c.tags = tags_of(c.uri, c.alias, context);
    return c;
}

bool needs_back(const Inspection& in) noexcept {
    const auto& f = in.facts;
    return in.message.kind == sip::Kind::response &&
           (f.krr.state != policy::decide::Krr::State::none || f.malformed_sip || f.uninspectable);
}

void resolve_back(const Asked& asked, const Arrived& arrived, const Context& context, sip::Arena& arena,
                  Inspection& out) {
    auto& back = out.facts.back;
    if (!asked.known() || asked.mismatch) resolve_users_of_response(arrived, context, arena, out);
    // Which network was visited stood in the request alone.
    if (!asked.known()) return;
    for (std::size_t side = 0; side < back.users.size(); ++side) {
        Union all(context, side, arena);
        for (const memory::Parties* request : asked.requests) all.add(*request);
        if (asked.mismatch) all.add(back.users[side]);
        if (asked.crowd) all.add_crowd();
        const User user = all.user();
        back.users[side] = user;
        out.back_users[side] = user.candidates.empty() ? std::string_view() : user.candidates[0].uri;
    }
    resolve_visited(asked, arena, back);
}

}  // namespace kmsgate::inspect

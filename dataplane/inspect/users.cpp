// SPDX-License-Identifier: BSD-3-Clause
// Whose message is it: every identity that a message offers, and what they say together.
#include <algorithm>
#include <array>
#include <span>

#include "dataplane/inspect/identities.hpp"

namespace kmsgate::inspect {

namespace {

using policy::decide::Candidate;
using policy::decide::User;
using policy::table::Side;

bool asserts(const sip::Message& m) noexcept {
    return m.present.has(sip::HeaderId::p_asserted_identity);
}

/// The identities that a trusted peer asserts.
[[gnu::noinline]] void add_asserted(const sip::Message& m, sip::Arena& arena, Identities& ids) noexcept {
    for (const sip::Header& h : m.headers) {
        if (h.id != sip::HeaderId::p_asserted_identity) continue;
        std::string_view rest = sip::unfold(h.value, arena);
        for (std::string_view v = sip::next_element(rest); !v.empty(); v = sip::next_element(rest))
            ids.add(sip::addr_spec(v), false);
    }
}

/// The identities of the SIP headers. A response asserts the identity of who sends it (RFC 3325 5), whatever
/// its From says.
void add_sip(const Inspection& in, Way way, sip::Arena& arena, Identities& ids) noexcept {
    const sip::Message& m = in.message;
    const bool initiator = ids.side() == Side::initiator;
    const bool swapped = m.kind == sip::Kind::response && way == Way::offered;
    const bool sender = initiator != (way == Way::back);
    if (sender && in.peer != nullptr && in.peer->trusted != 0 && asserts(m)) add_asserted(m, arena, ids);
    if (initiator != swapped) {
        ids.add(m.from_uri, false);
    } else {
        ids.add(m.to_uri, false);
        if (m.kind == sip::Kind::request) ids.add(m.request_uri, false);
    }
}

/// Every clear identity that counts for a side. On the way back only the SIP headers do: who writes the KRR
/// writes the rest of the body, too.
void gather(Way way, sip::Arena& arena, const Inspection& in, Identities& ids) noexcept {
    const bool initiator = ids.side() == Side::initiator;
    if (way == Way::offered) {
        const auto role = initiator ? mikey::Role::idri : mikey::Role::idrr;
        for (const mikey::Message& m : in.mikey)
            if (!m.fault && m.has(role)) ids.add(m.text(role), true);
        for (const sip::XmlIdentity& x : in.contents.identities)
            if (x.receiver != initiator) ids.add(x.uri, true);
    }
    add_sip(in, way, arena, ids);
    ids.take();
}

/// What the identities of a side say together.
void conclude(Identities& ids, Way way, const Context& context, sip::Arena& arena, Inspection& out) {
    const Side side = ids.side();
    const std::size_t at = static_cast<std::size_t>(side);
    User& user = way == Way::back ? out.facts.back.users[at] : out.facts.users[at];
    // Nobody may hide behind a crowd: a side with more identities than can be kept is judged as one of
    // unknown user.
    if (ids.overflow()) {
        user.disagreement = user.crowd = true;
        return;
    }
    user = {};
    // A clear MC identity that no domain claims is still somebody else's user; an IMS identity in the SIP
    // headers is that only when the policy knows its domain.
    const auto is_other = [](const Identity& i) { return !i.ours && (i.mc || i.other_domain); };
    std::size_t ours = 0, ours_mc = 0, others = 0;
    const Identity* pick = nullptr;  // the first that counts
    const Identity* pick_mc = nullptr;
    const Identity* pick_other = nullptr;
    for (const Identity& i : ids.all()) {
        if (i.ours) {
            if (ours++ == 0) pick = &i;
            if (i.mc && ours_mc++ == 0) pick_mc = &i;
        } else if (is_other(i)) {
            if (others++ == 0) pick_other = &i;
        }
    }
    // To and Request-URI of MC requests name a server as a rule: as the receiver they count when nothing
    // better does.
    const bool only_mc = side == Side::receiver && ours_mc != 0;
    const std::size_t count = only_mc ? ours_mc : ours;
    if (ours == 0) pick = pick_other;
    if (only_mc) pick = pick_mc;
    if (pick == nullptr) return;
    const bool tags = needs_tags(side, context);
    const auto picked = arena.take_raw<Candidate>(std::max<std::size_t>(count, 1));
    if (picked.empty()) return;
    std::size_t at_pick = 0;
    for (const Identity* id = pick; at_pick < picked.size(); ++id) {
        if (id != pick && !(id->ours && (!only_mc || id->mc))) continue;
        picked[at_pick++] = {id->uri, id->tel, tags ? tags_of(id->uri, id->tel, context) : 0};
    }
    user.candidates = picked;
    user.state = ours != 0 ? User::State::ours : User::State::other;
    user.disagreement = ours != 0 && (others != 0 || count > 1);
    (way == Way::back ? out.back_users : out.users)[at] = picked[0].uri;
}

/// Of which sides: by Side.
using Sides = std::array<bool, kSides>;

void resolve(const Sides& wanted, Way way, const Arrived& arrived, const Context& context, sip::Arena& arena,
             Inspection& out) {
    const std::size_t sources = 2 * out.mikey.size() + out.contents.identities.size() + 24;
    const std::size_t most = std::min(sources, kMaxIdentities);
    Domains domains(context, out.hosts);
    Identities initiator(Side::initiator, most, domains, arena);
    Identities receiver(Side::receiver, most, domains, arena);
    std::array<Identities*, kSides> room;
    std::size_t n = 0;
    if (wanted[0]) room[n++] = &initiator;
    if (wanted[1]) room[n++] = &receiver;
    const auto sides = std::span(room).first(n);
    for (Identities* ids : sides) gather(way, arena, out, *ids);
    const auto hashed = [](const mikey::Message& m) {
        return m.has(mikey::Role::idruidi) || m.has(mikey::Role::idruidr);
    };
    if (way == Way::offered && std::ranges::any_of(out.mikey, hashed))
        gather_hashed(sides, arrived, context, out);
    for (Identities* ids : sides) conclude(*ids, way, context, arena, out);
}

}  // namespace

void resolve_users(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out) {
    const auto& edge = context.table->edges()[context.edge];
    const bool all = context.all || out.message.kind == sip::Kind::unknown;
    Sides sides;
    for (const Side side : {Side::initiator, Side::receiver}) {
        const std::size_t at = static_cast<std::size_t>(side);
        sides[at] = all || (policy::table::Table::asks(edge, policy::table::Ask::user, side) &&
                            policy::decide::may_police(edge, side, arrived.arrival));
        out.users_open[at] = !sides[at];
    }
    if (sides[0] || sides[1]) resolve(sides, Way::offered, arrived, context, arena, out);
}

void resolve_open_users(const std::array<bool, 2>& wanted, const Arrived& arrived, const Context& context,
                        sip::Arena& arena, Inspection& out) {
    Sides open;
    for (std::size_t side = 0; side < kSides; ++side) {
        open[side] = wanted[side] && out.users_open[side];
        out.users_open[side] = out.users_open[side] && !wanted[side];
    }
    if (open[0] || open[1]) resolve(open, Way::offered, arrived, context, arena, out);
}

void resolve_users_of_response(const Arrived& arrived, const Context& context, sip::Arena& arena,
                               Inspection& out) {
    resolve({true, true}, Way::back, arrived, context, arena, out);
}

}  // namespace kmsgate::inspect

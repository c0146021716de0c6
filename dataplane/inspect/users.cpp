// SPDX-License-Identifier: BSD-3-Clause
// Whose message is it: every identity that a message offers, and what they say together.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "dataplane/inspect/inspect.hpp"
#include "dataplane/memory/uid_owner.hpp"
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"
#include "policy/table/text_hash.hpp"

namespace kmsgate::inspect {

namespace {

using policy::decide::Candidate;
using policy::decide::User;
using policy::table::Side;

/// Different identities told apart on one side; past them nobody can say whose message it is.
constexpr std::size_t kMaxIdentities = 128;

constexpr std::size_t kSides = 2;

/// Whose sides: of what the message itself offers, or of the request that it answers.
enum class Way : std::uint8_t { offered, back };

/// One identity of one side.
struct Identity {
    std::string_view raw;          ///< as the message has it
    policy::table::UserText user;  ///< normal form without port and without a dot behind the host
    std::string_view tel;          ///< its telephone spelling, else empty
    bool mc = false;    ///< an MC service identity (MIKEY, UID, MC XML), not an IMS one of the SIP headers
    bool ours = false;  ///< a user of the edge's domain
    bool other_domain = false;  ///< a user of another domain of the policy

    [[nodiscard]] std::string_view uri() const noexcept { return user.uri; }
};

/// Nobody may leave a domain by writing a port or the root's dot behind its host.
std::string_view without_port(std::string_view uri) noexcept {
    const std::size_t at = uri.find('@');
    if (at == std::string_view::npos) return uri;
    const std::size_t bracket = uri.find(']', at);
    const std::size_t colon = uri.find(':', bracket == std::string_view::npos ? at : bracket);
    uri = uri.substr(0, std::min(colon, uri.size()));
    if (uri.ends_with('.')) uri.remove_suffix(1);
    return uri;
}

/// The text, where it stays as long as the inspection; empty when there is no room.
std::string_view copied(std::string_view text, sip::Arena& arena) noexcept {
    const auto bytes = arena.take<char>(text.size());
    std::copy_n(text.begin(), bytes.size(), bytes.begin());
    return {bytes.data(), bytes.size()};
}

class Identities {
  public:
    /// At most `most` of them.
    Identities(Side side, std::size_t most, const Context& context, sip::Arena& arena) noexcept
        : side_(side),
          context_(context),
          arena_(arena),
          domain_(context.table->edges()[context.edge].domain),
          most_(most),
          room_(std::min(most, kUsual)) {}
    Identities(const Identities&) = delete;
    Identities& operator=(const Identities&) = delete;

    void add(std::string_view raw, bool mc) noexcept {
        if (raw.empty()) return;
        for (Identity& known : all())
            if (policy::table::same_text(known.raw, raw)) return merge(known, mc);
        const std::size_t host = sip::plain_user_host(raw);
        if (host == 0) [[unlikely]]
            return add_odd(raw, mc);
        // A plain one is its own normal form: only what was written in another way can still be the same.
        if (odd_) [[unlikely]]
            for (Identity& known : all())
                if (known.uri() == raw) return merge(known, mc);
        put(raw, {raw, kSip, host}, {}, mc);
    }
    /// Some identity found no room: what is known is not the whole.
    [[nodiscard]] bool overflow() const noexcept { return overflow_; }
    [[nodiscard]] std::span<Identity> all() noexcept { return {first(), count_}; }
    [[nodiscard]] Side side() const noexcept { return side_; }

    /// Every way in which they are written, in their order: what a UID may be the hash of.
    [[nodiscard]] std::span<const std::string_view> spellings() noexcept {
        if (spellings_.empty()) spellings_ = arena_.take_raw<std::string_view>(kSpellings * most_);
        overflow_ = overflow_ || spellings_.empty();
        for (; !overflow_ && spelled_ < count_; ++spelled_) {
            const Identity& id = all()[spelled_];
            spellings_[spellings_count_++] = id.uri();
            if (!id.tel.empty()) spellings_[spellings_count_++] = id.tel;
            if (id.raw != id.uri()) spellings_[spellings_count_++] = id.raw;
        }
        return spellings_.first(spellings_count_);
    }

  private:
    static constexpr std::size_t kUsual = 8;
    static constexpr std::size_t kSpellings = 3;
    static constexpr std::size_t kSip = 4;  // "sip:"

    static void merge(Identity& known, bool mc) noexcept { known.mc = known.mc || mc; }

    [[gnu::noinline]] void add_odd(std::string_view raw, bool mc) noexcept {
        const sip::UserUri full = sip::UserUri::normalise(raw);
        const sip::UserUri cut = sip::UserUri::normalise(without_port(full.text()));
        if (cut.empty()) return;
        for (Identity& known : all())
            if (known.uri() == cut.text()) return merge(known, mc);
        odd_ = true;
        const std::string_view uri = copied(cut.text(), arena_);
        const std::string_view tel = copied(full.tel(), arena_);
        overflow_ = overflow_ || uri.empty() || tel.size() != full.tel().size();
        put(raw, policy::table::UserText::of(uri), tel, mc);
    }

    [[gnu::always_inline]] inline void put(std::string_view raw, const policy::table::UserText& user,
                                           std::string_view tel, bool mc) noexcept {
        if (count_ == room_ && !grow()) {
            overflow_ = true;
            return;
        }
        place(*std::construct_at(first() + count_++, raw, user, tel, mc));
    }
    /// The few that there are as a rule need no room of the arena, which comes with zeros.
    [[gnu::noinline]] bool grow() noexcept {
        if (room_ >= most_) return false;
        const auto wider = arena_.take<Identity>(most_);
        if (wider.empty()) return false;
        std::ranges::copy(all(), wider.begin());
        wider_ = wider.data();
        room_ = wider.size();
        return true;
    }
    [[nodiscard]] Identity* first() noexcept {
        return wider_ != nullptr ? wider_ : reinterpret_cast<Identity*>(usual_.data());
    }

    /// Users of one host stand together as a rule: where the host alone decides, it is looked up once, for
    /// sip alone, as a pattern is one of scheme and host.
    policy::table::Table::Found find(const policy::table::UserText& user) noexcept {
        const policy::table::Table& table = *context_.table;
        if (!user.uri.starts_with("sip:") || !table.host_decides(user))
            return table.find_pattern(user, context_.odd);
        const std::string_view host = user.uri.substr(user.host);
        if (!policy::table::same_text(host, host_)) {
            host_ = host;
            found_ = table.find_pattern(user, context_.odd);
        }
        return found_;
    }

    /// Of two spellings of one user the one with the more specific pattern places it.
    void place(Identity& id) noexcept {
        const policy::table::Table& table = *context_.table;
        auto match = find(id.user);
        if (!id.tel.empty()) [[unlikely]]
            if (const auto tel = table.find_pattern(policy::table::UserText::of(id.tel), context_.odd);
                tel && (!match || table.rank(tel) > table.rank(match)))
                match = tel;
        if (!match) return;
        id.ours = match.domain == domain_;
        id.other_domain = !id.ours;
    }

    Side side_;
    const Context& context_;
    sip::Arena& arena_;
    policy::table::DomainId domain_;
    std::size_t most_;
    std::size_t room_;
    std::size_t count_ = 0;
    Identity* wider_ = nullptr;
    std::string_view host_;  ///< of found_
    policy::table::Table::Found found_;
    bool overflow_ = false;
    bool odd_ = false;  ///< some identity is not written in its normal form
    std::span<std::string_view> spellings_;
    std::size_t spellings_count_ = 0;
    std::size_t spelled_ = 0;  ///< identities whose spellings are there
    alignas(Identity) std::array<std::byte, kUsual * sizeof(Identity)> usual_;
};

memory::UidKms kms_of(const policy::table::Table& table, std::string_view named) noexcept {
    memory::UidKms kms{named};
    if (const auto id = table.find_kms(named)) {
        kms.period = table.kms()[*id].key_period;
        kms.offset = table.kms()[*id].key_offset;
        kms.of_policy = true;
    }
    return kms;
}

/// The UID by which an I_MESSAGE names a side's user; empty: it names nobody so.
memory::SoughtUid uid_in(const mikey::Message& m, const Context& context, const Identities& side) noexcept {
    const bool initiator = side.side() == Side::initiator;
    const auto role = initiator ? mikey::Role::idruidi : mikey::Role::idruidr;
    const auto kms_role = initiator ? mikey::Role::idrkmsi : mikey::Role::idrkmsr;
    // A crowd is not searched: nobody of it counts.
    if (m.fault || !m.has(role) || !m.has(kms_role) || side.overflow()) return {};
    return {m.text(role), kms_of(*context.table, m.text(kms_role)), {}};
}

/// A UID names whom it is the hash of: `owner` where he is a clear identity of the message, else a user on
/// the roster.
void add_hashed(const memory::SoughtUid& uid, std::string_view owner, const Arrived& arrived,
                const Context& context, Identities& identities) {
    bool named = false;
    if (!owner.empty())
        for (Identity& id : identities.all()) {
            const bool is = id.uri() == owner || id.tel == owner || id.raw == owner;
            id.mc = id.mc || is;
            named = named || is;
        }
    if (named || context.roster == nullptr) return;
    if (const auto user = context.roster->find(uid.uid, uid.kms, arrived.now); !user.empty())
        identities.add(user, true);
}

bool asserts(const sip::Message& m) noexcept {
    return std::ranges::any_of(
        m.headers, [](const sip::Header& h) { return h.id == sip::HeaderId::p_asserted_identity; });
}

/// The identities of the SIP headers. A response asserts the identity of who sends it (RFC 3325 5), whatever
/// its From says.
void add_sip(const Inspection& in, Side side, Way way, const Arrived& arrived, const Context& context,
             sip::Arena& arena, Identities& ids) {
    const sip::Message& m = in.message;
    const bool swapped = m.kind == sip::Kind::response && way == Way::offered;
    const bool from_side = (side == Side::initiator) != swapped;
    const bool sender = (side == Side::initiator) != (way == Way::back);
    const auto is_trusted = [&] {
        const auto* peer = context.table->find_peer(arrived.source.address);
        return peer != nullptr && peer->trusted != 0;
    };
    if (sender && asserts(m) && is_trusted())
        for (const sip::Header& h : m.headers) {
            if (h.id != sip::HeaderId::p_asserted_identity) continue;
            std::string_view rest = sip::unfold(h.value, arena);
            for (std::string_view v = sip::next_element(rest); !v.empty(); v = sip::next_element(rest))
                ids.add(sip::addr_spec(v), false);
        }
    if (from_side) {
        ids.add(m.from_uri, false);
    } else {
        ids.add(m.to_uri, false);
        if (m.kind == sip::Kind::request) ids.add(m.request_uri, false);
    }
}

/// Every identity that counts for a side. On the way back only the SIP headers do: who writes the KRR writes
/// the rest of the body, too.
void gather(Way way, const Arrived& arrived, const Context& context, sip::Arena& arena, const Inspection& in,
            Identities& ids) {
    const Side side = ids.side();
    const bool initiator = side == Side::initiator;
    if (way == Way::back) return add_sip(in, side, way, arrived, context, arena, ids);
    for (const mikey::Message& m : in.mikey)
        if (!m.fault) ids.add(m.text(initiator ? mikey::Role::idri : mikey::Role::idrr), true);
    for (const sip::XmlIdentity& x : in.contents.identities)
        if (x.receiver != initiator) ids.add(x.uri, true);
    add_sip(in, side, way, arrived, context, arena, ids);
}

/// Whom I_MESSAGEs name by UID, on all sides at once: the more there is to hash, the less each hash costs.
/// One I_MESSAGE after the other, as the user of one may be a candidate for the next.
void gather_hashed(std::span<Identities* const> sides, const Arrived& arrived, const Context& context,
                   const Inspection& in) {
    for (const mikey::Message& m : in.mikey) {
        if (!m.has(mikey::Role::idruidi) && !m.has(mikey::Role::idruidr)) continue;
        std::array<memory::SoughtUid, kSides> sought;
        std::array<Identities*, kSides> whose;
        std::size_t n = 0;
        for (Identities* side : sides) {
            const memory::SoughtUid uid = uid_in(m, context, *side);
            if (uid.uid.empty()) continue;
            const std::string_view proven = memory::proven_owner(uid.uid, uid.kms, arrived.now);
            if (!proven.empty()) {
                add_hashed(uid, proven, arrived, context, *side);
                continue;
            }
            sought[n] = uid;
            sought[n].candidates = side->spellings();
            whose[n++] = side;
        }
        if (n == 0) continue;
        memory::find_owners(std::span(sought).first(n), arrived.now);
        for (std::size_t i = 0; i < n; ++i)
            add_hashed(sought[i], sought[i].owner, arrived, context, *whose[i]);
    }
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
    const auto all = ids.all();
    // A clear MC identity that no domain claims is still somebody else's user; an IMS identity in the SIP
    // headers is that only when the policy knows its domain.
    const auto is_other = [](const Identity& i) { return !i.ours && (i.mc || i.other_domain); };
    std::size_t ours = 0, ours_mc = 0, others = 0;
    const Identity* pick = nullptr;  // the first that counts
    const Identity* pick_mc = nullptr;
    const Identity* pick_other = nullptr;
    for (const Identity& i : all) {
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
    const auto picked = arena.take<Candidate>(std::max<std::size_t>(count, 1));
    if (picked.empty()) return;
    std::size_t at_pick = 0;
    for (const Identity* id = pick; at_pick < picked.size(); ++id) {
        if (id != pick && !(id->ours && (!only_mc || id->mc))) continue;
        picked[at_pick++] = {id->uri(), id->tel, tags ? tags_of(id->uri(), id->tel, context) : 0};
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
    Identities initiator(Side::initiator, most, context, arena);
    Identities receiver(Side::receiver, most, context, arena);
    std::array<Identities*, kSides> room;
    std::size_t n = 0;
    for (Identities* ids : {&initiator, &receiver})
        if (wanted[static_cast<std::size_t>(ids->side())]) room[n++] = ids;
    const auto sides = std::span(room).first(n);
    for (Identities* ids : sides) gather(way, arrived, context, arena, out, *ids);
    if (way == Way::offered) gather_hashed(sides, arrived, context, out);
    for (Identities* ids : sides) conclude(*ids, way, context, arena, out);
}

}  // namespace

void resolve_users(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out) {
    const auto& edge = context.table->edges()[context.edge];
    Sides sides;
    for (const Side side : {Side::initiator, Side::receiver}) {
        const std::size_t at = static_cast<std::size_t>(side);
        sides[at] = context.all || out.message.kind == sip::Kind::unknown ||
                    (policy::table::Table::asks(edge, policy::table::Ask::user, side) &&
                     policy::decide::may_police(edge, side, arrived.arrival));
        out.users_open[at] = !sides[at];
    }
    resolve(sides, Way::offered, arrived, context, arena, out);
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

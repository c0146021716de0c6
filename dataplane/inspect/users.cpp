// SPDX-License-Identifier: BSD-3-Clause
// Whose message is it: every identity that a message offers, and what they say together.
#include <algorithm>

#include "dataplane/inspect/inspect.hpp"
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"

namespace kmsgate::inspect {

namespace {

using policy::decide::Candidate;
using policy::decide::User;
using policy::table::Side;

/// Different identities told apart on one side; past them nobody can say whose message it is.
constexpr std::size_t kMaxIdentities = 128;

/// Whose sides: of what the message itself offers, or of the request that it answers.
enum class Way : std::uint8_t { offered, back };

/// One identity of one side.
struct Identity {
    std::string_view raw;  ///< as the message has it
    sip::UserUri full;     ///< normal form
    sip::UserUri uri;      ///< the same without port and without a dot behind the host: still the same user
    bool mc = false;       ///< an MC service identity (MIKEY, UID, MC XML), not an IMS one of the SIP headers
    bool ours = false;     ///< a user of the edge's domain
    bool other_domain = false;  ///< a user of another domain of the policy
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

class Identities {
  public:
    Identities(std::span<Identity> storage, const Context& context) : storage_(storage), context_(context) {}

    void add(std::string_view raw, bool mc) noexcept {
        if (raw.empty()) return;
        Identity id;
        id.raw = raw;
        id.full = sip::UserUri::normalise(raw);
        id.uri = sip::UserUri::normalise(without_port(id.full.text()));
        id.mc = mc;
        if (id.uri.empty()) return;
        for (Identity& known : all())
            if (known.uri.text() == id.uri.text()) {
                known.mc = known.mc || mc;
                return;
            }
        if (count_ == storage_.size()) {
            overflow_ = true;
            return;
        }
        place(id);
        storage_[count_++] = id;
    }
    /// Some identity found no room: what is known is not the whole.
    [[nodiscard]] bool overflow() const noexcept { return overflow_; }
    [[nodiscard]] std::span<Identity> all() noexcept { return storage_.first(count_); }

  private:
    /// Of two spellings of one user the one with the more specific pattern places it.
    void place(Identity& id) noexcept {
        const policy::table::Table& table = *context_.table;
        auto match = table.match_user(id.uri.text(), context_.odd);
        if (!id.full.tel().empty())
            if (const auto tel = table.match_user(id.full.tel(), context_.odd);
                tel && (!match || tel->rank > match->rank))
                match = tel;
        if (!match) return;
        id.ours = match->domain == table.edges()[context_.edge].domain;
        id.other_domain = !id.ours;
    }

    std::span<Identity> storage_;
    const Context& context_;
    std::size_t count_ = 0;
    bool overflow_ = false;
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

/// A UID names whom it is the hash of: a clear identity of the message, or a user on the roster.
void add_hashed(const mikey::Message& m, Side side, const Arrived& arrived, const Context& context,
                Identities& identities) {
    const bool initiator = side == Side::initiator;
    const auto role = initiator ? mikey::Role::idruidi : mikey::Role::idruidr;
    const auto kms_role = initiator ? mikey::Role::idrkmsi : mikey::Role::idrkmsr;
    if (m.fault || !m.has(role) || !m.has(kms_role)) return;
    const std::string_view uid = m.text(role);
    const memory::UidKms kms = kms_of(*context.table, m.text(kms_role));
    bool named = false;
    for (Identity& id : identities.all()) {
        const bool is = memory::is_uid_of(uid, id.uri.text(), kms, arrived.now) ||
                        (!id.full.tel().empty() && memory::is_uid_of(uid, id.full.tel(), kms, arrived.now)) ||
                        (id.raw != id.uri.text() && memory::is_uid_of(uid, id.raw, kms, arrived.now));
        id.mc = id.mc || is;
        named = named || is;
    }
    if (named) return;
    if (context.roster == nullptr) return;
    if (const auto user = context.roster->find(uid, kms, arrived.now); !user.empty())
        identities.add(user, true);
}

/// The identities of the SIP headers. A response asserts the identity of who sends it (RFC 3325 5), whatever
/// its From says.
void add_sip(const Inspection& in, Side side, Way way, bool trusted, sip::Arena& arena, Identities& ids) {
    const sip::Message& m = in.message;
    const bool swapped = m.kind == sip::Kind::response && way == Way::offered;
    const bool from_side = (side == Side::initiator) != swapped;
    const bool sender = (side == Side::initiator) != (way == Way::back);
    for (const sip::Header& h : m.headers) {
        if (!sender || !trusted || h.id != sip::HeaderId::p_asserted_identity) continue;
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
void gather(Side side, Way way, const Arrived& arrived, const Context& context, sip::Arena& arena,
            const Inspection& in, Identities& ids) {
    const bool initiator = side == Side::initiator;
    const auto* peer = context.table->find_peer(arrived.source.address);
    const bool trusted = peer != nullptr && peer->trusted != 0;
    if (way == Way::back) return add_sip(in, side, way, trusted, arena, ids);
    for (const mikey::Message& m : in.mikey)
        if (!m.fault) ids.add(m.text(initiator ? mikey::Role::idri : mikey::Role::idrr), true);
    for (const sip::XmlIdentity& x : in.contents.identities)
        if (x.receiver != initiator) ids.add(x.uri, true);
    add_sip(in, side, way, trusted, arena, ids);
    for (const mikey::Message& m : in.mikey) add_hashed(m, side, arrived, context, ids);
}

void resolve_side(Side side, Way way, const Arrived& arrived, const Context& context, sip::Arena& arena,
                  Inspection& out) {
    const std::size_t at = static_cast<std::size_t>(side);
    User& user = way == Way::back ? out.facts.back.users[at] : out.facts.users[at];
    const std::size_t sources = 2 * out.mikey.size() + out.contents.identities.size() + 24;
    const auto storage = arena.take<Identity>(std::min(sources, kMaxIdentities));
    Identities ids(storage, context);
    gather(side, way, arrived, context, arena, out, ids);

    // Nobody may hide behind a crowd: a side with more identities than can be kept is judged as one of
    // unknown user.
    if (ids.overflow()) {
        user.disagreement = user.crowd = true;
        return;
    }
    const auto all = ids.all();
    const auto is_ours = [](const Identity& i) { return i.ours; };
    const auto is_our_mc = [](const Identity& i) { return i.ours && i.mc; };
    // A clear MC identity that no domain claims is still somebody else's user; an IMS identity in the SIP
    // headers is that only when the policy knows its domain.
    const auto is_other = [](const Identity& i) { return !i.ours && (i.mc || i.other_domain); };

    const bool ours = std::any_of(all.begin(), all.end(), is_ours);
    const bool other = std::any_of(all.begin(), all.end(), is_other);
    // To and Request-URI of MC requests name a server as a rule: as the receiver they count when nothing
    // better does.
    const bool only_mc = side == Side::receiver && std::any_of(all.begin(), all.end(), is_our_mc);
    const auto picked = arena.take<Candidate>(std::max<std::size_t>(all.size(), 1));
    std::size_t count = 0;
    for (const Identity& id : all) {
        if (count == picked.size()) break;
        if (ours ? id.ours && (!only_mc || id.mc) : is_other(id))
            picked[count++] = make_candidate(id.uri.text(), id.full.tel(), context, arena);
        if (!ours && count == 1) break;
    }
    user.candidates = picked.first(count);
    user.state = ours ? User::State::ours : other ? User::State::other : User::State::unknown;
    if (count == 0) user.state = User::State::unknown;
    user.disagreement = ours && (other || count > 1);
    if (count != 0) (way == Way::back ? out.back_users : out.users)[at] = picked[0].uri;
}

}  // namespace

void resolve_users(const Arrived& arrived, const Context& context, sip::Arena& arena, Inspection& out) {
    resolve_side(Side::initiator, Way::offered, arrived, context, arena, out);
    resolve_side(Side::receiver, Way::offered, arrived, context, arena, out);
}

void resolve_users_of_response(const Arrived& arrived, const Context& context, sip::Arena& arena,
                               Inspection& out) {
    resolve_side(Side::initiator, Way::back, arrived, context, arena, out);
    resolve_side(Side::receiver, Way::back, arrived, context, arena, out);
}

}  // namespace kmsgate::inspect

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/guide.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/language/problem.hpp"

namespace kmsgate::traffic {

namespace {

namespace decide = policy::decide;
using policy::table::Table;

/// Facts and the storage that they look into.
class Facts {
  public:
    Facts(const Truth& truth, const Table& table, policy::table::EdgeId edge) : table_(table), edge_(edge) {
        facts_.edge = edge;
        facts_.mode = table.edges()[edge].mode;
        facts_.arrival = truth.arrival;
        facts_.message_class = truth.message_class;
        facts_.is_register = truth.is_register;
        facts_.unanswerable = truth.unanswerable;
        facts_.malformed_sip = truth.malformed_sip;
        facts_.mikey_claim = truth.mikey_claim;
        facts_.uninspectable = truth.uninspectable;
        facts_.peer = truth.peer;
        for (const Truth::Key& key : truth.keys) keys_.push_back(key_of(key));
        facts_.messages = keys_;
        visited_.assign(truth.visited.begin(), truth.visited.end());
        facts_.visited = visited_;
        for (std::size_t side = 0; side < 2; ++side) facts_.users[side] = user_of(truth.parties[side], side);
        if (!truth.krr && !truth.krr_fault) return;
        facts_.krr.state = truth.krr_fault.value_or(decide::Krr::State::read);
        for (std::size_t side = 0; truth.krr && side < 2; ++side) {
            for (const std::string& uri : (*truth.krr)[side]) krr_[side].push_back(name_of(uri));
            facts_.krr.lists[side] = {krr_[side].empty(), krr_[side]};
        }
        // a KRR travels against the request whose users it is judged by
        if (truth.message_class != decide::MessageClass::response) return;
        facts_.back = {facts_.users, truth.gets, visited_, truth.visited_known};
        facts_.users = {};
    }
    [[nodiscard]] const decide::Facts& facts() const noexcept { return facts_; }

  private:
    [[nodiscard]] decide::KmsName name_of(const std::string& uri) const noexcept {
        if (uri.empty()) return {};
        return {true, table_.find_kms(uri), uri};
    }
    [[nodiscard]] decide::IMessage key_of(const Truth::Key& key) const noexcept {
        decide::IMessage out;
        out.state = key.state;
        if (key.state != decide::IMessage::State::read) return out;
        out.kmsi = name_of(key.kmsi);
        out.kmsr = name_of(key.kmsr);
        return out;
    }
    /// Whose user a side's identities make it, by the words of the design: any of them places the user in the
    /// domain; To and Request-URI count as the receiver when no MC identity does; who is of another domain or
    /// of none is somebody else's.
    [[nodiscard]] decide::User user_of(const std::vector<Identity>& all, std::size_t side) {
        struct Placed {
            const Identity* identity;
            bool ours;
            bool other;
        };
        std::vector<Placed> placed;
        for (const Identity& id : all) {
            const auto match = table_.match_user(id.uri);
            const bool ours = match && match->domain == table_.edges()[edge_].domain;
            placed.push_back({&id, ours, !ours && (id.mc || match.has_value())});
        }
        const bool ours = std::ranges::any_of(placed, &Placed::ours);
        const bool only_mc = side == 1 && std::ranges::any_of(placed, [](const Placed& p) {
                                 return p.ours && p.identity->mc;
                             });
        auto& out = candidates_[side];
        for (const Placed& p : placed) {
            const bool counts = ours ? p.ours && (!only_mc || p.identity->mc) : p.other && out.empty();
            const auto known = [&](const decide::Candidate& c) { return c.uri == p.identity->uri; };
            if (counts && std::ranges::none_of(out, known))
                out.push_back({p.identity->uri, {}, p.identity->tags});
        }
        decide::User user;
        user.candidates = out;
        user.state = out.empty() ? decide::User::State::unknown
                     : ours      ? decide::User::State::ours
                                 : decide::User::State::other;
        return user;
    }

    const Table& table_;
    policy::table::EdgeId edge_;
    decide::Facts facts_;
    std::vector<decide::IMessage> keys_;
    std::vector<std::string_view> visited_;
    std::array<std::vector<decide::Candidate>, 2> candidates_;
    std::array<std::vector<decide::KmsName>, 2> krr_;
};

std::vector<std::string> texts(const Table& table, std::span<const std::uint32_t> ids) {
    std::vector<std::string> out;
    for (const std::uint32_t id : ids) out.emplace_back(table.text(table.kms()[id].uri));
    return out;
}

/// One list of the KRR that a decision makes, as names.
KmsList list_of(const decide::Decision& d, std::size_t side, const Truth& truth, const Table& table) {
    const decide::ListOut& list = d.krr[side];
    const auto names = truth.krr ? (*truth.krr)[side] : std::vector<std::string>();
    using Kind = decide::ListOut::Kind;
    switch (list.kind) {
        case Kind::any:
            return std::nullopt;
        case Kind::rule:
            return texts(table, table.kms_list(table.rules()[list.rule].allow));
        case Kind::kms: {
            std::vector<std::uint32_t> kept;
            const auto allowed = table.kms_list(table.rules()[list.rule].allow);
            for (std::size_t i = 0; i < allowed.size(); ++i)
                if ((list.keep >> i & 1U) != 0) kept.push_back(allowed[i]);
            return texts(table, kept);
        }
        case Kind::names: {
            std::vector<std::string> out;
            for (std::size_t i = 0; i < names.size(); ++i)
                if ((list.keep >> i & 1U) != 0) out.push_back(names[i]);
            return out;
        }
        case Kind::copy:
            break;
    }
    if (truth.krr) return names.empty() ? KmsList() : KmsList(names);
    const Truth::Key& key = truth.keys[d.refused];
    const std::string& name = side == 0 ? key.kmsi : key.kmsr;
    return name.empty() ? KmsList() : KmsList(std::vector{name});
}

}  // namespace

std::expected<std::unique_ptr<Guide>, std::vector<std::string>> Guide::open(const std::string& yaml,
                                                                            const std::string& file,
                                                                            const std::string& edge) {
    auto compiled = policy::compile::compile_text(yaml);
    std::vector<std::string> faults;
    if (compiled.blob.empty()) {
        for (const auto& p : compiled.problems) faults.push_back(policy::language::to_string(p, file));
        return std::unexpected(std::move(faults));
    }
    const auto table = Table::open(compiled.blob);
    if (!table) {
        faults.push_back(fmt::format("{}: the compiled table does not verify: {}", file, table.error().what));
        return std::unexpected(std::move(faults));
    }
    const auto id = table->find_edge(edge);
    if (!id) {
        std::vector<std::string_view> known;
        for (const auto& e : table->edges()) known.push_back(table->text(e.name));
        faults.push_back(fmt::format("{} has no edge {}; it has: {}", file, policy::language::quote(edge),
                                     policy::language::join(known)));
        return std::unexpected(std::move(faults));
    }
    return std::unique_ptr<Guide>(new Guide(std::move(compiled), *table, *id));
}

Expected Guide::judge(const Truth& truth) const {
    const Facts facts(truth, table_, edge_);
    const decide::Decision d = decide::decide(facts.facts(), table_);
    Expected out;
    out.verdict = d.verdict;
    out.reason = decide::reason_text(d);
    if (d.effective() == decide::Verdict::redirect || d.effective() == decide::Verdict::rewrite)
        out.krr = {list_of(d, 0, truth, table_), list_of(d, 1, truth, table_)};
    return out;
}

policy::Action Guide::action(policy::Cause cause) const noexcept {
    return edge().mode == policy::table::Mode::enforce ? table_.action(edge(), cause)
                                                       : policy::Action::forward;
}

bool Guide::relaxes(const policy::table::Address& address, mikey::Rule rule) const noexcept {
    const auto* peer = table_.find_peer(address);
    return peer != nullptr && mikey::RuleSet(peer->relax).has(rule);
}

}  // namespace kmsgate::traffic

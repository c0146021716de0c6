// SPDX-License-Identifier: BSD-3-Clause
// Verification of edges, their rules and the allow sets.
#include <algorithm>
#include <bit>

#include "dataplane/krr/pieces.hpp"
#include "policy/table/verify.hpp"

namespace kmsgate::policy::table {
namespace {

constexpr std::size_t kMaxProcessor = 6 * (kMaxText + 32);  // escaped; 32: urn:x-kmsgate:edge:

template <class Enum>
[[nodiscard]] bool is_one_of(Enum value, Enum last) noexcept {
    return std::to_underlying(value) <= std::to_underlying(last);
}

/// The prepared KRR piece: the two fixed texts and a URI between them that opens or closes no element.
[[nodiscard]] bool is_piece_after_id(std::string_view piece) noexcept {
    namespace pieces = krr::pieces;
    if (piece.size() < pieces::before_processor.size() + pieces::before_time.size() ||
        !piece.starts_with(pieces::before_processor) || !piece.ends_with(pieces::before_time))
        return false;
    piece.remove_prefix(pieces::before_processor.size());
    piece.remove_suffix(pieces::before_time.size());
    return !piece.empty() && piece.size() <= kMaxProcessor &&
           std::all_of(piece.begin(), piece.end(),
                       [](char c) { return c > 0x20 && c < 0x7F && c != '<' && c != '>'; });
}

[[nodiscard]] Fault check_failure(const EdgeRecord& edge) {
    for (std::size_t i = 0; i < edge.failure.size(); ++i) {
        const auto action = edge.failure[i];
        if (i >= kCauses) {
            if (std::to_underlying(action) != 0) return "failure: padding is not zero";
            continue;
        }
        const auto cause = static_cast<Cause>(i);
        if (!is_one_of(action, Action::judge) || (bit(action) & allowed_actions(cause)) == 0)
            return fmt::format("failure: {} is no action for {}", std::to_underlying(action),
                               to_string(cause));
    }
    return std::nullopt;
}

[[nodiscard]] Fault check_edge(const View& view, const EdgeRecord& edge) {
    if (Fault bad = check_text(view, edge.name, Charset::name, "name")) return bad;
    if (Fault bad = check_bounds(view, edge.krr_after_id, "krr_after_id")) return bad;
    if (!is_piece_after_id(view.text(edge.krr_after_id))) return "krr_after_id is no piece of a KRR";
    if (edge.domain >= view.count(Section::domains))
        return fmt::format("no domain has the id {}", edge.domain);
    if (!is_one_of(edge.proxy, Proxy::is)) return "unknown proxy kind";
    if (!is_one_of(edge.mode, Mode::bypass)) return "unknown mode";
    if (!is_one_of(edge.in_dialog, InDialog::grandfather)) return "unknown in-dialog setting";
    if (!is_one_of(edge.on_register, Register::alarm)) return "unknown register setting";
    if (Fault bad = check_range(view, edge.udp_ports, Section::ports, "udp_ports")) return bad;
    if (Fault bad = check_range(view, edge.tcp_ports, Section::ports, "tcp_ports")) return bad;
    if (Fault bad = check_range(view, edge.tls_ports, Section::ports, "tls_ports")) return bad;
    for (const Range range : edge.rules)
        if (Fault bad = check_range(view, range, Section::rules, "rules")) return bad;
    if (edge.reserved != 0) return "a reserved field is not zero";
    return check_failure(edge);
}

/// What the rules of an edge, which are known to be sound, ask.
[[nodiscard]] std::uint32_t asks_of(std::span<const RuleRecord> rules, const EdgeRecord& edge) {
    std::uint32_t asks = 0;
    for (const RuleRecord& rule : rules) {
        const std::size_t side = std::to_underlying(rule.side);
        if (rule.needs_user != 0 || edge.proxy == Proxy::is) asks |= ask_bit(Ask::user, side);
        if (rule.tags != 0) asks |= ask_bit(Ask::tags, side);
        if (rule.visited.count != 0) asks |= ask_bit(Ask::visited, side);
    }
    return asks;
}

/// How many KMSs each allow set holds.
using SetSizes = std::vector<std::uint32_t>;

[[nodiscard]] Fault measure_sets(const View& view, SetSizes& sizes) {
    const std::size_t kms = view.count(Section::kms);
    const std::size_t words = view.header().allow_words;
    const auto bits = view.section<std::uint64_t>(Section::allow_bits);
    if (words != (kms + 63) / 64)
        return fmt::format("header: allow sets of {} words for {} KMSs", words, kms);
    if (bits.size() % std::max<std::size_t>(words, 1) != 0 || (words == 0 && !bits.empty()))
        return "section allow_bits: a set is not whole";
    for (std::size_t at = 0; at < bits.size(); at += words) {
        const auto set = bits.subspan(at, words);
        if (kms % 64 != 0 && set.back() >> (kms % 64) != 0)
            return fmt::format("section allow_bits: record {}: bits behind the last KMS", at + words - 1);
        std::uint32_t size = 0;
        for (const std::uint64_t word : set) size += static_cast<std::uint32_t>(std::popcount(word));
        sizes.push_back(size);
    }
    return std::nullopt;
}

/// Allow list, allow set and prepared KRR list say the same.
[[nodiscard]] Fault check_allow(const View& view, const SetSizes& sizes, const RuleRecord& rule) {
    if (Fault bad = check_range(view, rule.allow, Section::kms_lists, "allow list")) return bad;
    if (Fault bad = check_bounds(view, rule.krr_list, "krr_list")) return bad;
    if (rule.allow.count > kMaxAllow) return fmt::format("allow list of {} KMSs", rule.allow.count);
    std::string_view piece = view.text(rule.krr_list);
    if (rule.allow_any != 0) {
        if (rule.allow.count != 0 || rule.allow_bits != 0 || !piece.empty()) return "allow list beside `any`";
        return std::nullopt;
    }
    const std::size_t words = view.header().allow_words;
    if (words == 0) return rule.allow_bits == 0 ? std::nullopt : Fault("allow_bits without KMSs");
    if (rule.allow_bits % words != 0 || rule.allow_bits / words >= sizes.size())
        return "allow_bits is no allow set";
    if (sizes[rule.allow_bits / words] != rule.allow.count) return "allow set and allow list differ";
    const auto set = view.section<std::uint64_t>(Section::allow_bits).subspan(rule.allow_bits, words);
    const auto list =
        view.section<std::uint32_t>(Section::kms_lists).subspan(rule.allow.first, rule.allow.count);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::uint32_t id = list[i];
        if ((set[id / 64] >> (id % 64) & 1U) == 0) return "allow set and allow list differ";
        const auto before = list.first(i);
        if (std::find(before.begin(), before.end(), id) != before.end())
            return "a KMS stands twice in the allow list";
        const std::string_view xml = view.text(view.section<KmsRecord>(Section::kms)[id].xml);
        if (!piece.starts_with(xml)) return "krr_list is not that of the allow list";
        piece.remove_prefix(xml.size());
    }
    if (!piece.empty()) return "krr_list is not that of the allow list";
    return std::nullopt;
}

[[nodiscard]] Fault check_rule(const View& view, const SetSizes& sizes, const RuleRecord& rule) {
    if (Fault bad = check_text(view, rule.name, Charset::name, "name")) return bad;
    if (!is_one_of(rule.side, Side::receiver)) return "unknown side";
    if (!is_one_of(rule.other, Other::any)) return "unknown word for the other side";
    if (rule.side == Side::receiver && rule.other != Other::any)
        return "a receiver rule copies the other side";
    if (rule.allow_any > 1) return "allow_any is neither 0 nor 1";
    const auto tags = static_cast<unsigned>(view.count(Section::tags));
    if (tags < kMaxTags && rule.tags >> tags != 0) return "a tag that is not declared";
    if (Fault bad = check_range(view, rule.users, Section::globs, "users")) return bad;
    if (Fault bad = check_range(view, rule.peers, Section::cidrs, "peers")) return bad;
    if (Fault bad = check_range(view, rule.visited, Section::globs, "visited")) return bad;
    const bool needs_user = rule.tags != 0 || rule.users.count != 0;
    if (rule.needs_user != std::uint8_t{needs_user}) return "needs_user does not fit the conditions";
    return check_allow(view, sizes, rule);
}

}  // namespace

Fault verify_edges(const View& view) {
    if (Fault fault =
            each<EdgeRecord>(view, Section::edges, [&](const EdgeRecord& e) { return check_edge(view, e); }))
        return fault;
    std::vector<std::string_view> names;
    for (const EdgeRecord& edge : view.section<EdgeRecord>(Section::edges))
        names.push_back(view.text(edge.name));
    return check_distinct(std::move(names), "edge");
}

Fault verify_rules(const View& view) {
    SetSizes sizes;
    if (Fault fault = measure_sets(view, sizes)) return fault;
    if (Fault fault = each<RuleRecord>(view, Section::rules,
                                       [&](const RuleRecord& r) { return check_rule(view, sizes, r); }))
        return fault;
    // The rules of all edges, side by side, are the section: none shared, none left over.
    const auto rules = view.section<RuleRecord>(Section::rules);
    const auto edges = view.section<EdgeRecord>(Section::edges);
    std::size_t next = 0;
    for (std::size_t e = 0; e < edges.size(); ++e) {
        const std::size_t first = next;
        for (const Side side : {Side::initiator, Side::receiver}) {
            const Range range = edges[e].rules[std::to_underlying(side)];
            if (range.first != next)
                return fmt::format("section edges: record {}: its rules do not follow", e);
            next += range.count;
            std::vector<std::string_view> names;
            for (const RuleRecord& rule : rules.subspan(range.first, range.count)) {
                if (rule.edge != e || rule.side != side)
                    return fmt::format("section edges: record {}: a rule of another edge or side", e);
                names.push_back(view.text(rule.name));
            }
            if (Fault fault = check_distinct(std::move(names), "rule"))
                return fmt::format("section edges: record {}: {}", e, *fault);
        }
        if (edges[e].asks != asks_of(rules.subspan(first, next - first), edges[e]))
            return fmt::format("section edges: record {}: asks does not fit its rules", e);
    }
    if (next != rules.size()) return fmt::format("section rules: record {}: belongs to no edge", next);
    return std::nullopt;
}

}  // namespace kmsgate::policy::table

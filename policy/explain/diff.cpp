// SPDX-License-Identifier: BSD-3-Clause
#include "policy/explain/diff.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "dataplane/sip/ascii.hpp"
#include "policy/explain/diff_inside.hpp"

namespace kmsgate::policy::explain {
namespace {

void sort_once(Words& words) {
    std::ranges::sort(words);
    const auto twice = std::ranges::unique(words);
    words.erase(twice.begin(), twice.end());
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
    constexpr std::array<std::string_view, 7> kWords = {"kms",  "tag",  "domain", "users",
                                                        "edge", "rule", "peer"};
    return kWords[std::to_underlying(kind)];
}
std::string_view to_string(What what) noexcept {
    constexpr std::array<std::string_view, 4> kWords = {"added", "removed", "changed", "moved"};
    return kWords[std::to_underlying(what)];
}
std::string_view to_string(Effect effect) noexcept {
    constexpr std::array<std::string_view, 3> kWords = {"stricter", "looser", "other"};
    return kWords[std::to_underlying(effect)];
}

std::string text(const table::Table& table, table::Text t) {
    return std::string(table.text(t));
}

std::string cidr_text(const table::CidrRecord& network) {
    constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const bool v4 =
        network.prefix >= 96 && std::equal(kMapped.begin(), kMapped.end(), network.address.begin());
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (v4)
        ::inet_ntop(AF_INET, network.address.data() + kMapped.size(), buffer.data(), buffer.size());
    else
        ::inet_ntop(AF_INET6, network.address.data(), buffer.data(), buffer.size());
    return fmt::format("{}/{}", buffer.data(), v4 ? network.prefix - 96 : network.prefix);
}

Words cidr_words(const table::Table& table, table::Range range) {
    Words out;
    for (const table::CidrRecord& network : table.cidrs(range)) out.push_back(cidr_text(network));
    sort_once(out);
    return out;
}

Words glob_words(const table::Table& table, table::Range range) {
    Words out;
    for (const table::Text glob : table.globs(range)) out.push_back(text(table, glob));
    sort_once(out);
    return out;
}

Words kms_words(const table::Table& table, table::Range range) {
    Words out;
    for (const std::uint32_t id : table.kms_list(range)) out.push_back(text(table, table.kms()[id].name));
    return out;
}

Words kms_keys(const table::Table& table, table::Range range) {
    Words out;
    for (const std::uint32_t id : table.kms_list(range)) {
        out.push_back(text(table, table.kms()[id].uri));
        std::ranges::transform(out.back(), out.back().begin(), sip::lower);
    }
    return out;
}

std::string joined(const Words& words, std::string_view none) {
    return words.empty() ? std::string(none) : fmt::format("{}", fmt::join(words, ", "));
}

Words without(const Words& a, const Words& b) {
    const std::set<std::string_view> known(b.begin(), b.end());
    Words out;
    for (const std::string& word : a)
        if (!known.contains(word)) out.push_back(word);
    return out;
}

std::string plus_minus(const Words& added, const Words& removed) {
    std::string out;
    for (const std::string& word : added) out += (out.empty() ? "+" : " +") + word;
    for (const std::string& word : removed) out += (out.empty() ? "-" : " -") + word;
    return out;
}

void set_value(Change& change, std::string_view subject, std::string_view field, std::string from,
               std::string to) {
    change.what = What::changed;
    change.field = field;
    change.text = fmt::format("{}: {} {}, was {}", subject, field, to.empty() ? "none" : to,
                              from.empty() ? "none" : from);
    change.from = std::move(from);
    change.to = std::move(to);
}

void set_list(Change& change, std::string_view subject, std::string_view field, const Words& from,
              const Words& to) {
    change.what = What::changed;
    change.field = field;
    change.from = joined(from);
    change.to = joined(to);
    change.added = without(to, from);
    change.removed = without(from, to);
    change.text = fmt::format("{}: {} {}", subject, field, plus_minus(change.added, change.removed));
}

std::vector<Change> diff(const table::Table* before, const table::Table& after) {
    std::vector<Change> out;
    const Tables tables{before, after};
    diff_kms(tables, out);
    diff_tags(tables, out);
    diff_domains(tables, out);
    diff_peers(tables, out);
    diff_edges(tables, out);
    return out;
}

}  // namespace kmsgate::policy::explain

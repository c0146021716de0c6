// SPDX-License-Identifier: BSD-3-Clause
#include "tools/replay/tags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <optional>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"

namespace kmsgate::replay {

namespace {

/// One CSV record (RFC 4180 without line ends inside quotes); nullopt for a quote that does not end.
std::optional<std::vector<std::string>> fields_of(std::string_view line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
            out.back() += '"';
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            out.emplace_back();
        } else {
            out.back() += c;
        }
    }
    if (quoted) return std::nullopt;
    for (std::string& f : out) f = std::string(sip::trim(f));
    return out;
}

std::string declared(const policy::table::Table& table) {
    std::string out;
    for (const auto& t : table.tags()) out += (out.empty() ? "" : ", ") + std::string(table.text(t));
    return out.empty() ? "none; declare them under tags: in the policy" : out;
}

std::expected<std::uint32_t, std::string> bits_of(std::string_view words, const policy::table::Table& table) {
    std::uint32_t bits = 0;
    while (!(words = sip::trim(words)).empty()) {
        const std::size_t end = std::min(words.find_first_of(" \t"), words.size());
        const std::string_view word = words.substr(0, end);
        const auto bit = table.find_tag(word);
        if (!bit)
            return std::unexpected(fmt::format("unknown tag `{}`; declared tags: {}", word, declared(table)));
        bits |= 1U << *bit;
        words.remove_prefix(end);
    }
    return bits;
}

std::string load_line(std::string_view line, const policy::table::Table& table, memory::UserTags& tags) {
    const auto fields = fields_of(line);
    if (!fields) return "a quote that does not end; close it with \"";
    if (fields->size() != 3) return fmt::format("{} fields; 3 are needed: domain,user,tags", fields->size());
    const auto& [domain, user, words] = std::tie((*fields)[0], (*fields)[1], (*fields)[2]);
    if (!table.find_domain(domain))
        return fmt::format("unknown domain `{}`; use a name under domains: in the policy", domain);
    const sip::UserUri uri = sip::UserUri::normalise(user);
    if (uri.empty())
        return fmt::format("`{}` is no user URI; write it like sip:alice@mc1.example or tel:+442012345678",
                           user);
    const auto bits = bits_of(words, table);
    if (!bits) return bits.error();
    if (!tags.set(domain, uri.text(), *bits)) return "the table of user tags is full";
    return {};
}

}  // namespace

std::size_t count_users(std::string_view csv) noexcept {
    return std::min(static_cast<std::size_t>(std::ranges::count(csv, '\n')), memory::kMaxUserTags);
}

std::vector<std::string> load_tags(std::string_view csv, std::string_view file,
                                   const policy::table::Table& table, memory::UserTags& tags) {
    std::vector<std::string> faults;
    if (csv.empty())
        faults.push_back(fmt::format(
            "{}:1: the file is empty; its first line must be the header: domain,user,tags", file));
    for (std::size_t number = 1; !csv.empty(); ++number) {
        const std::size_t end = std::min(csv.find('\n'), csv.size());
        const std::string_view line = sip::trim(csv.substr(0, end));
        csv.remove_prefix(std::min(end + 1, csv.size()));
        std::string fault;
        if (number == 1) {
            if (line != "domain,user,tags") fault = "the first line must be the header: domain,user,tags";
        } else if (!line.empty()) {
            fault = load_line(line, table, tags);
        }
        if (!fault.empty()) faults.push_back(fmt::format("{}:{}: {}", file, number, fault));
    }
    return faults;
}

}  // namespace kmsgate::replay

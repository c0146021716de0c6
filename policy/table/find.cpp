// SPDX-License-Identifier: BSD-3-Clause
// Lookups by hash: KMS names and user patterns.
#include <algorithm>
#include <utility>

#include "dataplane/sip/ascii.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::table {
namespace {

[[nodiscard, gnu::noinline]] bool same_but_for_case(const char* known, std::string_view name) noexcept {
    return std::equal(name.begin(), name.end(), known,
                      [](char given, char lower) { return sip::lower(given) == lower; });
}
/// Is `name` the lower-case text at `known` but for letter case? As a rule it is the same text.
[[nodiscard]] inline bool same_name(const char* known, std::string_view name) noexcept {
    return same_bytes(known, name.data(), name.size()) || same_but_for_case(known, name);
}

/// Do the bytes at `known` start with that scheme, of four bytes as a rule?
[[nodiscard]] inline bool same_head(const char* known, std::string_view head) noexcept {
    return head.size() == 4 ? load4(known) == load4(head.data())
                            : same_bytes(known, head.data(), head.size());
}

}  // namespace

/// The ways to look a user's pattern up.
class Patterns {
  public:
    explicit Patterns(const Table& table) noexcept : table_(table), header_(table.header().patterns) {}

    /// The slot of the pattern of that shape whose text is `head` (of these shapes: the scheme with its
    /// colon, else empty) and `text`, joined.
    [[nodiscard, gnu::always_inline]] inline const IndexSlot* find(Shape shape, std::string_view head,
                                                                   std::uint64_t head_hash,
                                                                   std::string_view text) const noexcept {
        const std::size_t size = head.size() + text.size();
        if (!has_length(header_.lengths[std::to_underlying(shape)], size)) return nullptr;
        const std::uint32_t hash =
            key_hash(text_hash(text, header_.seed), head_hash, std::to_underlying(shape));
        return find_slot(table_.pattern_index_, hash, header_.probe, size, [&](const IndexSlot& slot) {
            const char* known = table_.pattern_strings_.data() + slot.text;
            return shape_of(slot) == shape && same_head(known, head) &&
                   same_bytes(known + head.size(), text.data(), text.size());
        });
    }

    /// The longest prefix pattern of a URI without '@'.
    [[nodiscard, gnu::noinline]] const IndexSlot* find_prefix(std::string_view uri) const noexcept {
        for (std::size_t n = std::min(uri.size(), kMaxText); n > 0; --n) {
            if (!has_length(header_.lengths[std::to_underlying(Shape::prefix)], n)) continue;
            if (const IndexSlot* found = find(Shape::prefix, {}, 0, uri.substr(0, n))) return found;
        }
        return nullptr;
    }

    [[nodiscard, gnu::noinline]] const IndexSlot* find_exact(std::string_view uri) const noexcept {
        return find(Shape::exact, {}, 0, uri);
    }

    /// The pattern of the longest suffix of `host`.
    [[nodiscard, gnu::noinline]] const IndexSlot* find_suffix(std::string_view scheme, std::uint64_t head,
                                                              std::string_view host) const noexcept {
        for (std::size_t dot = 0; dot < host.size(); ++dot) {
            if (host[dot] != '.') continue;
            if (const IndexSlot* found = find(Shape::suffix, scheme, head, host.substr(dot + 1)))
                return found;
        }
        return nullptr;
    }

    /// The host pattern, else the suffix pattern, of `scheme` (with its colon) and host.
    [[nodiscard]] const IndexSlot* find_host(std::string_view scheme, std::string_view host) const noexcept {
        const bool sip = scheme.size() == 4 && load4(scheme.data()) == load4("sip:");
        const std::uint64_t head = sip ? table_.sip_hash_ : text_hash(scheme, header_.seed);
        if (const IndexSlot* found = find(Shape::host, scheme, head, host)) return found;
        if (header_.lengths[std::to_underlying(Shape::suffix)] == Lengths{}) return nullptr;
        return find_suffix(scheme, head, host);
    }

    /// The better of `best` and the odd patterns, which stand in falling rank: a pattern, or kNone.
    [[nodiscard, gnu::noinline]] std::uint32_t find_odd(std::string_view uri, std::uint32_t best,
                                                        const OddFinder* finder) const noexcept {
        const auto records = section_of<PatternRecord>(table_.blob_, Section::patterns);
        const auto beats = [&](const PatternRecord& odd) {
            return best == kNone || odd.rank > records[best].rank;
        };
        if (finder != nullptr) {
            const std::uint32_t at = finder->find(uri);
            if (at >= header_.odd_count) return best;
            return beats(records[header_.odd_first + at]) ? header_.odd_first + at : best;
        }
        for (std::uint32_t i = header_.odd_first; i < records.size(); ++i) {
            if (!beats(records[i])) break;
            if (glob_match(table_.pattern_text(records[i].text), uri, false)) return i;
        }
        return best;
    }

  private:
    const Table& table_;
    const PatternsHead& header_;
};

[[gnu::flatten]] std::optional<KmsId> Table::find_kms(std::string_view name) const noexcept {
    if (name.size() > kMaxText) return std::nullopt;
    const IndexSlot* slot =
        find_slot(kms_index_, kms_hash(name, header().kms_seed), header().kms_probe, name.size(),
                  [&](const IndexSlot& s) { return same_name(strings_.data() + s.text, name); });
    if (slot == nullptr) return std::nullopt;
    return slot->value;
}

[[gnu::flatten]] Table::Found Table::find_pattern(const UserText& user, const OddFinder* odd) const noexcept {
    const Patterns patterns(*this);
    const IndexSlot* slot =
        has_length(header().patterns.lengths[0], user.uri.size()) ? patterns.find_exact(user.uri) : nullptr;
    if (slot == nullptr) {
        if (user.host == 0)
            slot = patterns.find_prefix(user.uri);
        else if (user.host != std::string_view::npos)
            slot = patterns.find_host(user.uri.substr(0, user.scheme), user.uri.substr(user.host));
        if (header().patterns.odd_count != 0) [[unlikely]] {
            const std::uint32_t best = slot != nullptr ? slot->name >> 8 : kNone;
            const std::uint32_t found = patterns.find_odd(user.uri, best, odd);
            if (found != best)
                return {section_of<PatternRecord>(blob_, Section::patterns)[found].domain, found};
        }
    }
    if (slot == nullptr) return {};
    return {slot->value >> 3, slot->name >> 8};
}

std::uint64_t Table::rank(const Found& found) const noexcept {
    return found ? section_of<PatternRecord>(blob_, Section::patterns)[found.pattern].rank : 0;
}

UserText UserText::of(std::string_view uri) noexcept {
    constexpr std::size_t npos = std::string_view::npos;
    const std::size_t colon = uri.find(':');
    const std::size_t at = uri.find('@');
    UserText out{uri, 0, 0};
    if (at == npos) return out;
    out.scheme = colon + 1;
    out.host = colon < at && uri.find('@', at + 1) == npos ? at + 1 : npos;
    return out;
}

std::optional<Table::UserMatch> Table::match_user(std::string_view uri, const OddFinder* odd) const noexcept {
    const Found found = find_pattern(UserText::of(uri), odd);
    if (!found) return std::nullopt;
    return UserMatch{found.domain, rank(found)};
}

std::span<const PatternRecord> Table::patterns() const noexcept {
    return section_of<PatternRecord>(blob_, Section::patterns);
}

std::size_t Table::odd_count() const noexcept {
    return header().patterns.odd_count;
}

std::string_view Table::odd_glob(std::size_t at) const noexcept {
    const auto records = section_of<PatternRecord>(blob_, Section::patterns);
    return pattern_text(records[header().patterns.odd_first + at].text);
}

std::optional<DomainId> Table::find_user(std::string_view normalised) const noexcept {
    const Found found = find_pattern(UserText::of(normalised));
    if (!found) return std::nullopt;
    return found.domain;
}

}  // namespace kmsgate::policy::table

// SPDX-License-Identifier: BSD-3-Clause
// Lookups by hash: KMS names and user patterns.
#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::table {
namespace {

/// The patterns of a table, and the ways to look one up.
class Patterns {
  public:
    explicit Patterns(std::span<const std::byte> blob) noexcept
        : blob_(blob),
          header_(header_of(blob)),
          records_(section_of<PatternRecord>(blob, Section::patterns)),
          slots_(section_of<IndexSlot>(blob, Section::pattern_index)) {}

    /// The pattern of that shape whose text is `a` and `b`, joined.
    [[nodiscard]] const PatternRecord* find(Shape shape, std::string_view a,
                                            std::string_view b = {}) const noexcept {
        const PatternKey key(shape, a, b);
        if (!key.fits()) return nullptr;
        const std::uint32_t found = find_slot(
            slots_, index_hash(key.key(), header_.hash_seed), header_.pattern_probe, [&](std::uint32_t i) {
                return records_[i].shape == shape && text_of(blob_, records_[i].text) == key.text();
            });
        return found == kNone ? nullptr : &records_[found];
    }

    /// The longest prefix pattern of a URI without '@'.
    [[nodiscard]] const PatternRecord* find_prefix(std::string_view uri) const noexcept {
        for (std::size_t n = std::min(uri.size(), kMaxText); n > 0; --n) {
            if (!has_length(header_.prefix_lengths, n)) continue;
            if (const PatternRecord* found = find(Shape::prefix, uri.substr(0, n))) return found;
        }
        return nullptr;
    }

    /// The host pattern, else the suffix pattern of the longest suffix, of `scheme` (with its colon) and
    /// host.
    [[nodiscard]] const PatternRecord* find_host(std::string_view scheme,
                                                 std::string_view host) const noexcept {
        if (const PatternRecord* found = find(Shape::host, scheme, host)) return found;
        for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
            const std::string_view suffix = host.substr(dot + 1);
            if (!has_length(header_.suffix_lengths, scheme.size() + suffix.size())) continue;
            if (const PatternRecord* found = find(Shape::suffix, scheme, suffix)) return found;
        }
        return nullptr;
    }

    /// The better of `best` and the odd patterns, which stand in falling rank.
    [[nodiscard]] const PatternRecord* find_odd(std::string_view uri, const PatternRecord* best,
                                                const OddFinder* finder) const noexcept {
        if (finder != nullptr && header_.odd_count != 0) {
            const std::uint32_t at = finder->find(uri);
            if (at >= header_.odd_count) return best;
            const PatternRecord& odd = records_[header_.odd_first + at];
            return best != nullptr && odd.rank <= best->rank ? best : &odd;
        }
        for (const PatternRecord& odd : records_.subspan(header_.odd_first)) {
            if (best != nullptr && odd.rank <= best->rank) break;
            if (glob_match(text_of(blob_, odd.text), uri, false)) return &odd;
        }
        return best;
    }

  private:
    std::span<const std::byte> blob_;
    const Header& header_;
    std::span<const PatternRecord> records_;
    std::span<const IndexSlot> slots_;
};

}  // namespace

std::optional<KmsId> Table::find_kms(std::string_view name) const noexcept {
    if (name.size() > kMaxText) return std::nullopt;
    std::array<char, kMaxText> buffer;
    std::transform(name.begin(), name.end(), buffer.begin(), sip::lower);
    const std::string_view key(buffer.data(), name.size());
    const auto names = section_of<KmsNameRecord>(blob_, Section::kms_names);
    const std::uint32_t found = find_slot(
        section_of<IndexSlot>(blob_, Section::kms_index), index_hash(key, header_of(blob_).hash_seed),
        header_of(blob_).kms_probe, [&](std::uint32_t i) { return text(names[i].name) == key; });
    if (found == kNone) return std::nullopt;
    return names[found].kms;
}

std::optional<Table::UserMatch> Table::match_user(std::string_view uri, const OddFinder* odd) const noexcept {
    const Patterns patterns(blob_);
    const PatternRecord* best = patterns.find(Shape::exact, uri);
    if (best == nullptr) {
        const std::size_t colon = uri.find(':');
        const std::size_t at = uri.find('@');
        if (at == std::string_view::npos)
            best = patterns.find_prefix(uri);
        else if (colon < at && uri.find('@', at + 1) == std::string_view::npos)
            best = patterns.find_host(uri.substr(0, colon + 1), uri.substr(at + 1));
        best = patterns.find_odd(uri, best, odd);
    }
    if (best == nullptr) return std::nullopt;
    return UserMatch{best->domain, best->rank};
}

std::size_t Table::odd_count() const noexcept {
    return header_of(blob_).odd_count;
}

std::string_view Table::odd_glob(std::size_t at) const noexcept {
    const auto records = section_of<PatternRecord>(blob_, Section::patterns);
    return text_of(blob_, records[header_of(blob_).odd_first + at].text);
}

std::optional<DomainId> Table::find_user(std::string_view normalised) const noexcept {
    const auto match = match_user(normalised);
    if (!match) return std::nullopt;
    return match->domain;
}

}  // namespace kmsgate::policy::table

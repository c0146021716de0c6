// SPDX-License-Identifier: BSD-3-Clause
// Reads a sealed table in place. Nothing is copied; every lookup is bounded by what verify() has proved.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/table/format.hpp"

namespace kmsgate::policy::table {

using KmsId = std::uint32_t;
using EdgeId = std::uint32_t;
using DomainId = std::uint32_t;
using RuleId = std::uint32_t;
using Seal = std::array<std::uint8_t, 32>;     ///< SHA-256 of a whole table
using Address = std::array<std::uint8_t, 16>;  ///< IPv4 as ::ffff:a.b.c.d

/// Why a blob is no table: one sentence for the operator ("section rules: record 3: allow list passes the
/// end").
struct VerifyError {
    std::string what;
};

/// Looks a URI up among the odd patterns of a table, all at once.
class OddFinder {
  public:
    OddFinder() = default;
    OddFinder(const OddFinder&) = delete;
    OddFinder& operator=(const OddFinder&) = delete;
    virtual ~OddFinder() = default;
    /// Place of the first odd pattern that matches, from 0 in the table's order (falling rank), or kNone.
    [[nodiscard]] virtual std::uint32_t find(std::string_view uri) const noexcept = 0;
};

/// A user's URI in normal form and where its parts start.
struct UserText {
    std::string_view uri;
    std::size_t scheme = 0;  ///< bytes of the scheme with its colon
    /// Where the host starts; 0: there is no '@'; npos: no pattern with any host can match (an '@' before the
    /// colon, or several).
    std::size_t host = 0;

    [[nodiscard]] static UserText of(std::string_view uri) noexcept;
};

/// View of a verified table. The blob must stay in place and unchanged (8-byte aligned) while the view is
/// used.
class Table {
  public:
    /// Checks magic, version, sizes, digests, every offset, count, index, enumerator and text of `blob`.
    /// `known`: a table whose blob still stands unchanged; patterns that are byte for byte the same as there
    /// have been proved with it and are not proved again.
    [[nodiscard]] static std::expected<Table, VerifyError> open(std::span<const std::byte> blob,
                                                                const Table* known = nullptr);

    /// "sha256:" and 64 hexadecimal digits.
    [[nodiscard]] std::string digest() const;
    /// The same as bytes: no two tables share it.
    [[nodiscard]] const Seal& seal() const noexcept { return header_->digest; }
    [[nodiscard]] std::span<const std::byte> blob() const noexcept { return blob_; }

    [[nodiscard]] std::string_view text(Text t) const noexcept {
        return {strings_.data() + t.offset, t.size};
    }
    /// Of a pattern, whose texts stand by themselves.
    [[nodiscard]] std::string_view pattern_text(Text t) const noexcept {
        return {pattern_strings_.data() + t.offset, t.size};
    }
    /// Are the user patterns the same, with the same numbers of domains?
    [[nodiscard]] bool same_patterns_as(const Table& other) const noexcept {
        return header_->patterns.digest == other.header_->patterns.digest;
    }
    [[nodiscard]] std::optional<EdgeId> find_edge(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<DomainId> find_domain(std::string_view name) const noexcept;
    /// Bit of a declared tag.
    [[nodiscard]] std::optional<unsigned> find_tag(std::string_view name) const noexcept;
    /// KMS of that URI or alias: ASCII case-insensitive byte equality, nothing stripped (TS facts: KMS URI
    /// comparison).
    [[nodiscard]] std::optional<KmsId> find_kms(std::string_view name) const noexcept;
    /// Domain of the most specific user pattern that matches a URI in normal form (sip::UserUri::text() or
    /// tel()).
    [[nodiscard]] std::optional<DomainId> find_user(std::string_view normalised) const noexcept;
    /// The same with the rank of the pattern that won, so that two spellings of one user can be compared.
    struct UserMatch {
        DomainId domain = 0;
        std::uint64_t rank = 0;
    };
    [[nodiscard]] std::optional<UserMatch> match_user(std::string_view normalised,
                                                      const OddFinder* odd = nullptr) const noexcept;
    /// The pattern that wins, and its domain.
    struct Found {
        DomainId domain = kNone;
        std::uint32_t pattern = kNone;
        explicit operator bool() const noexcept { return pattern != kNone; }
    };
    /// What match_user() finds, without its rank, which few need.
    [[nodiscard]] Found find_pattern(const UserText& user, const OddFinder* odd = nullptr) const noexcept;
    /// Only the user's scheme and host tell which pattern wins: no other one could match.
    [[nodiscard]] bool host_decides(const UserText& user) const noexcept {
        const std::size_t n = user.uri.size();
        const bool exact = n < 256 && (header_->patterns.lengths[0][n / 64] >> (n % 64) & 1U) != 0;
        return user.host != 0 && user.host != std::string_view::npos && header_->patterns.odd_count == 0 &&
               !exact;
    }
    /// How specific the pattern is; 0: none was found.
    [[nodiscard]] std::uint64_t rank(const Found& found) const noexcept;
    /// The peer whose longest CIDR holds the address.
    [[nodiscard]] const PeerRecord* find_peer(const Address& address) const noexcept;

    [[nodiscard]] std::span<const KmsRecord> kms() const noexcept { return kms_; }
    [[nodiscard]] std::span<const Text> tags() const noexcept { return tags_; }
    [[nodiscard]] std::span<const DomainRecord> domains() const noexcept { return domains_; }
    [[nodiscard]] std::span<const EdgeRecord> edges() const noexcept { return edges_; }
    [[nodiscard]] std::span<const RuleRecord> rules() const noexcept { return rules_; }
    [[nodiscard]] std::span<const PeerRecord> peers() const noexcept { return peers_; }
    [[nodiscard]] std::span<const PatternRecord> patterns() const noexcept;
    /// Globs of the odd user patterns, in falling rank.
    [[nodiscard]] std::size_t odd_count() const noexcept;
    [[nodiscard]] std::string_view odd_glob(std::size_t at) const noexcept;

    /// Rules of one side of an edge, in order. The id of the first is edge.rules[side].first.
    [[nodiscard]] std::span<const RuleRecord> rules(const EdgeRecord& edge, Side side) const noexcept {
        const Range range = edge.rules[static_cast<std::size_t>(side)];
        return rules_.subspan(range.first, range.count);
    }
    /// Is the KMS in the rule's allow set? Always true for allow_any.
    [[nodiscard]] bool allows(const RuleRecord& rule, KmsId kms) const noexcept {
        if (rule.allow_any != 0) return true;
        if (kms >= kms_.size()) return false;
        return (allow_bits_[rule.allow_bits + kms / 64] >> (kms % 64) & 1U) != 0;
    }
    [[nodiscard]] std::span<const std::uint32_t> kms_list(Range range) const noexcept {
        return kms_lists_.subspan(range.first, range.count);
    }
    [[nodiscard]] std::span<const Text> globs(Range range) const noexcept {
        return globs_.subspan(range.first, range.count);
    }
    [[nodiscard]] std::span<const CidrRecord> cidrs(Range range) const noexcept {
        return cidrs_.subspan(range.first, range.count);
    }
    [[nodiscard]] std::span<const std::uint16_t> ports(Range range) const noexcept {
        return ports_.subspan(range.first, range.count);
    }
    [[nodiscard]] Action action(const EdgeRecord& edge, Cause cause) const noexcept {
        return edge.failure[static_cast<std::size_t>(cause)];
    }

    /// Does some rule of the edge's side ask that of messages?
    [[nodiscard]] static bool asks(const EdgeRecord& edge, Ask ask, Side side) noexcept {
        return (edge.asks & ask_bit(ask, static_cast<std::size_t>(side))) != 0;
    }

  private:
    friend class Patterns;
    explicit Table(std::span<const std::byte> blob) noexcept;
    [[nodiscard]] const Header& header() const noexcept { return *header_; }

    std::span<const std::byte> blob_;
    const Header* header_;
    std::uint64_t sip_hash_;  ///< of "sip:", the scheme of nearly every user
    std::span<const char> strings_;
    std::span<const char> pattern_strings_;
    std::span<const KmsRecord> kms_;
    std::span<const IndexSlot> kms_index_;
    std::span<const IndexSlot> pattern_index_;
    std::span<const Text> tags_;
    std::span<const DomainRecord> domains_;
    std::span<const EdgeRecord> edges_;
    std::span<const RuleRecord> rules_;
    std::span<const std::uint32_t> kms_lists_;
    std::span<const std::uint64_t> allow_bits_;
    std::span<const Text> globs_;
    std::span<const CidrRecord> cidrs_;
    std::span<const PeerRecord> peers_;
    std::span<const std::uint16_t> ports_;
};

/// Does `address` lie in the network? A network shorter than /96 (of the 128 bits) holds no IPv4 address.
[[nodiscard]] bool contains(const CidrRecord& network, const Address& address) noexcept;

/// `*` stands for any bytes but '@' (users) or for any bytes at all (visited networks); the whole text must
/// match. Letter case counts, for users because both sides are in normal form. A glob longer than kMaxText
/// bytes matches nothing. Linear time, no recursion.
[[nodiscard]] bool glob_match(std::string_view glob, std::string_view text, bool star_matches_at) noexcept;

/// Header::digest as the blob's bytes call for it; the blob must be at least a Header long, no more is asked
/// of it. All zeros: no memory.
[[nodiscard]] Digest blob_digest(std::span<const std::byte> blob);
/// PatternsHead::digest in the same way.
[[nodiscard]] Digest patterns_digest(std::span<const std::byte> blob);

}  // namespace kmsgate::policy::table

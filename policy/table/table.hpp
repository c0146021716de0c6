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

/// View of a verified table. The blob must stay in place and unchanged (8-byte aligned) while the view is
/// used.
class Table {
  public:
    /// Checks magic, version, sizes, digest, every offset, count, index, enumerator and text of `blob`.
    [[nodiscard]] static std::expected<Table, VerifyError> open(std::span<const std::byte> blob);

    /// "sha256:" and 64 hexadecimal digits.
    [[nodiscard]] std::string digest() const;
    [[nodiscard]] std::span<const std::byte> blob() const noexcept { return blob_; }

    [[nodiscard]] std::string_view text(Text t) const noexcept;
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
    /// The peer whose longest CIDR holds the address.
    [[nodiscard]] const PeerRecord* find_peer(const Address& address) const noexcept;

    [[nodiscard]] std::span<const KmsRecord> kms() const noexcept;
    [[nodiscard]] std::span<const Text> tags() const noexcept;
    [[nodiscard]] std::span<const DomainRecord> domains() const noexcept;
    [[nodiscard]] std::span<const EdgeRecord> edges() const noexcept;
    [[nodiscard]] std::span<const RuleRecord> rules() const noexcept;
    [[nodiscard]] std::span<const PeerRecord> peers() const noexcept;
    /// Globs of the odd user patterns, in falling rank.
    [[nodiscard]] std::size_t odd_count() const noexcept;
    [[nodiscard]] std::string_view odd_glob(std::size_t at) const noexcept;

    /// Rules of one side of an edge, in order. The id of the first is edge.rules[side].first.
    [[nodiscard]] std::span<const RuleRecord> rules(const EdgeRecord& edge, Side side) const noexcept;
    /// Is the KMS in the rule's allow set? Always true for allow_any.
    [[nodiscard]] bool allows(const RuleRecord& rule, KmsId kms) const noexcept;
    [[nodiscard]] std::span<const std::uint32_t> kms_list(Range range) const noexcept;
    [[nodiscard]] std::span<const Text> globs(Range range) const noexcept;
    [[nodiscard]] std::span<const CidrRecord> cidrs(Range range) const noexcept;
    [[nodiscard]] std::span<const std::uint16_t> ports(Range range) const noexcept;
    [[nodiscard]] Action action(const EdgeRecord& edge, Cause cause) const noexcept {
        return edge.failure[static_cast<std::size_t>(cause)];
    }

  private:
    explicit Table(std::span<const std::byte> blob) noexcept : blob_(blob) {}
    template <class T>
    [[nodiscard]] std::span<const T> section(Section s) const noexcept;
    [[nodiscard]] const Header& header() const noexcept;

    std::span<const std::byte> blob_;
};

/// Does `address` lie in the network? A network shorter than /96 (of the 128 bits) holds no IPv4 address.
[[nodiscard]] bool contains(const CidrRecord& network, const Address& address) noexcept;

/// `*` stands for any bytes but '@' (users) or for any bytes at all (visited networks); the whole text must
/// match. Letter case counts, for users because both sides are in normal form. A glob longer than kMaxText
/// bytes matches nothing. Linear time, no recursion.
[[nodiscard]] bool glob_match(std::string_view glob, std::string_view text, bool star_matches_at) noexcept;

/// Hash of the indexes: seeded, over bytes as given (the caller lower-cases KMS names).
[[nodiscard]] std::uint32_t index_hash(std::string_view key, std::uint64_t seed) noexcept;

/// SHA-256 of the blob with its digest field taken as zero; the blob must be at least a Header long.
[[nodiscard]] std::array<std::uint8_t, 32> blob_digest(std::span<const std::byte> blob);

}  // namespace kmsgate::policy::table

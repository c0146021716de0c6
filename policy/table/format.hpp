// SPDX-License-Identifier: BSD-3-Clause
// The sealed policy table, byte by byte: one relocatable blob, little-endian, no pointers, every record of
// fixed size and without padding, every section 8-byte aligned. The compiler writes it, Table::open() proves
// every bound, Table reads it. Knows nothing of YAML.
//
// The sections of the user patterns, by far the largest of a large policy, stand last. They refer to nothing
// outside of them but domains, by number, and have a digest of their own: a policy whose patterns did not
// change has the same bytes there, which need not be made, digested or proved again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "policy/table/cause.hpp"

namespace kmsgate::policy::table {

inline constexpr std::array<char, 8> kMagic = {'K', 'M', 'S', 'G', 'T', 'B', 'L', '\n'};
inline constexpr std::uint32_t kFormatVersion = 4;
inline constexpr std::size_t kMaxBlob = std::size_t{1} << 30;
inline constexpr std::uint32_t kNone = 0xFFFFFFFF;
inline constexpr std::size_t kMaxAllow = 64;
inline constexpr std::size_t kMaxTags = 32;
inline constexpr std::uint32_t kMaxProbe = 64;  ///< slots that a lookup may look at
inline constexpr std::size_t kMaxText = 255;    ///< bytes of a name, URI, alias or glob

/// Bytes in the strings section; of patterns and their index in pattern_strings.
struct Text {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};
/// Records first .. first + count - 1 of the section that the field names.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

enum class Section : std::uint32_t {
    strings,          ///< char
    kms,              ///< KmsRecord
    kms_names,        ///< KmsNameRecord: URIs and aliases, lower case
    kms_index,        ///< IndexSlot over kms_names; value: the KMS
    tags,             ///< Text, in bit order
    domains,          ///< DomainRecord
    edges,            ///< EdgeRecord
    rules,            ///< RuleRecord, initiator rules of an edge before its receiver rules
    kms_lists,        ///< u32 KMS ids: ordered allow lists, secondary lists
    allow_bits,       ///< u64 words: allow sets
    globs,            ///< Text: `when.user` and `when.visited`
    cidrs,            ///< CidrRecord
    peers,            ///< PeerRecord
    ports,            ///< u16
    pattern_strings,  ///< char: the texts of patterns, from here on to the end the patterns' part
    patterns,         ///< PatternRecord: users of domains; the odd ones stand last
    pattern_index,    ///< IndexSlot over the patterns that are not odd; value: pattern_value()
    count_
};
inline constexpr std::size_t kSections = static_cast<std::size_t>(Section::count_);
inline constexpr std::size_t kPatternSections = 3;  ///< the last ones

/// Shapes of user patterns.
enum class Shape : std::uint8_t {
    exact,   ///< no `*`; text: the whole URI
    host,    ///< scheme:*@host; text: scheme:host
    suffix,  ///< scheme:*@*.suffix; text: scheme:suffix
    prefix,  ///< literal then one `*` at the end, no `@`; text: the literal
    odd,     ///< everything else; text: the glob
};
inline constexpr std::size_t kIndexedShapes = 4;  ///< those before odd

/// A set of text lengths, 0 to 255: bit n of the 256.
using Lengths = std::array<std::uint64_t, 4>;

struct SectionEntry {
    std::uint64_t offset = 0;  ///< from the blob's start, multiple of 8
    std::uint64_t count = 0;   ///< records
};

using Digest = std::array<std::uint8_t, 32>;  ///< SHA-256; all zeros is none

/// What the header says of the patterns.
struct PatternsHead {
    /// Over the rest of this head, the counts of the three sections, and all bytes from the first of them to
    /// the end.
    Digest digest{};
    std::uint64_t seed = 0;                         ///< of pattern_index
    std::array<Lengths, kIndexedShapes> lengths{};  ///< by shape: lengths of the texts that there are
    std::uint32_t probe = 0;                        ///< longest probe sequence of pattern_index
    std::uint32_t odd_first = 0;                    ///< first odd pattern
    std::uint32_t odd_count = 0;
    std::uint32_t domains = 0;  ///< one more than the greatest domain that a pattern names; 0: no patterns
};

struct Header {
    std::array<char, 8> magic{};
    std::uint32_t version = 0;
    std::uint32_t header_size = 0;
    std::uint64_t total_size = 0;
    /// Over all that stands before the sections of the patterns, this field taken as zero. The patterns'
    /// digest is part of it, so that it tells whole tables apart.
    Digest digest{};
    std::uint64_t kms_seed = 0;     ///< of kms_index
    std::uint32_t kms_probe = 0;    ///< longest probe sequence of kms_index
    std::uint32_t allow_words = 0;  ///< u64 words of one allow set
    PatternsHead patterns;
    std::array<SectionEntry, kSections> sections{};
};

/// Open addressing, linear probing, power-of-two size; see key_hash() for the keys. A slot holds all that a
/// lookup needs but the bytes to compare: two cache lines an entry found, one as a rule for what is not
/// there.
struct IndexSlot {
    std::uint32_t hash = 0;
    std::uint32_t name = kNone;  ///< entry << 8 | bytes of its text; kNone: free
    std::uint32_t text = 0;      ///< where the text starts among the strings
    std::uint32_t value = 0;     ///< what the lookup is for
};
inline constexpr std::uint32_t kMaxIndexed = 0xFFFFFF;  ///< entries of one index

struct KmsRecord {
    Text uri;   ///< the policy's own spelling
    Text xml;   ///< <KmsUri>..</KmsUri>, escaped
    Text name;  ///< short name
    std::uint64_t key_period = 0;
    std::uint64_t key_offset = 0;
};
struct KmsNameRecord {
    Text name;  ///< lower case
    std::uint32_t kms = 0;
    std::uint32_t reserved = 0;
};
struct DomainRecord {
    Text name;
    std::uint32_t home = kNone;  ///< KMS id; kNone: the policy names none
    std::uint32_t reserved = 0;
    Range secondary;  ///< kms_lists
};

enum class Proxy : std::uint8_t { cs, is };
enum class Mode : std::uint8_t { enforce, shadow, bypass };
enum class InDialog : std::uint8_t { enforce, grandfather };
enum class Register : std::uint8_t { redirect, alarm };
enum class Side : std::uint8_t { initiator, receiver };
enum class Other : std::uint8_t { copy, any };

/// What the rules of an edge ask of messages: of each side a bit, the initiator's first.
enum class Ask : std::uint8_t {
    user,  ///< whose user it is, or which one: an is edge with rules of that side, a tag or a user condition
    tags,  ///< a tag condition
    visited,  ///< a visited condition
};
[[nodiscard]] constexpr std::uint32_t ask_bit(Ask ask, std::size_t side) noexcept {
    return std::uint32_t{1} << (2 * std::size_t{std::to_underlying(ask)} + side);
}

struct EdgeRecord {
    Text name;
    Text krr_after_id;  ///< prepared KRR piece (krr::piece_after_id)
    std::uint32_t domain = 0;
    Proxy proxy = Proxy::cs;
    Mode mode = Mode::enforce;
    InDialog in_dialog = InDialog::enforce;
    Register on_register = Register::redirect;
    std::array<Range, 2> rules{};  ///< by side
    Range udp_ports;
    Range tcp_ports;
    Range tls_ports;
    std::uint32_t redirects_per_second = 0;
    std::uint32_t per_source = 0;
    std::uint32_t asks = 0;  ///< ask_bit() of all that some rule asks
    std::uint32_t reserved = 0;
    std::array<Action, (kCauses + 7) / 8 * 8> failure{};  ///< by cause; the rest zero
};

struct RuleRecord {
    Text name;
    Text krr_list;  ///< joined krr::piece_kms of the allow list
    std::uint32_t edge = 0;
    Side side = Side::initiator;
    Other other = Other::copy;
    std::uint8_t allow_any = 0;
    std::uint8_t needs_user = 0;  ///< a tag or user condition stands in `when`
    std::uint32_t tags = 0;       ///< one of these bits; 0: no condition
    std::uint32_t allow_bits =
        0;          ///< first u64 word of the allow set, a multiple of allow_words; equal sets are shared
    Range users;    ///< globs; count 0: no condition
    Range peers;    ///< cidrs
    Range visited;  ///< globs
    Range allow;    ///< kms_lists, in order; empty with allow_any
};

struct CidrRecord {
    std::array<std::uint8_t, 16> address{};  ///< IPv4 as ::ffff:a.b.c.d
    std::uint32_t prefix = 0;                ///< bits of the 128
    std::uint32_t reserved = 0;
};
struct PeerRecord {
    Text name;
    Range addresses;          ///< cidrs
    std::uint64_t relax = 0;  ///< mikey::RuleSet bits
    std::uint32_t trusted = 0;
    std::uint32_t reserved = 0;
};

/// Value of a slot of pattern_index.
[[nodiscard]] constexpr std::uint32_t pattern_value(std::uint32_t domain, Shape shape) noexcept {
    return domain << 3 | static_cast<std::uint32_t>(shape);
}
inline constexpr std::uint32_t kMaxDomains = 1U << 29;

struct PatternRecord {
    Text text;  ///< in pattern_strings
    std::uint32_t domain = 0;
    Shape shape = Shape::exact;
    std::array<std::uint8_t, 3> reserved{};
    std::uint64_t rank =
        0;  ///< more specific = greater: exact, exact host, longer host, longer prefix, more literals
};

template <class T, std::size_t Size>
inline constexpr bool is_record = sizeof(T) == Size && std::has_unique_object_representations_v<T>;
static_assert(is_record<Header, 528> && is_record<PatternsHead, 184> && is_record<KmsRecord, 40> &&
              is_record<KmsNameRecord, 16> && is_record<DomainRecord, 24> && is_record<EdgeRecord, 112> &&
              is_record<RuleRecord, 64> && is_record<CidrRecord, 24> && is_record<PeerRecord, 32> &&
              is_record<PatternRecord, 24> && is_record<IndexSlot, 16>);

}  // namespace kmsgate::policy::table

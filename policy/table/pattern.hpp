// SPDX-License-Identifier: BSD-3-Clause
// User patterns: one normal form, a shape that tells how they are looked up, and a rank that tells which one
// wins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "policy/table/format.hpp"

namespace kmsgate::policy::table {

/// Patterns of shape odd that one policy may hold: these are tried one by one.
inline constexpr std::size_t kMaxOdd = 1000;

/// A user pattern as the table stores it.
///
/// Two patterns of different domains tie (are an error) when one user could match both with the same rank:
/// - not odd: exactly when shape and text are equal; different texts of one shape never meet with equal rank,
/// nor do
///   different shapes, nor an odd and a not odd one (each byte that sets them apart counts in the rank);
/// - both odd: when the ranks are equal and intersect() is true.
struct Pattern {
    std::string text;  ///< see Shape: the part that is looked up
    Shape shape = Shape::odd;
    std::uint64_t rank = 0;  ///< see rank_of()
    friend bool operator==(const Pattern&, const Pattern&) = default;
};

/// Pattern of a glob as the policy writes it ("sip:*@mc1.example"): normalised by the rules of user URIs
/// (sip::UserUri), `**` written as `*`. Error: one clause that says what is wrong ("no scheme; ..."), for the
/// operator.
[[nodiscard]] std::expected<Pattern, std::string> make_pattern(std::string_view glob);

/// The glob in normal form that the pattern stands for; what glob_match() takes.
[[nodiscard]] std::string to_glob(Shape shape, std::string_view text);
[[nodiscard]] inline std::string to_glob(const Pattern& pattern) {
    return to_glob(pattern.shape, pattern.text);
}

/// Shape, stored text and rank of a glob that is in normal form already (at most kMaxText bytes).
[[nodiscard]] Pattern classify(std::string_view normal_glob);

/// How specific a glob in normal form is; greater wins. From the highest bit: no `*` at all (bit 33); a host
/// without `*` (bit 32); bytes of the host behind its last `*` (bits 24-31); bytes before the first `*` (bits
/// 16-23); bytes that are not `*` (bits 0-15). The host is what stands behind the last '@'; without '@' there
/// is none.
[[nodiscard]] std::uint64_t rank_of(std::string_view normal_glob) noexcept;

/// Could one text match both globs (both in normal form; `*` stands for no '@')? Linear time. Whether that
/// text would be a URI is not asked.
[[nodiscard]] bool intersect(std::string_view glob_a, std::string_view glob_b) noexcept;

}  // namespace kmsgate::policy::table

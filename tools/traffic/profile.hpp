// SPDX-License-Identifier: BSD-3-Clause
// A traffic profile: what is sent, between whom, in which shares and sizes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::traffic {

enum class Kind : std::uint8_t {
#define X(name, text, meaning) name,
#include "tools/traffic/kind.def"
#undef X
    count_
};
enum class Share : std::uint8_t {
#define X(name, text, value, meaning) name,
#include "tools/traffic/share.def"
#undef X
    count_
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::count_);
inline constexpr std::size_t kShares = static_cast<std::size_t>(Share::count_);

/// Names as in profiles, and what they mean, in order.
struct Term {
    std::string_view name;
    std::string_view meaning;
};
[[nodiscard]] std::span<const Term> kinds() noexcept;
[[nodiscard]] std::span<const Term> shares() noexcept;
[[nodiscard]] inline std::string_view to_string(Kind kind) noexcept {
    return kinds()[static_cast<std::size_t>(kind)].name;
}

struct Sizes {
    std::size_t least = 0, most = 0;
};
/// How often which user calls: all alike, or the n-th about 1/n as often as the first.
enum class Draw : std::uint8_t { zipf, uniform };

/// Most users, KMSs, domains, VLANs of a profile; most weight of one kind.
inline constexpr std::uint64_t kMostUsers = 10'000'000;
inline constexpr std::size_t kMostNames = 1000;
inline constexpr std::uint64_t kMostWeight = 1'000'000;
inline constexpr Sizes kInviteBounds{2400, 6500}, kIMessageBounds{500, 1400}, kMtuBounds{576, 9000};

struct Profile {
    std::string name;
    std::string title;
    std::array<std::uint64_t, kKinds> mix{};  ///< weights, by kind
    std::array<unsigned, kShares> share{};    ///< per cent, by share
    std::uint64_t users = 10'000;
    Draw draw = Draw::zipf;
    /// The first is the one inside; a policy's domains take their place.
    std::vector<std::string> domains{"mc1.example", "mc2.example"};
    /// Each domain's home KMS, in turn; a policy's KMSs take their place.
    std::vector<std::string> kms{"kms.a.example", "kms.b.example", "kms.c.example"};
    Sizes invite{2400, 3200};
    Sizes i_message{650, 710};
    std::size_t mtu = 1500;
    std::vector<std::uint16_t> vlans{7};  ///< one tag, or two: outer and inner
    std::vector<std::string> hostile;     ///< names of shapes; empty: all
    std::uint64_t talk = 400;             ///< length of a call, in milliseconds

    [[nodiscard]] unsigned of(Share s) const noexcept { return share[static_cast<std::size_t>(s)]; }
    [[nodiscard]] std::uint64_t weight() const noexcept;
};

/// Every share at its default, no kind in the mix.
[[nodiscard]] Profile plain_profile();
/// Reads a profile. All faults at once, each "file:line:column: what is wrong; what would be right".
[[nodiscard]] std::expected<Profile, std::vector<std::string>> read_profile(std::string_view yaml,
                                                                            const std::string& file);
/// Names and texts of the profiles that are known without a file.
struct BuiltIn {
    std::string_view name;
    std::string_view yaml;
};
[[nodiscard]] std::span<const BuiltIn> built_in_profiles() noexcept;

/// Sets one weight or share by name ("call", "tcp"); what is wrong, else empty.
[[nodiscard]] std::string set_mix(Profile& profile, std::string_view name, std::uint64_t weight);
[[nodiscard]] std::string set_share(Profile& profile, std::string_view name, std::uint64_t percent);

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "policy/language/problem.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::array<Term, kKinds> kKindTerms{{
#define X(name, text, meaning) {text, meaning},
#include "tools/traffic/kind.def"
#undef X
}};
constexpr std::array<Term, kShares> kShareTerms{{
#define X(name, text, value, meaning) {text, meaning},
#include "tools/traffic/share.def"
#undef X
}};

/// Place of a name among terms; what is wrong with it in `fault` when it is not there.
std::optional<std::size_t> find(std::span<const Term> terms, std::string_view name, std::string& fault) {
    const auto at = std::ranges::find(terms, name, &Term::name);
    if (at != terms.end()) return static_cast<std::size_t>(at - terms.begin());
    std::vector<std::string_view> known;
    for (const Term& t : terms) known.push_back(t.name);
    fault = fmt::format("{} is not known; {}", policy::language::quote(name),
                        policy::language::one_of(name, known));
    return std::nullopt;
}

}  // namespace

std::span<const Term> kinds() noexcept {
    return kKindTerms;
}
std::span<const Term> shares() noexcept {
    return kShareTerms;
}

std::uint64_t Profile::weight() const noexcept {
    return std::accumulate(mix.begin(), mix.end(), std::uint64_t{0});
}

Profile plain_profile() {
    Profile out;
    out.share = {
#define X(name, text, value, meaning) value,
#include "tools/traffic/share.def"
#undef X
    };
    return out;
}

std::string set_mix(Profile& profile, std::string_view name, std::uint64_t weight) {
    std::string fault;
    const auto at = find(kKindTerms, name, fault);
    if (!at) return fault;
    if (weight > kMostWeight) return fmt::format("{} is too large; write at most {}", weight, kMostWeight);
    profile.mix[*at] = weight;
    return {};
}

std::string set_share(Profile& profile, std::string_view name, std::uint64_t percent) {
    std::string fault;
    const auto at = find(kShareTerms, name, fault);
    if (!at) return fault;
    if (percent > 100) return fmt::format("{} is no share; write 0 to 100 per cent", percent);
    profile.share[*at] = static_cast<unsigned>(percent);
    return {};
}

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/select/select.hpp"

#include <algorithm>
#include <initializer_list>

namespace kmsgate::client::select {
namespace {

using Kmss = std::vector<std::string>;

[[nodiscard]] bool allowed(const Profile& profile, std::initializer_list<const Kmss*> others,
                           std::string_view kms) {
    if (contains(profile.refuse, kms)) return false;
    return same_kms(profile.home, kms) ||
           std::ranges::any_of(others, [&](const Kmss* list) { return contains(*list, kms); });
}
/// Home and Secondary: the KMSs that gave us keys.
[[nodiscard]] bool is_ours(const Profile& profile, std::string_view kms) {
    return allowed(profile, {&profile.secondary}, kms);
}
/// External ones too: the KMSs of which we hold a certificate.
[[nodiscard]] bool is_known(const Profile& profile, std::string_view kms) {
    return allowed(profile, {&profile.secondary, &profile.external}, kms);
}

/// The profile's own spelling of a name that stands in it.
[[nodiscard]] const std::string& spelling(const Profile& profile, const std::string& kms) {
    if (same_kms(profile.home, kms)) return profile.home;
    for (const Kmss* const list : {&profile.secondary, &profile.external})
        for (const std::string& own : *list)
            if (same_kms(own, kms)) return own;
    return kms;
}

/// The first usable entry of one list of a KRR; of ANY the value just used, else Home.
template <class Usable>
[[nodiscard]] std::optional<std::string> choose(const Profile& profile, const List& list,
                                                const std::string* used, const Usable& usable) {
    if (list) {
        const auto found = std::ranges::find_if(*list, usable);
        if (found == list->end()) return std::nullopt;
        return spelling(profile, *found);
    }
    if (used != nullptr && usable(*used)) return spelling(profile, *used);
    if (usable(profile.home)) return profile.home;
    return std::nullopt;
}

/// Adds what is not refused and not there yet.
void add(const Profile& profile, Kmss& list, const std::string& kms) {
    if (!contains(profile.refuse, kms) && !contains(list, kms)) list.push_back(kms);
}

[[nodiscard]] Kmss preferred(const Profile& profile) {
    Kmss out;
    for (const std::string& kms : profile.prefer) add(profile, out, kms);
    return out;
}
/// What we say we accept: the preferred ones, Home, Secondary, and perhaps External, in this order.
[[nodiscard]] Kmss acceptable(const Profile& profile, bool external) {
    Kmss out = preferred(profile);
    add(profile, out, profile.home);
    for (const std::string& kms : profile.secondary) add(profile, out, kms);
    if (external)
        for (const std::string& kms : profile.external) add(profile, out, kms);
    return out;
}

}  // namespace

Pair first_attempt(const Profile& profile) {
    return {profile.home, profile.home};
}

std::string_view to_string(Failure failure) noexcept {
    switch (failure) {
        case Failure::no_initiator_kms:
            return "no-initiator-kms";
        case Failure::no_receiver_kms:
            return "no-receiver-kms";
        case Failure::too_many_attempts:
            return "too-many-attempts";
        case Failure::repeated:
            break;
    }
    return "repeated";
}

std::expected<Pair, Failure> next_attempt(const Profile& profile, const Lists& krr,
                                          const std::vector<Pair>& tried) {
    const Pair* const last = tried.empty() ? nullptr : &tried.back();
    const auto kmsi = choose(profile, krr.initiator, last != nullptr ? &last->kmsi : nullptr,
                             [&](std::string_view kms) { return is_ours(profile, kms); });
    if (!kmsi) return std::unexpected(Failure::no_initiator_kms);
    const auto kmsr = choose(profile, krr.receiver, last != nullptr ? &last->kmsr : nullptr,
                             [&](std::string_view kms) { return is_known(profile, kms); });
    if (!kmsr) return std::unexpected(Failure::no_receiver_kms);
    const auto same = [&](const Pair& p) { return same_kms(p.kmsi, *kmsi) && same_kms(p.kmsr, *kmsr); };
    // Once more is allowed, as after a mere preference; a pair refused twice will not get better.
    if (std::ranges::count_if(tried, same) >= 2) return std::unexpected(Failure::repeated);
    if (tried.size() >= profile.attempts) return std::unexpected(Failure::too_many_attempts);
    return Pair{*kmsi, *kmsr};
}

std::optional<Lists> judge_offer(const Profile& profile, const Pair& offered, bool answered) {
    const bool kmsi = is_known(profile, offered.kmsi);
    const bool kmsr = is_ours(profile, offered.kmsr);
    if (kmsi && kmsr) {
        const Kmss wish = preferred(profile);
        if (answered || wish.empty() || (contains(wish, offered.kmsi) && contains(wish, offered.kmsr)))
            return std::nullopt;
        Kmss initiator = wish;
        add(profile, initiator, offered.kmsi);
        Kmss receiver = wish;
        add(profile, receiver, offered.kmsr);
        return Lists{std::move(initiator), std::move(receiver)};
    }
    return Lists{kmsi ? Kmss{offered.kmsi} : acceptable(profile, true),
                 kmsr ? Kmss{offered.kmsr} : acceptable(profile, false)};
}

}  // namespace kmsgate::client::select

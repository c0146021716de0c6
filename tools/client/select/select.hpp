// SPDX-License-Identifier: BSD-3-Clause
// Which KMSs a client names (initiator) and accepts (receiver): the KMS Discovery rules, pure functions.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/select/profile.hpp"

namespace kmsgate::client::select {

struct Pair {
    std::string kmsi;
    std::string kmsr;
    friend bool operator==(const Pair&, const Pair&) = default;
};
/// A KRR's list; nullopt is ANY.
using List = std::optional<std::vector<std::string>>;
struct Lists {
    List initiator;
    List receiver;
    friend bool operator==(const Lists&, const Lists&) = default;
};

/// The first attempt: the Home KMS on both sides.
[[nodiscard]] Pair first_attempt(const Profile& profile);

enum class Failure : std::uint8_t {
    no_initiator_kms,  ///< no entry of the initiator list is Home or Secondary
    no_receiver_kms,   ///< no entry of the receiver list is Home, Secondary or External
    too_many_attempts,
    repeated,  ///< the same pair was refused twice
};
/// "no-initiator-kms".
[[nodiscard]] std::string_view to_string(Failure failure) noexcept;

/// What is tried after a KRR. The lists' order decides; ANY keeps the value just used when it is allowed,
/// else Home. `tried`: the pairs sent so far, the last one was refused with these lists.
[[nodiscard]] std::expected<Pair, Failure> next_attempt(const Profile& profile, const Lists& krr,
                                                        const std::vector<Pair>& tried);

/// What a receiver does with an I_MESSAGE that names `offered`: nullopt accepts, else the lists of its KRR.
/// `answered`: this very pair was answered with a preference before; it is accepted now (X.4 NOTE).
[[nodiscard]] std::optional<Lists> judge_offer(const Profile& profile, const Pair& offered, bool answered);

}  // namespace kmsgate::client::select

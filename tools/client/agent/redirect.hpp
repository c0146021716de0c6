// SPDX-License-Identifier: BSD-3-Clause
// KRRs in SIP: found in a 488, written for one (TS 33.180 D.4).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "tools/client/agent/incoming.hpp"
#include "tools/client/bytes.hpp"
#include "tools/client/crypto/random.hpp"
#include "tools/client/select/select.hpp"

namespace kmsgate::client::agent {

/// What a 488 brought along.
struct Redirect {
    std::string body;                                 ///< byte for byte
    std::expected<select::Lists, std::string> lists;  ///< or why it cannot be read
};
/// nullopt: no KRR in it. Only exactly one part of the KRR's own type is read; everything else that looks
/// like a KRR (another type, several) is kept as an unreadable one.
[[nodiscard]] std::optional<Redirect> read_redirect(Incoming& response);

/// What a KRR of ours says besides its lists; empty: not known, left out.
struct RedirectNames {
    std::string processor;
    std::string initiator;
    std::string receiver;
    select::Pair pair;
};
[[nodiscard]] std::string write_redirect(const RedirectNames& names, const select::Lists& lists, Time now,
                                         crypto::Random& random);

}  // namespace kmsgate::client::agent

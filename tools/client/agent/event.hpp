// SPDX-License-Identifier: BSD-3-Clause
// What a client did and saw, in order: for people, scripts and the ladders of the lab.
#pragma once

#include <optional>
#include <string>

#include "tools/client/bytes.hpp"
#include "tools/client/select/select.hpp"

namespace kmsgate::client::agent {

struct Event {
    enum class Kind : std::uint8_t {
        sent_mikey,      ///< initiator: pair
        received_mikey,  ///< receiver: pair
        sent_krr,        ///< receiver: lists, answering pair
        received_krr,    ///< initiator: lists
        refused,   ///< receiver: the message was not in order and was answered without KRR; detail says why
        accepted,  ///< receiver: key decapsulated and signature verified under pair
        established,  ///< initiator: final 2xx for pair
        failed,  ///< initiator: nothing more is sent; detail says why (a select::Failure, "timeout", "488",
                 ///< ..)
        ended,   ///< the call is over (BYE, or the MESSAGE was delivered)
    };
    Kind kind = Kind::failed;
    Time time = 0;
    std::string call_id;
    std::string peer;  ///< the other user as far as it is known
    select::Pair pair;
    select::Lists lists;
    std::string detail;
    Bytes key;  ///< accepted, established: the key that was agreed
};
/// "sent-mikey".
[[nodiscard]] std::string_view to_string(Event::Kind kind) noexcept;

}  // namespace kmsgate::client::agent

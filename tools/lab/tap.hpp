// SPDX-License-Identifier: BSD-3-Clause
// Reads the SIP that passes on a wire: what the ladder shows is what was seen there, not what somebody says
// he sent.
#pragma once

#include <string>
#include <string_view>

#include "tools/client/select/select.hpp"

namespace kmsgate::lab {

/// One SIP message as the ladder needs it.
struct Seen {
    enum class Kind : std::uint8_t {
        mikey,   ///< a request with an I_MESSAGE: pair
        krr,     ///< a 488 with a KRR: lists and document
        final,   ///< another final response to a request with an I_MESSAGE: title ("200 OK")
        other,   ///< ACK, BYE, provisional responses, ..
        broken,  ///< cannot be read: title says why
    };
    Kind kind = Kind::other;
    std::string transaction;  ///< Call-ID and CSeq number
    std::string title;        ///< "INVITE", "488 Not Acceptable Here"
    client::select::Pair pair;
    client::select::Lists lists;
    std::string document;  ///< the KRR's bytes
};

[[nodiscard]] Seen look(std::string_view payload);

}  // namespace kmsgate::lab

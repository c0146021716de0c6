// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/event.hpp"

namespace kmsgate::client::agent {

std::string_view to_string(Event::Kind kind) noexcept {
    using enum Event::Kind;
    switch (kind) {
        case sent_mikey:
            return "sent-mikey";
        case received_mikey:
            return "received-mikey";
        case sent_krr:
            return "sent-krr";
        case received_krr:
            return "received-krr";
        case refused:
            return "refused";
        case accepted:
            return "accepted";
        case established:
            return "established";
        case failed:
            return "failed";
        case ended:
            return "ended";
    }
    return "unknown";
}

}  // namespace kmsgate::client::agent

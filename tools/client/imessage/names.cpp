// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/imessage/imessage.hpp"

namespace kmsgate::client::imessage {

std::string_view to_string(Purpose purpose) noexcept {
    switch (purpose) {
        case Purpose::gmk:
            return "gmk";
        case Purpose::pck:
            return "pck";
        case Purpose::csk:
            break;
    }
    return "csk";
}

std::string_view to_string(Fault fault) noexcept {
    switch (fault) {
        case Fault::malformed:
            return "malformed";
        case Fault::missing_kms:
            return "missing-kms";
        case Fault::not_for_us:
            return "not-for-us";
        case Fault::unknown_initiator:
            return "unknown-initiator";
        case Fault::no_certificate:
            return "no-certificate";
        case Fault::no_keys:
            return "no-keys";
        case Fault::stale:
            return "stale";
        case Fault::decapsulation:
            return "decapsulation";
        case Fault::signature:
            break;
    }
    return "signature";
}

}  // namespace kmsgate::client::imessage

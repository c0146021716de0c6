// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/scenario.hpp"

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::lab {

std::string_view Scenario::short_name(std::string_view uri) const noexcept {
    for (const Kms& one : kms)
        if (sip::iequal(one.uri, uri)) return one.name;
    return uri;
}

std::string Scenario::to_text(const List& list) const {
    if (!list) return "ANY";
    std::string out = "[";
    for (const std::string& uri : *list) {
        if (out.size() > 1) out += ", ";
        out += short_name(uri);
    }
    return out + "]";
}

std::string Scenario::to_text(const Pair& pair) const {
    std::string out = "(";
    out += short_name(pair.kmsi);
    out += ", ";
    out += short_name(pair.kmsr);
    return out + ")";
}

}  // namespace kmsgate::lab

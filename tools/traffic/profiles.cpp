// SPDX-License-Identifier: BSD-3-Clause
// The profiles that are known by name, as a user would write them.
#include "tools/traffic/profile.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::array<BuiltIn, 6> kProfiles{{
    {"mc", R"(version: 1
title: Signalling of a mission-critical network, with some media beside it
mix: {call: 40, cancelled: 3, redirected: 4, message: 10, register: 12, publish: 6, options: 12, keep-alive: 4,
      media: 6, dns: 2, echo: 1}
)"},
    {"signalling", R"(version: 1
title: SIP alone, over UDP
mix: {call: 50, cancelled: 4, redirected: 6, message: 12, register: 12, publish: 6, options: 10}
)"},
    {"mixed", R"(version: 1
title: Mostly media and other traffic, as at a network's edge
mix: {call: 10, message: 2, register: 3, options: 5, keep-alive: 2, media: 50, web: 15, dns: 8, echo: 3, link: 2}
)"},
    {"fragments", R"(version: 1
title: Large INVITEs over UDP, two to five fragments each, IPv4 and IPv6, some reordered or doubled
mix: {call: 1}
shares: {ipv6: 40, reordered: 10, duplicated: 10}
invite: [3500, 6500]
)"},
    {"tcp", R"(version: 1
title: SIP over TCP, segmented every way
mix: {call: 50, cancelled: 5, message: 20, register: 15, options: 10}
shares: {tcp: 100}
invite: [2400, 6500]
)"},
    {"hostile", R"(version: 1
title: Disguised and malformed messages and frames among calls
mix: {call: 20, options: 10, media: 5, hostile: 65}
shares: {tcp: 20}
)"},
}};

}  // namespace

std::span<const BuiltIn> built_in_profiles() noexcept {
    return kProfiles;
}

}  // namespace kmsgate::traffic

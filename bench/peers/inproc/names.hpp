// SPDX-License-Identifier: BSD-3-Clause
// What every contestant of one process has to come to: the names of both KMSs.
#pragma once

#include <string_view>

namespace kmsgate::peers {

/// IDRkmsi and IDRkmsr (RFC 6043 table 6.11). Views into the scratch memory of whoever decoded them.
struct Names {
    std::string_view initiator;
    std::string_view receiver;
};

/// Somebody who is told the base64 text behind each `key-mgmt:mikey` that a parser gave out. No allocation,
/// as std::function would make one.
struct KeyTaker {
    void* self = nullptr;
    void (*take)(void* self, std::string_view base64) = nullptr;
    void operator()(std::string_view base64) const { take(self, base64); }
};

/// The text behind "mikey" of a key-mgmt attribute's value (RFC 4567 3.1); empty for other protocols.
[[nodiscard]] inline std::string_view mikey_of(std::string_view value) noexcept {
    constexpr std::string_view kProtocol = "mikey ";
    return value.starts_with(kProtocol) ? value.substr(kProtocol.size()) : std::string_view();
}

}  // namespace kmsgate::peers

// SPDX-License-Identifier: BSD-3-Clause
// What hostile streams say.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "bench/hostile/attacks.hpp"
#include "bench/hostile/connection.hpp"

namespace kmsgate::bench {

/// A message of `bytes` bytes, more or less.
inline std::string whole(std::size_t bytes) {
    return find_attack("plain-sdp")->make(bytes);
}
/// One of the smallest that a stream can hold, and a new one.
inline std::string tiny() {
    return fmt::format("A sip:a SIP/2.0\r\ni:{:x}\r\nl:0\r\n\r\n", Segments::unique());
}
/// The head of a message that goes on for `bytes` bytes.
inline std::string endless(std::size_t bytes) {
    std::string text = "MESSAGE sip:bob@mc2.example SIP/2.0\r\n";
    while (text.size() < bytes) text += "X-A: b\r\n";
    text.resize(bytes);
    return text;
}

}  // namespace kmsgate::bench

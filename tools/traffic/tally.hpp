// SPDX-License-Identifier: BSD-3-Clause
// What was made or sent, counted.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "tools/traffic/note.hpp"

namespace kmsgate::traffic {

/// Names and how often.
using Counts = std::map<std::string, std::uint64_t, std::less<>>;
inline void count(Counts& counts, std::string_view name, std::uint64_t by = 1) {
    const auto at = counts.find(name);
    if (at == counts.end())
        counts.emplace(name, by);
    else
        at->second += by;
}

struct Tally {
    std::uint64_t frames = 0, bytes = 0;
    std::uint64_t inside = 0;  ///< frames that arrive by the inside port
    std::uint64_t fragments = 0, ipv6 = 0, tagged = 0;
    Time first = 0, last = 0;
    std::uint64_t messages = 0;                    ///< SIP messages in datagrams, ...
    std::uint64_t streamed = 0;                    ///< ... and in streams
    std::uint64_t largest = 0, message_bytes = 0;  ///< of messages in datagrams
    Counts kinds;                                  ///< frames by kind of the mix or hostile shape
    Counts labels;                                 ///< messages by method or status
    std::uint64_t judged = 0;                      ///< messages that the edge tells of ...
    Counts verdicts, reasons;                      ///< ... where there is a policy
    Counts outcomes;                               ///< of frames, the same
    Made made;                                     ///< over TCP by the edge itself, the same

    /// Counts a frame; `whole`: the last one of its note.
    void add(const Emitted& frame, bool whole);
    /// Counts a message of which the edge tells.
    void add(const Note& message);
};

[[nodiscard]] nlohmann::ordered_json to_json(const Tally& tally, bool policy);
[[nodiscard]] std::string to_text(const Tally& tally, bool policy);
/// "forward 12, redirect 3", the most frequent first.
[[nodiscard]] std::string to_text(const Counts& counts);

}  // namespace kmsgate::traffic

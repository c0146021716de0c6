// SPDX-License-Identifier: BSD-3-Clause
// What control asks for, and the answers. README.md has the protocol.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/link/box.hpp"
#include "dataplane/link/explain.hpp"
#include "dataplane/link/numbers.hpp"
#include "dataplane/link/peer.hpp"
#include "dataplane/link/watching.hpp"

namespace kmsgate::link {

/// A table that was sent; proving it takes time, so that the server has it done beside its other work.
struct TablePush {
    std::uint64_t id = 0;  ///< of the request
    std::uint64_t generation = 0;
    std::vector<std::byte> blob;
    std::vector<publish::ModeWish> modes;
};

/// What the answers are made of. Link thread only.
struct Desk {
    const Box& box;
    Watching& watching;
    Pulse& pulse;
    Explainer& explainer;
    const std::vector<memory::UidKms>& kms;  ///< of the table in force
    std::string tag_epoch;
    std::chrono::steady_clock::time_point started;
};

/// Answers one frame; changes take effect before the answer is queued. Never throws, whatever the frame
/// holds. A table is handed back instead. `peer.greeted` is set by a hello; a frame that shows a peer to be
/// none of ours sets `peer.closing`.
[[nodiscard]] std::optional<TablePush> answer(const Desk& desk, Peer& peer, Frame frame);

/// The answer to a table.
[[nodiscard]] std::string table_answer(std::uint64_t id,
                                       const std::expected<publish::Published, publish::Refusal>& end);

}  // namespace kmsgate::link

// SPDX-License-Identifier: BSD-3-Clause
// What is expected of a message, as a line that can be held against an event.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tools/traffic/note.hpp"

namespace kmsgate::traffic {

/// An object with the fields that an event has, by the same names: event, port, frames, call_id, cseq,
/// method, status, verdict, reason, krr_out (of lost segments event, port, frames, reason); and `kind`, of
/// the mix or a hostile shape's name.
[[nodiscard]] nlohmann::ordered_json to_json(const Note& note, bool outside);

}  // namespace kmsgate::traffic

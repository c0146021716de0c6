// SPDX-License-Identifier: BSD-3-Clause
// The methods of the control socket (control/README.md), by subject.
#pragma once

#include <functional>

#include "control/commit/committer.hpp"
#include "control/commit/dataplane.hpp"
#include "control/commit/store.hpp"
#include "control/commit/users.hpp"
#include "control/link/loop.hpp"
#include "control/server/rpc.hpp"
#include "control/server/streams.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::control {

/// What methods work with; everything outlives the Rpc.
struct Rooms {
    Loop& loop;
    const startup::Startup& startup;
    Store& store;
    Dataplane& dataplane;
    Committer& committer;
    Users& users;
    Streams& streams;
    /// Members of `status` that the program knows: control, events.
    std::function<void(Json&)> add_status;
};

void add_policy_methods(Rpc& rpc, Rooms& rooms);
void add_user_methods(Rpc& rpc, Rooms& rooms);
void add_edge_methods(Rpc& rpc, Rooms& rooms);
void add_stats_methods(Rpc& rpc, Rooms& rooms);
void add_watch_methods(Rpc& rpc, Rooms& rooms);

/// `now` less `then`, for whatever only grows; `restarted` becomes true when a counter went back, which is
/// then shown as it is. Both as the dataplane's `stats` gives them.
[[nodiscard]] Json stats_since(const Json& now, const Json& then, bool& restarted);

}  // namespace kmsgate::control

// SPDX-License-Identifier: BSD-3-Clause
// The running dataplane as the table socket sees it.
#pragma once

#include <span>

#include "dataplane/memory/live_roster.hpp"
#include "dataplane/memory/shared.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/nic/status_board.hpp"
#include "dataplane/publish/publisher.hpp"
#include "dataplane/startup/startup.hpp"
#include "dataplane/watch/worker_watch.hpp"
#include "dataplane/worker/worker.hpp"

namespace kmsgate::link {

/// Everything outlives the server.
struct Box {
    const startup::Startup& startup;
    publish::Publisher& publisher;
    memory::UserTags& tags;
    memory::LiveRoster& roster;
    memory::Shared& shared;
    std::span<worker::Worker* const> workers;
    std::span<watch::WorkerWatch* const> watches;
    const nic::StatusBoard& ports;
    worker::Clock& clock;
};

}  // namespace kmsgate::link

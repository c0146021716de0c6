// SPDX-License-Identifier: BSD-3-Clause
// The box's table socket, apart from the rest: who needs none does not link it.
#include "dataplane/link/server.hpp"
#include "dataplane/main/box.hpp"

namespace kmsgate::box {
namespace {

struct Served {
    link::Box box;
    std::unique_ptr<link::Server> server;  ///< ends before what it sees
};

}  // namespace

std::expected<void, Failure> Box::serve() {
    auto served = std::make_shared<Served>(Served{{.startup = options_.startup,
                                                   .publisher = *publisher_,
                                                   .tags = *tags_,
                                                   .roster = *roster_,
                                                   .shared = *shared_,
                                                   .workers = worker_list_,
                                                   .watches = watch_list_,
                                                   .ports = board_,
                                                   .clock = *clock_},
                                                  nullptr});
    auto server = link::Server::start(served->box);
    if (!server) return std::unexpected(Failure{kInput, std::move(server.error())});
    served->server = std::move(*server);
    served_ = std::move(served);
    return {};
}

}  // namespace kmsgate::box

// SPDX-License-Identifier: BSD-3-Clause
// What a worker is made of. Included by its own files only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/publish/generation.hpp"
#include "dataplane/worker/routes.hpp"
#include "dataplane/worker/worker.hpp"

namespace kmsgate::worker {

struct Worker::Inside {
    Inside(const Settings& s, const Plan& p, publish::Current& cu, Clock& cl, core::EventSink& sink,
           core::FrameTap* tap);

    std::size_t round() noexcept;
    void drain() noexcept;

    void receive() noexcept;
    void route(core::Time now) noexcept;
    void end_run(const Routes::Route& route, std::size_t port, std::span<rte_mbuf*> frames,
                 core::Time now) noexcept;
    void add_batch(const Routes::Route& route, std::span<rte_mbuf*> frames, core::Time now) noexcept;
    void stray(core::Mbuf frame, std::size_t port) noexcept;
    void judge_all() noexcept;
    void tick(core::Time now) noexcept;
    void collect(std::size_t slot) noexcept;
    void flush() noexcept;
    void note_gap() noexcept;
    [[nodiscard]] const core::Judge& judge(std::size_t slot) const noexcept {
        return generation == nullptr ? none : generation->judge(settings.number, slot);
    }
    [[nodiscard]] std::uint64_t get(Counter c) const noexcept {
        return counters[static_cast<std::size_t>(c)];
    }
    void add(Counter c, std::uint64_t n = 1) noexcept { counters[static_cast<std::size_t>(c)].add(n); }

    Settings settings;
    const Plan& plan;
    publish::Current& current;
    Clock& clock;
    Routes routes;
    core::Judge none;  ///< while there is no table
    core::Workspace workspace;
    std::vector<std::unique_ptr<core::Pipeline>> pipelines;  ///< by slot
    std::array<core::Count, kCounters> counters;
    std::vector<core::Count> held;  ///< by slot
    core::Count connections, segments;

    // one round
    struct Taken {
        std::size_t port = 0;
        std::size_t first = 0, count = 0;  ///< in `arrived`
    };
    std::vector<Taken> polled;  ///< ports that have a queue for this worker
    std::vector<rte_mbuf*> arrived;
    struct Share {
        std::uint32_t count = 0, first = 0;  ///< batches
        bool unfinished = false;             ///< messages wait for the next round
    };
    std::vector<Share> shares;             ///< by slot
    std::vector<std::uint32_t> busy;       ///< slots with frames in this round, or unfinished ones
    std::vector<std::uint32_t> next_busy;  ///< unfinished ones
    std::vector<core::Batch> batches;      ///< as they came
    std::vector<core::Batch> sorted;       ///< by slot
    core::Output out;
    std::vector<std::vector<rte_mbuf*>> leaving;  ///< by port
    const publish::Generation* generation = nullptr;

    bool worked = false;  ///< the last round found something to do
    core::Time next_tick = 0;
    std::uint64_t last_start = 0;  ///< of a round, in TSC cycles; 0: it slept since
    std::uint64_t longest = 0;
};

}  // namespace kmsgate::worker

// SPDX-License-Identifier: BSD-3-Clause
// One round of a worker: receive, batches by edge, judge, timers, send.
#include <rte_cycles.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <utility>

#include "dataplane/memory/siphash.hpp"
#include "dataplane/worker/inside.hpp"

namespace kmsgate::worker {
namespace {

constexpr core::Time kTick = 10 * core::kMillisecond;  // how often timers run without a frame
constexpr int kTries = 3;                              // sends in one round, the first included
constexpr std::size_t kAhead = 3;                      // frames fetched into the cache early

/// Tells the edges' transactions apart, and stays the same over a restart: To tags may depend on it.
std::uint64_t salt_of(std::string_view edge) noexcept {
    memory::SipHash h({0, 0});
    h.field(edge);
    return h.finish().low | 1;
}

std::uint64_t cycles(std::uint64_t nanoseconds) noexcept {
    return nanoseconds == 0
               ? 0
               : std::max<std::uint64_t>(1, nanoseconds * (rte_get_tsc_hz() / 1'000) / 1'000'000);
}

std::span<const std::uint8_t> first_bytes(const rte_mbuf* m) noexcept {
    return {rte_pktmbuf_mtod(m, const std::uint8_t*), m->data_len};
}

}  // namespace

Worker::Inside::Inside(const Settings& s, const Plan& p, publish::Current& cu, Clock& cl,
                       core::EventSink& sink, core::FrameTap* tap)
    : settings(s),
      plan(p),
      current(cu),
      clock(cl),
      routes(p),
      workspace(s.pipeline.streams),
      held(p.edges.size()),
      shares(p.edges.size()),
      leaving(p.ports.size()) {
    const std::uint64_t budget = cycles(settings.budget_nanoseconds);
    for (const std::string& edge : plan.edges) {
        core::Config config = settings.pipeline;
        config.workspace = &workspace;
        config.salt = salt_of(edge);
        config.tap = tap;
        config.budget = budget == 0 ? 0 : std::max<std::uint64_t>(1, budget / plan.edges.size());
        pipelines.push_back(std::make_unique<core::Pipeline>(config, sink));
    }
    for (std::size_t i = 0; i < plan.ports.size(); ++i)
        if (settings.number < plan.ports[i]->queues()) polled.push_back({.port = i});
    const std::size_t most = polled.size() * settings.burst;
    arrived.resize(most);
    batches.reserve(most);
    sorted.resize(most);
    busy.reserve(plan.edges.size());
    next_busy.reserve(plan.edges.size());
    for (auto& to : out.to) to.reserve(2 * most + settings.pipeline.waiting);
    for (auto& to : leaving) to.reserve(2 * most + settings.pipeline.waiting);
}

void Worker::Inside::receive() noexcept {
    std::size_t n = 0;
    for (Taken& t : polled) {
        t.first = n;
        t.count = plan.ports[t.port]->receive(static_cast<std::uint16_t>(settings.number),
                                              std::span(arrived).subspan(n, settings.burst));
        n += t.count;
    }
}

/// What came by a port is one batch, or one for each run of frames of the same pair where VLANs tell pairs
/// apart.
void Worker::Inside::route(core::Time now) noexcept {
    batches.clear();
    for (const Taken& t : polled) {
        if (t.count == 0) continue;
        const auto frames = std::span(arrived).subspan(t.first, t.count);
        if (const auto only = routes.only(t.port)) {
            add_batch(*only, frames, now);
            continue;
        }
        for (std::size_t i = 0; i < std::min(t.count, kAhead); ++i)
            rte_prefetch0(rte_pktmbuf_mtod(frames[i], const void*));
        Routes::Route last;
        std::size_t from = 0;
        for (std::size_t i = 0; i < t.count; ++i) {
            if (i + kAhead < t.count) rte_prefetch0(rte_pktmbuf_mtod(frames[i + kAhead], const void*));
            const Routes::Route next = routes.find(t.port, first_bytes(frames[i]));
            if (next.pair == last.pair) continue;
            end_run(last, t.port, frames.subspan(from, i - from), now);
            last = next;
            from = i;
        }
        end_run(last, t.port, frames.subspan(from), now);
    }
    std::uint32_t first = 0;
    for (const std::uint32_t slot : busy) {
        shares[slot].first = first;
        first += std::exchange(shares[slot].count, 0);
    }
    for (const core::Batch& b : batches) {
        Share& share = shares[plan.pairs[b.pair].slot];
        sorted[share.first + share.count++] = b;
    }
}

void Worker::Inside::end_run(const Routes::Route& route, std::size_t port, std::span<rte_mbuf*> frames,
                             core::Time now) noexcept {
    if (frames.empty()) return;
    if (route.pair != Routes::kNoPair) {
        add_batch(route, frames, now);
        return;
    }
    add(Counter::frames_in, frames.size());
    for (rte_mbuf* m : frames) stray(core::Mbuf(m), port);
}

void Worker::Inside::add_batch(const Routes::Route& route, std::span<rte_mbuf*> frames,
                               core::Time now) noexcept {
    const auto slot = static_cast<std::uint32_t>(plan.pairs[route.pair].slot);
    Share& share = shares[slot];
    if (share.count++ == 0 && !share.unfinished) busy.push_back(slot);
    batches.push_back({frames, now, get(Counter::frames_in) + 1, route.arrival, route.pair, 0});
    add(Counter::frames_in, frames.size());
}

void Worker::Inside::stray(core::Mbuf frame, std::size_t port) noexcept {
    const std::optional<std::size_t> partner = routes.partner(port);
    // never unjudged what somebody could read SIP in
    if (partner && frame->nb_segs == 1 && is_link_local(first_bytes(frame.get()))) {
        add(Counter::link_local);
        leaving[*partner].push_back(frame.release());
        return;
    }
    add(Counter::no_edge);
}

void Worker::Inside::judge_all() noexcept {
    next_busy.clear();
    for (const std::uint32_t slot : busy) {
        Share& share = shares[slot];
        core::Pipeline& pipeline = *pipelines[slot];
        const auto batches_of = std::span(sorted).subspan(share.first, share.count);
        if (!batches_of.empty())  // goes on with what waits first
            pipeline.process(batches_of, judge(slot), out);
        else
            pipeline.resume(judge(slot), out);
        for (const core::Batch& b : batches_of) {
            auto& to = leaving[plan.pairs[b.pair].port[static_cast<std::size_t>(core::opposite(b.arrival))]];
            to.insert(to.end(), b.frames.begin(), b.frames.begin() + static_cast<std::ptrdiff_t>(b.passed));
        }
        share.count = 0;
        share.unfinished = pipeline.waiting() != 0;
        if (share.unfinished) next_busy.push_back(slot);
        collect(slot);
    }
    busy.swap(next_busy);
}

void Worker::Inside::tick(core::Time now) noexcept {
    if (now < next_tick && next_tick <= now + kTick) return;
    next_tick = now + kTick;
    for (std::size_t slot = 0; slot < pipelines.size(); ++slot) {
        pipelines[slot]->tick(now, judge(slot), out);
        collect(slot);
    }
}

void Worker::Inside::collect(std::size_t slot) noexcept {
    held[slot].set(pipelines[slot]->held());
    connections.set(workspace.streams.flows.size());
    segments.set(workspace.streams.kept());
    for (const core::Arrival side : {core::Arrival::inside, core::Arrival::outside}) {
        for (core::Mbuf& frame : out.port(side)) {
            const Pair& pair = plan.pairs[core::meta(frame.get()).pair];
            leaving[pair.port[static_cast<std::size_t>(side)]].push_back(frame.release());
        }
    }
    out.clear();
}

void Worker::Inside::flush() noexcept {
    for (std::size_t i = 0; i < leaving.size(); ++i) {
        std::vector<rte_mbuf*>& frames = leaving[i];
        if (frames.empty()) continue;
        nic::Port& port = *plan.ports[i];
        const auto queue = static_cast<std::uint16_t>(settings.number % port.queues());
        std::span<rte_mbuf*> rest(frames);
        for (int t = 0; t < kTries && !rest.empty(); ++t) rest = rest.subspan(port.send(queue, rest));
        add(Counter::frames_out, frames.size() - rest.size());
        if (!rest.empty()) {
            add(Counter::tx_dropped, rest.size());
            rte_pktmbuf_free_bulk(rest.data(), static_cast<unsigned>(rest.size()));
        }
        frames.clear();
    }
}

void Worker::Inside::note_gap() noexcept {
    const std::uint64_t start = rte_rdtsc();
    if (last_start != 0 && start - last_start > longest) {
        longest = start - last_start;
        const double seconds = static_cast<double>(longest) / static_cast<double>(rte_get_tsc_hz());
        counters[static_cast<std::size_t>(Counter::longest_gap)].set(
            static_cast<std::uint64_t>(seconds * 1e9));
    }
    last_start = start;
}

std::size_t Worker::Inside::round() noexcept {
    note_gap();
    add(Counter::polls);
    receive();
    const std::size_t received = polled.empty() ? 0 : polled.back().first + polled.back().count;
    const core::Time now = clock.now();
    generation = current.get();
    worked = received != 0 || !busy.empty();
    if (worked) {
        add(Counter::busy_polls);
        route(now);
        judge_all();
    }
    tick(now);
    flush();
    generation = nullptr;
    current.quiescent(settings.number);
    return received;
}

void Worker::Inside::drain() noexcept {
    const core::Time now = clock.now();
    generation = current.get();
    for (std::size_t slot = 0; slot < pipelines.size(); ++slot) {
        pipelines[slot]->drain(now, judge(slot), out);
        shares[slot].unfinished = false;
        collect(slot);
    }
    busy.clear();
    flush();
    generation = nullptr;
}

}  // namespace kmsgate::worker

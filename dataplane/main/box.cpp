// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/box.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "dataplane/core/handover.hpp"
#include "dataplane/main/eal.hpp"
#include "dataplane/main/state.hpp"
#include "dataplane/main/table_file.hpp"
#include "dataplane/nic/ethdev.hpp"
#include "dataplane/nic/locked_port.hpp"
#include "dataplane/worker/accounts.hpp"

namespace kmsgate::box {
namespace {

constexpr unsigned kPoolCache = 256;

/// DPDK's names are of the process: a second box needs others.
std::string name_for(std::string_view what) {
    static std::atomic<unsigned> boxes = 0;
    return fmt::format("{}{}", what, boxes++);
}

int run_worker(void* worker) {
    core::taken_over(worker);
    static_cast<worker::Worker*>(worker)->run();
    core::handed_over(worker);
    return 0;
}

}  // namespace

Box::Box(const Options& options)
    : options_(options),
      system_clock_(options.clock == nullptr ? std::make_unique<worker::SystemClock>() : nullptr),
      clock_(options.clock == nullptr ? system_clock_.get() : options.clock) {
    plan_.edges = edges_of(options.startup);
}

std::expected<std::unique_ptr<Box>, Failure> Box::make(const Options& options) {
    std::unique_ptr<Box> box(new Box(options));
    if (auto taken = box->take_memory(); !taken) return std::unexpected(taken.error());
    return box;
}

std::expected<void, Failure> Box::take_memory() {
    const startup::Startup& s = options_.startup;
    const Sizes sizes = sizes_for(s);
    pool_.reset(rte_pktmbuf_pool_create(name_for("kmsgate").c_str(), sizes.buffers, kPoolCache,
                                        core::kPrivateSize, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY));
    if (!pool_)
        return std::unexpected(Failure{
            kInput, fmt::format("no memory for {} packet buffers: {}; DPDK needs about {} MB in all: raise "
                                "memory.megabytes or reserve hugepages",
                                sizes.buffers, rte_strerror(rte_errno), sizes.megabytes)});
    current_ = std::make_unique<publish::Current>(s.workers);
    auto tags = memory::UserTags::create(name_for("tags"), s.user_tags, random_key());
    if (!tags) return std::unexpected(Failure{kInput, std::move(tags.error())});
    tags_ = std::move(*tags);
    tags_->use_rcu(current_->qsbr());
    roster_ = std::make_unique<memory::LiveRoster>(*tags_, current_->qsbr(), random_key());
    shared_ = std::make_unique<memory::Shared>(
        memory::SharedSizes{.transactions = s.transactions, .sources = s.sources, .workers = s.workers},
        random_key());
    publisher_ = std::make_unique<publish::Publisher>(
        publish::Publisher::Settings{.edges = plan_.edges,
                                     .workers = s.workers,
                                     .state = options_.keep_table ? s.state : std::string()},
        *current_, *tags_, *roster_);
    for (unsigned i = 0; i < s.workers; ++i) {
        watches_.push_back(std::make_unique<watch::WorkerWatch>(i));
        watch_list_.push_back(watches_.back().get());
    }
    return {};
}

std::expected<void, Failure> Box::open_ports(std::vector<std::unique_ptr<nic::Port>> given) {
    const startup::Startup& s = options_.startup;
    for (std::size_t i = 0; i < s.ports.size(); ++i) {
        nic::Opened opened{.port = nullptr, .device = s.ports[i].device, .remarks = {}};
        std::unique_ptr<nic::Port> port;
        if (given.empty()) {
            auto device = nic::EthdevPort::open(
                s.ports[i].device, {.name = s.ports[i].name,
                                    .pool = pool_.get(),
                                    .queues = static_cast<std::uint16_t>(s.workers),
                                    .mtu = s.mtu,
                                    .descriptors = static_cast<std::uint16_t>(sizes_for(s).descriptors)});
            if (!device)
                return std::unexpected(
                    Failure{kInput, fmt::format("port {}: {}", s.ports[i].name, device.error())});
            for (const std::string& r : (*device)->remarks()) opened.remarks.push_back(r);
            port = std::move(*device);
        } else {
            port = std::move(given.at(i));
        }
        if (port->queues() < s.workers) {
            opened.remarks.push_back(
                fmt::format("has {} queues for {} workers: the others receive nothing from it",
                            port->queues(), s.workers));
            port = std::make_unique<nic::LockedPort>(std::move(port));
        }
        for (const std::string& r : opened.remarks)
            remarks_.push_back(fmt::format("port {}: {}", s.ports[i].name, r));
        opened.port = port.get();
        opened_.push_back(std::move(opened));
        plan_.ports.push_back(port.get());
        ports_.push_back(std::move(port));
    }
    plan_pairs();
    make_workers();
    refresh_board();
    return {};
}

void Box::plan_pairs() {
    const startup::Startup& s = options_.startup;
    const auto port_of = [&s](const std::string& name) {
        return static_cast<std::size_t>(std::ranges::find(s.ports, name, &startup::Port::name) -
                                        s.ports.begin());
    };
    std::set<std::pair<std::size_t, std::size_t>> partners;
    for (const startup::Pair& pair : s.pairs) {
        const auto slot = std::ranges::find(plan_.edges, pair.edge) - plan_.edges.begin();
        plan_.pairs.push_back(
            {static_cast<std::size_t>(slot), {port_of(pair.inside), port_of(pair.outside)}, pair.vlan});
        partners.insert(std::minmax(plan_.pairs.back().port[0], plan_.pairs.back().port[1]));
    }
    std::vector<std::pair<nic::Port*, nic::Port*>> watched;
    watched.reserve(partners.size());
    for (const auto& [a, b] : partners) watched.emplace_back(plan_.ports[a], plan_.ports[b]);
    links_ = std::make_unique<nic::LinkWatch>(watched, s.link_milliseconds * core::kMillisecond,
                                              options_.link_settle);
}

void Box::make_workers() {
    const startup::Startup& s = options_.startup;
    worker::Settings settings;
    settings.pipeline.pool = pool_.get();
    settings.pipeline.mtu = s.mtu;
    settings.pipeline.transactions = s.transactions;
    settings.pipeline.fragments = sizes_for(s).fragments;
    settings.pipeline.sources = s.sources;
    settings.pipeline.streams = {.flows = s.streams,
                                 .frames = s.segments,
                                 .held = s.stream.held_milliseconds * core::kMillisecond,
                                 .idle = s.stream.idle_seconds * core::kSecond,
                                 .least_ttl = static_cast<std::uint8_t>(s.stream.least_ttl),
                                 .reset_conflicts = s.stream.reset_conflicts};
    settings.pipeline.tag_key = options_.tag_key;
    settings.pipeline.table_key = random_key();
    settings.pipeline.shared = shared_.get();
    settings.burst = options_.burst;
    settings.budget_nanoseconds = options_.budget_nanoseconds;
    settings.idle_polls = options_.idle_polls;
    settings.sleep_nanoseconds = options_.sleep_nanoseconds;
    for (unsigned i = 0; i < s.workers; ++i) {
        settings.number = i;
        workers_.push_back(std::make_unique<worker::Worker>(settings, plan_, *current_, *clock_, *watches_[i],
                                                            watches_[i].get()));
        worker_list_.push_back(workers_.back().get());
    }
}

std::expected<void, Failure> Box::launch_on_lcores() {
    on_lcores_ = true;
    for (unsigned i = 0; i < workers_.size(); ++i) {
        core::handed_over(workers_[i].get());
        if (const int rc = rte_eal_remote_launch(run_worker, workers_[i].get(), i + 1); rc != 0)
            return std::unexpected(Failure{kInput, fmt::format("worker {} does not start on lcore {}: {}", i,
                                                               i + 1, rte_strerror(-rc))});
    }
    return {};
}

void Box::launch_on_threads() {
    for (const auto& w : workers_) threads_.emplace_back([worker = w.get()] { worker->run(); });
}

std::size_t Box::stop() {
    std::size_t held = 0;
    for (const auto& w : workers_)
        for (std::size_t slot = 0; slot < plan_.edges.size(); ++slot) held += w->held(slot);
    for (const auto& w : workers_) w->stop();
    for (std::thread& t : threads_) t.join();
    threads_.clear();
    if (on_lcores_) {
        rte_eal_mp_wait_lcore();
        for (const auto& w : workers_) core::taken_over(w.get());
    }
    on_lcores_ = false;
    served_.reset();
    return held;
}

void Box::links_down() {
    for (nic::Port* port : plan_.ports)
        if (port->capabilities().sets_link) port->set_link(false);
}

std::string Box::unaccounted() const {
    std::string faults;
    for (const auto& w : workers_)
        if (const std::string f = worker::unaccounted(*w, plan_.edges.size()); !f.empty())
            faults += fmt::format("{}worker {}: {}", faults.empty() ? "" : "; ", w->number(), f);
    return faults;
}

Box::~Box() {
    stop();
}

}  // namespace kmsgate::box

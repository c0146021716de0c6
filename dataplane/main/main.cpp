// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-dataplane: owns the ports, forwards, judges.
#include <rte_eal.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dataplane/main/box.hpp"
#include "dataplane/main/configure.hpp"
#include "dataplane/main/device_lock.hpp"
#include "dataplane/main/eal.hpp"
#include "dataplane/main/log.hpp"
#include "dataplane/main/loop.hpp"
#include "dataplane/main/notify.hpp"
#include "dataplane/main/options.hpp"
#include "dataplane/main/state.hpp"
#include "dataplane/main/table_file.hpp"
#include "dataplane/publish/last_table.hpp"

namespace kmsgate::box {
namespace {

int end(const Failure& failure) {
    fail("{}", failure.text);
    return failure.code;
}

/// Signals are waited for by the main thread; every thread that comes later inherits what is blocked.
void set_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
}

/// Modes that were set by hand before, of edges that are served still.
std::vector<publish::ModeWish> modes_by_hand(const Box& box) {
    std::vector<publish::ModeWish> wishes;
    const auto kept = publish::kept_modes(box.startup().state);
    if (!kept) {
        warn("{}; edges start in the policy's modes", kept.error());
        return wishes;
    }
    for (const publish::KeptMode& m : *kept) {
        if (std::ranges::find(box.edges(), m.edge) == box.edges().end()) continue;
        wishes.push_back({m.edge, m.mode});
        warn("edge {}: mode {}, as it was set by hand", m.edge, publish::mode_word(m.mode));
    }
    return wishes;
}

std::expected<void, Failure> publish_first(Box& box, FirstTable first) {
    if (!first.remark.empty()) warn("{}; going on without", first.remark);
    if (first.blob.empty()) {
        warn("no table yet: signalling is dropped until control brings one");
        return {};
    }
    const auto wishes = first.kept ? modes_by_hand(box) : std::vector<publish::ModeWish>();
    const auto published = box.publisher().publish(std::move(first.blob), first.generation, wishes);
    if (!published)
        return std::unexpected(Failure{kRefused, fmt::format("{}: {}: {}", first.from, published.error().name,
                                                             published.error().message)});
    if (!published->remark.empty()) warn("{}", published->remark);
    info("table {} as generation {}: {}", first.from, published->generation, published->digest);
    return {};
}

/// Everything belongs to the account, then the process becomes it.
std::expected<void, Failure> drop_privileges(const startup::Startup& startup, const Account& account) {
    const std::string runtime = rte_eal_get_runtime_dir() == nullptr ? "" : rte_eal_get_runtime_dir();
    for (const std::string& path :
         {startup.state + "/last.table", startup.state + "/last.modes", startup.table_socket, runtime})
        if (auto given = path.empty() ? std::expected<void, std::string>{} : give(path, account); !given)
            return std::unexpected(Failure{kRefused, given.error()});
    if (auto became = become(account); !became) return std::unexpected(Failure{kRefused, became.error()});
    info("runs as {}", account.name);
    return {};
}

void say_ready(Box& box) {
    const std::string status = fmt::format("{} ports, {} edges, {} workers", box.ports().size(),
                                           box.edges().size(), box.workers().size());
    info("ready: {}", status);
    std::puts("ready");
    std::fflush(stdout);
    notify(fmt::format("READY=1\nSTATUS={}\n", status));
}

/// Where nothing moves any more: the whole numbers.
void say_frames(const Box& box) {
    std::uint64_t in = 0, out = 0;
    for (const auto& worker : box.workers()) {
        in += worker->get(worker::Counter::frames_in);
        out += worker->get(worker::Counter::frames_out);
    }
    info("frames: {} in, {} out", in, out);
}

/// With the EAL running.
std::expected<void, Failure> work(const Configuration& configuration, const State& state, FirstTable first) {
    Options options;
    options.startup = configuration.startup;
    options.tag_key = state.tag_key();
    auto made = Box::make(options);
    if (!made) return std::unexpected(made.error());
    Box& box = **made;
    if (auto ok = publish_first(box, std::move(first)); !ok) return ok;
    if (auto ok = box.open_ports(); !ok) return ok;
    for (const std::string& remark : box.remarks()) warn("{}", remark);
    for (const nic::PortStatus& p : box.board().get())
        info("port {}: {} ({}), {} queues, frames to {} bytes, rss {}, flow rules {}, link {}", p.name,
             p.device, p.capabilities.driver, p.queues, p.capabilities.max_frame,
             p.capabilities.rss ? "yes" : "no", p.capabilities.flow_rules ? "yes" : "no",
             p.link_up ? "up" : "down");
    if (auto ok = box.launch_on_lcores(); !ok) return ok;
    if (auto ok = box.serve(); !ok) return ok;
    if (configuration.account)
        if (auto ok = drop_privileges(configuration.startup, *configuration.account); !ok) return ok;
    say_ready(box);
    const int signal = watch_over(box);
    notify("STOPPING=1\n");
    const std::size_t held = box.stop();
    box.links_down();
    say_frames(box);
    info("{}: stopped, {} held frames ended", strsignal(signal), held);
    if (const std::string fault = box.unaccounted(); !fault.empty())
        fail("frames are not accounted for: {}", fault);
    return {};
}

/// DPDK cannot be started twice in a process. Does not return when it can start the program anew.
void start_without_hugepages(char** argv) {
    const char* wish = std::getenv(kHugepages);
    if (wish != nullptr && std::string_view(wish) == "no") return;
    warn("hugepages that were free are not to be had: starting again without");
    setenv(kHugepages, "no", 1);
    execv("/proc/self/exe", argv);
}

int run(const CommandLine& line, char** argv) {
    auto configuration = configure(line.config);
    if (!configuration) {
        for (const std::string& fault : configuration.error().faults)
            std::fprintf(stderr, "%s\n", fault.c_str());
        return configuration.error().code;
    }
    if (line.check) {
        const auto text = check(*configuration, line.table);
        if (!text) return end(text.error());
        std::fputs(text->c_str(), stdout);
        return kDone;
    }
    const startup::Startup& startup = configuration->startup;
    set_signals();
    auto first = first_table(line.table, startup);
    if (!first) return end(first.error());
    const auto state = State::open(startup.state, configuration->account);
    if (!state) return end({kRefused, state.error()});
    if (auto made = make_socket_folder(startup.table_socket, configuration->account); !made)
        return end({kRefused, made.error()});
    const auto devices = DeviceLocks::take(startup);  // before DPDK looks at any of them
    if (!devices) return end(devices.error());
    for (const std::string& remark : devices->remarks()) warn("{}", remark);
    const EalPlan plan = plan_eal(startup);
    for (const std::string& remark : plan.remarks) warn("{}", remark);
    info("DPDK {} hugepages, telemetry under {}{}", plan.hugepages ? "with" : "without",
         plan.runtime.empty() ? "" : plan.runtime + "/dpdk/", plan.prefix);
    if (auto started = start_eal(plan); !started) {
        if (plan.hugepages) start_without_hugepages(argv);
        return end({kInput, started.error()});
    }
    const auto worked = work(*configuration, *state, std::move(*first));
    end_eal();
    return worked ? kDone : end(worked.error());
}

}  // namespace
}  // namespace kmsgate::box

int main(int argc, char** argv) {
    kmsgate::box::CommandLine line;
    if (const auto code = kmsgate::box::read_command_line(argc, argv, line)) return *code;
    return kmsgate::box::run(line, argv);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/eal.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "dataplane/core/frame.hpp"
#include "dataplane/main/log.hpp"
#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/user_tags.hpp"

namespace kmsgate::box {
namespace {

constexpr unsigned kPerPort = 4'096;          // packet buffers at least
constexpr std::size_t kLeastFragments = 256;  // held by one worker for one edge
constexpr std::size_t kWaiting = 1'024;       // core::Config::waiting
constexpr std::size_t kInFlight = 2'048;      // of one worker: bursts, caches, answers being made
constexpr std::size_t kDriverRing = 4'096;    // what a driver may keep besides its descriptors (net_af_xdp)
constexpr std::size_t kMegabyte = 1U << 20U;
constexpr std::size_t kBesides = 48;  // megabytes: rings, device structures, what is lost between

std::vector<int> allowed_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cpus;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    if (cpus.empty()) cpus.push_back(0);
    return cpus;
}

/// A number in a file of /sys; 0 when it is not there.
std::size_t number_in(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::size_t value = 0;
    return in >> value ? value : 0;
}

/// Megabytes of hugepages that nobody has, or has asked for.
std::size_t free_hugepages() {
    const char* wish = std::getenv(kHugepages);
    if (wish != nullptr && std::string_view(wish) == "no") return 0;
    if (wish != nullptr && std::string_view(wish) == "yes") return SIZE_MAX;
    std::size_t kilobytes = 0;
    std::error_code error;
    for (const auto& kind : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
        // hugepages-2048kB
        const std::string name = kind.path().filename().string();
        const std::size_t dash = name.find('-');
        const std::size_t pages = number_in(kind.path() / "free_hugepages");
        const std::size_t promised = number_in(kind.path() / "resv_hugepages");
        if (dash != std::string::npos && pages > promised)
            kilobytes += (pages - promised) * std::strtoull(name.c_str() + dash + 1, nullptr, 10);
    }
    return kilobytes / 1024;
}

/// The same for every start on one state folder, and another for others: DPDK's telemetry is found by it.
std::string prefix_for(const std::string& state) {
    memory::SipHash h({0, 0});
    std::error_code error;
    h.field(std::filesystem::absolute(state, error).string());
    return fmt::format("kmsgate-{:08x}", h.finish().low & 0xFFFFFFFF);
}

/// Lines of DPDK that are no news: the old telemetry socket, and hugepage sizes that nobody reserved.
bool is_noise(std::string_view line) noexcept {
    return line.find("No legacy callbacks") != std::string_view::npos ||
           (line.find("No free ") != std::string_view::npos &&
            line.find("hugepages reported") != std::string_view::npos);
}

// DPDK's own lines, written in pieces that end where they like
ssize_t write_line(void* cookie, const char* text, std::size_t size) {
    auto& pending = *static_cast<std::string*>(cookie);
    pending.append(text, size);
    for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
        const std::string_view line = std::string_view(pending).substr(0, end);
        if (!line.empty() && !is_noise(line)) warn("DPDK: {}", line);
        pending.erase(0, end + 1);
    }
    return static_cast<ssize_t>(size);
}

void take_log() {
    // DPDK's threads may write until the process ends
    static std::string pending;
    static std::FILE* const stream =
        fopencookie(&pending, "w", {.read = nullptr, .write = write_line, .seek = nullptr, .close = nullptr});
    if (stream == nullptr) return;
    std::setvbuf(stream, nullptr, _IOLBF, 1024);
    rte_openlog_stream(stream);
}

}  // namespace

Sizes sizes_for(const startup::Startup& startup) {
    std::set<std::string> edges;
    for (const startup::Pair& pair : startup.pairs) edges.insert(pair.edge);
    const std::size_t pipelines = std::max<std::size_t>(1, edges.size()) * startup.workers;
    Sizes sizes;
    sizes.fragments = std::max(startup.fragments / pipelines, kLeastFragments);
    const std::size_t queues = startup.ports.size() * startup.workers;
    // a frame of the largest size takes several buffers, also while it is kept
    constexpr std::size_t kRoom = RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM;
    constexpr std::size_t kLink = RTE_ETHER_HDR_LEN + std::size_t{2} * RTE_VLAN_HLEN;
    const std::size_t each = (startup.mtu + kLink + kRoom - 1) / kRoom;
    const std::size_t buffers = queues * (2 * sizes.descriptors + kDriverRing) +
                                pipelines * (sizes.fragments * each + kWaiting) +
                                startup.workers * (startup.segments * each + kInFlight);
    sizes.buffers = static_cast<unsigned>(std::max(buffers, startup.ports.size() * kPerPort));
    const std::size_t one = sizeof(rte_mbuf) + core::kPrivateSize + RTE_MBUF_DEFAULT_BUF_SIZE + 64 + 16;
    // what net_af_xdp and net_pcap need to send a chain in one buffer
    const std::size_t copies = queues * (sizes.descriptors + 128) *
                               (sizeof(rte_mbuf) + core::kPrivateSize + startup.mtu + 22 + 128 + 80);
    sizes.megabytes =
        kBesides +
        (sizes.buffers * one + copies + memory::UserTags::eal_bytes(startup.user_tags)) / kMegabyte;
    return sizes;
}

std::string runtime_folder(const std::string& state, bool root, const char* runtime_directory,
                           const char* xdg_runtime_dir) {
    const auto given = [](const char* value) { return value != nullptr && *value != '\0'; };
    if (given(runtime_directory)) return {};
    if (root) return runtime_directory == nullptr ? "" : "/run";
    if (runtime_directory == nullptr && given(xdg_runtime_dir)) return {};
    constexpr std::string_view below = "/dpdk/kmsgate-00000000/dpdk_telemetry.v2";
    return state.size() + below.size() < sizeof sockaddr_un::sun_path ? state : "/tmp";
}

EalPlan plan_eal(const startup::Startup& startup) {
    EalPlan plan = plan_eal(startup, allowed_cpus(), free_hugepages());
    plan.runtime = runtime_folder(startup.state, geteuid() == 0, std::getenv("RUNTIME_DIRECTORY"),
                                  std::getenv("XDG_RUNTIME_DIR"));
    return plan;
}

EalPlan plan_eal(const startup::Startup& startup, const std::vector<int>& cpus, std::size_t free_megabytes) {
    EalPlan plan;
    const Sizes sizes = sizes_for(startup);
    plan.prefix = prefix_for(startup.state);
    plan.hugepages = free_megabytes >= sizes.megabytes;
    std::string lcores;
    for (unsigned lcore = 0; lcore <= startup.workers; ++lcore) {
        plan.cpus.push_back(cpus[lcore % cpus.size()]);
        lcores += fmt::format("{}{}@{}", lcore == 0 ? "" : ",", lcore, plan.cpus.back());
    }
    if (startup.workers >= cpus.size())
        plan.remarks.push_back(
            fmt::format("{} workers and the main thread share {} CPUs; give the process more, or configure "
                        "fewer workers",
                        startup.workers, cpus.size()));
    plan.arguments = {"kmsgate-dataplane", "--file-prefix=" + plan.prefix, "--lcores=" + lcores,
                      "--main-lcore=0", "--log-level=*:warning"};
    bool pci = false;
    for (const startup::Port& port : startup.ports)
        if (port.is_pci()) {
            pci = true;
            plan.arguments.insert(plan.arguments.end(), {"--allow", port.device});
        }
    // without hardware addresses stay virtual: nobody needs to read physical ones after the privilege drop
    if (!pci) plan.arguments.insert(plan.arguments.end(), {"--no-pci", "--iova-mode=va"});
    if (plan.hugepages) {
        // taken at once: nobody else gets them meanwhile, and a start that falls short is told now
        plan.arguments.insert(plan.arguments.end(),
                              {"--in-memory", "-m", fmt::format("{}", sizes.megabytes)});
    } else {
        plan.arguments.insert(plan.arguments.end(),
                              {"--no-huge", "-m", fmt::format("{}", startup.memory_megabytes)});
        if (startup.memory_megabytes < sizes.megabytes)
            plan.remarks.push_back(fmt::format(
                "about {} MB are needed and memory.megabytes says {}; raise it, or reserve hugepages",
                sizes.megabytes, startup.memory_megabytes));
        if (pci)
            plan.remarks.emplace_back(
                "there are PCI ports and not enough free hugepages; most drivers need them: reserve some");
    }
    return plan;
}

std::expected<void, std::string> start_eal(const EalPlan& plan) {
    std::vector<std::string> words = plan.arguments;
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    take_log();
    if (!plan.runtime.empty()) setenv("RUNTIME_DIRECTORY", plan.runtime.c_str(), 1);
    if (rte_eal_init(static_cast<int>(words.size()), argv.data()) < 0)
        return std::unexpected(
            fmt::format("DPDK does not start: {}; its lines above say more", rte_strerror(rte_errno)));
    return {};
}

void end_eal() {
    const char* folder = rte_eal_get_runtime_dir();
    const std::string path = folder == nullptr ? "" : folder;
    rte_eal_cleanup();
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
}

}  // namespace kmsgate::box

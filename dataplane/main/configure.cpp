// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/configure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "dataplane/main/eal.hpp"
#include "dataplane/main/table_file.hpp"
#include "dataplane/stream/flow_table.hpp"

namespace kmsgate::box {

std::expected<Configuration, ConfigurationFaults> configure(const std::string& file) {
    std::error_code error;
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file, error))
        return std::unexpected(ConfigurationFaults{
            kUsage, {fmt::format("{}: cannot be read: {}", file, std::strerror(in ? EISDIR : errno))}});
    const std::string yaml(std::istreambuf_iterator<char>(in), {});
    auto startup = startup::read_startup(yaml, file);
    if (!startup) return std::unexpected(ConfigurationFaults{kUsage, std::move(startup.error())});
    Configuration out{std::move(*startup), std::nullopt};
    ConfigurationFaults faults;
    const auto fault = [&](const startup::Place& at, const std::string& what) {
        faults.faults.push_back(fmt::format("{}:{}:{}: {}", file, at.line, at.column, what));
    };
    const startup::Places& places = out.startup.places;
    if (!out.startup.signing_key.empty())
        fault(places.keys, "`keys`: signing KRRs is not available in this version; leave the section out");
    if (!out.startup.user.empty()) {
        auto account = find_account(out.startup.user);
        if (!account)
            fault(places.user, account.error());
        else if (geteuid() != 0 && geteuid() != account->user)
            fault(places.user, fmt::format("`user` `{}`: only root can become another account; start as root",
                                           out.startup.user));
        else
            out.account = *account;
    }
    if (!faults.faults.empty()) return std::unexpected(std::move(faults));
    return out;
}

std::expected<std::string, Failure> check(const Configuration& configuration, const std::string& table) {
    const startup::Startup& s = configuration.startup;
    const Sizes sizes = sizes_for(s);
    const EalPlan plan = plan_eal(s);
    std::string out = startup::describe(s) + "\n";
    out += fmt::format("hugepages       {}\n",
                       plan.hugepages ? "yes" : "no: not enough of them are free, DPDK goes without");
    out += fmt::format("DPDK memory     about {} MB are needed\n", sizes.megabytes);
    out += fmt::format("packet buffers  {}\n", sizes.buffers);
    out += fmt::format("held fragments  {} for each worker and edge\n", sizes.fragments);
    out +=
        fmt::format("TCP connections {} MB of each worker, {} bytes a connection\n",
                    (s.streams * stream::FlowStore::bytes_each() >> 20) + 1, stream::FlowStore::bytes_each());
    out += fmt::format("CPUs            main {}, workers {}\n", plan.cpus.front(),
                       fmt::join(plan.cpus.begin() + 1, plan.cpus.end(), " "));
    out +=
        fmt::format("DPDK's words    {}\n", fmt::join(plan.arguments.begin() + 1, plan.arguments.end(), " "));
    for (const std::string& remark : plan.remarks) out += fmt::format("remark          {}\n", remark);
    const auto first = first_table(table, s);
    if (!first) return std::unexpected(first.error());
    if (!first->remark.empty()) out += fmt::format("remark          {}\n", first->remark);
    if (first->blob.empty())
        return out + "table           none yet: signalling is dropped until control brings one\n";
    const auto examined = examine(first->blob, first->from, s);
    if (!examined) return std::unexpected(examined.error());
    return out + fmt::format("table           {} as generation {}: {}\n", first->from, first->generation,
                             *examined);
}

}  // namespace kmsgate::box

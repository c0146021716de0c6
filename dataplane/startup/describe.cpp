// SPDX-License-Identifier: BSD-3-Clause
// A Startup as tables for people.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/startup/form.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::startup {
namespace {

template <std::size_t N>
using Row = std::array<std::string, N>;

/// Columns as wide as their widest cell, two blanks between them, none at the end of a line.
template <std::size_t N>
std::string table(const std::vector<Row<N>>& rows) {
    std::array<std::size_t, N> widths{};
    for (const Row<N>& row : rows)
        for (std::size_t i = 0; i < N; ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string out;
    for (const Row<N>& row : rows) {
        for (std::size_t i = 0; i + 1 < N; ++i) out += fmt::format("{:<{}}  ", row[i], widths[i]);
        out += row[N - 1] + "\n";
    }
    return out;
}

/// The frames of its two ports that belong to a pair.
std::string frames_of(const Pair& pair, const Startup& startup) {
    if (pair.vlan) return fmt::format("VLAN {}", *pair.vlan);
    const auto tagged_beside = [&](const Pair& other) {
        return other.vlan && (other.inside == pair.inside || other.inside == pair.outside ||
                              other.outside == pair.inside || other.outside == pair.outside);
    };
    return std::ranges::any_of(startup.pairs, tagged_beside) ? "all others" : "all";
}

std::string events_of(const Control& control) {
    if (control.events_mode == EventsMode::none) return "none";
    return fmt::format(
        "{} to {}, at most {} a second", control.events_mode == EventsMode::all ? "all" : "refusals",
        control.events_file.empty() ? "subscribers only" : control.events_file, control.events_per_second);
}

std::string accounts_of(const std::vector<std::string>& names, std::string_view otherwise) {
    return names.empty() ? std::string(otherwise) : fmt::format("{}", fmt::join(names, ", "));
}

std::string or_else(const std::string& text, std::string_view otherwise) {
    return text.empty() ? std::string(otherwise) : text;
}

}  // namespace

bool Port::is_pci() const noexcept {
    return is_pci_address(name_of_device(device));
}

std::string_view Port::device_name() const noexcept {
    return name_of_device(device);
}

std::string describe(const Startup& startup) {
    std::vector<Row<3>> ports = {{"port", "kind", "device"}};
    for (const Port& port : startup.ports)
        ports.push_back({port.name, port.is_pci() ? "PCI" : "virtual", port.device});
    std::vector<Row<4>> pairs = {{"edge", "inside", "outside", "frames"}};
    for (const Pair& pair : startup.pairs)
        pairs.push_back({pair.edge, pair.inside, pair.outside, frames_of(pair, startup)});
    const std::vector<Row<2>> rest = {
        {"workers", fmt::format("{}", startup.workers)},
        {"mtu", fmt::format("{} bytes", startup.mtu)},
        {"user tags", fmt::format("{} users", startup.user_tags)},
        {"transactions", fmt::format("{}", startup.transactions)},
        {"fragments", fmt::format("{} frames", startup.fragments)},
        {"sources", fmt::format("{} addresses", startup.sources)},
        {"streams", fmt::format("{} TCP connections of a worker, idle for {} s at most", startup.streams,
                                startup.stream.idle_seconds)},
        {"segments", fmt::format("{} kept by a worker, a message for {} ms at most", startup.segments,
                                 startup.stream.held_milliseconds)},
        {"least TTL",
         startup.stream.least_ttl == 0 ? std::string("none") : fmt::format("{}", startup.stream.least_ttl)},
        {"conflicts", startup.stream.reset_conflicts ? "take their TCP connection down" : "are dropped"},
        {"state", startup.state},
        {"control socket", startup.control_socket},
        {"table socket", startup.table_socket},
        {"metrics", or_else(startup.metrics, "none")},
        {"signing key", or_else(startup.signing_key, "none: KRRs are not signed")},
        {"certificate", or_else(startup.signing_certificate, "none")},
        {"user", or_else(startup.user, "the one that starts it")},
        {"link loss", fmt::format("reaches the partner within {} ms", startup.link_milliseconds)},
        {"memory", fmt::format("{} MB without hugepages", startup.memory_megabytes)},
        {"policy", or_else(startup.control.policy, "as committed")},
        {"events", events_of(startup.control)},
        {"audit", startup.control.audit},
        {"may read", accounts_of(startup.control.read, "who can open the control socket")},
        {"may operate", accounts_of(startup.control.operate, "root and kmsgate-control's account")},
        {"may admin", accounts_of(startup.control.admin, "root and kmsgate-control's account")},
    };
    return table(ports) + "\n" + table(pairs) + "\n" + table(rest);
}

}  // namespace kmsgate::startup

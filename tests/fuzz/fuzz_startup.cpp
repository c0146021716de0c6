// SPDX-License-Identifier: BSD-3-Clause
// kmsgate.yaml: any bytes give a start-up within its bounds, or faults, each with its place and one line
// long.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dataplane/startup/startup.hpp"

using namespace kmsgate;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const startup::Startup& s) {
    require(s.workers >= 1 && s.workers <= 64 && s.mtu >= 576 && s.mtu <= 9600);
    require(s.user_tags <= 10'000'000 && s.transactions <= 10'000'000 && s.fragments <= 1'000'000);
    require(s.streams <= 10'000'000 && s.segments >= 256 && s.segments <= 1'000'000 &&
            s.stream.least_ttl <= 255);
    require(!s.state.empty() && !s.control_socket.empty() && !s.table_socket.empty());
    require(s.signing_key.empty() == s.signing_certificate.empty());
    const auto is_port = [&](const std::string& name) {
        return std::ranges::any_of(s.ports, [&](const startup::Port& p) { return p.name == name; });
    };
    for (const startup::Port& p : s.ports) require(!p.name.empty() && !p.device_name().empty());
    for (const startup::Pair& p : s.pairs) {
        require(!p.edge.empty() && is_port(p.inside) && is_port(p.outside) && p.inside != p.outside);
        require(!p.vlan || (*p.vlan >= 1 && *p.vlan <= 4094));
    }
    require(startup::describe(s).ends_with('\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view yaml(reinterpret_cast<const char*>(data), size);
    const auto read = startup::read_startup(yaml, "/etc/kmsgate/kmsgate.yaml");
    if (read) {
        check(*read);
        return 0;
    }
    require(!read.error().empty());
    for (const std::string& fault : read.error()) {
        require(fault.starts_with("/etc/kmsgate/kmsgate.yaml:"));
        require(fault.size() < 8192);
        for (const char c : fault) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    }
    return 0;
}

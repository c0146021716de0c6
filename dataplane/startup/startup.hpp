// SPDX-License-Identifier: BSD-3-Clause
// kmsgate.yaml: what a dataplane and a control plane are told before anything is opened. No DPDK, no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::startup {

/// A network port by the name that the file gives it.
struct Port {
    std::string name;    ///< "a"
    std::string device;  ///< DPDK device: "net_af_xdp0,iface=d0", or a PCI address "0000:3b:00.0"
    /// Is it a PCI device (EAL's --allow)? Else it is a virtual one (EAL's --vdev).
    [[nodiscard]] bool is_pci() const noexcept;
    /// Its name in DPDK: the device up to its first comma, PCI addresses in small letters.
    [[nodiscard]] std::string_view device_name() const noexcept;
    bool operator==(const Port&) const = default;
};

/// Two ports between which one edge of the policy stands. Several pairs may serve one edge.
struct Pair {
    std::string edge;
    std::string inside;                 ///< name of the port toward the clients
    std::string outside;                ///< name of the other port
    std::optional<std::uint16_t> vlan;  ///< 1-4094: only frames with this outer tag belong to the edge
    bool operator==(const Pair&) const = default;
};

/// Which events the dataplane tells control.
enum class EventsMode : std::uint8_t { refusals, all, none };

/// What only the control plane needs.
struct Control {
    std::string policy;       ///< file committed at start unless it was already; empty: none
    std::string events_file;  ///< path, `stdout` or `syslog`; empty: events go to subscribers only
    EventsMode events_mode = EventsMode::refusals;
    unsigned events_per_second = 1000;  ///< lines of each worker, and into the file
    std::string audit;                  ///< file; where kmsgate.yaml is silent: audit.jsonl in `state`
    std::vector<std::string> read;      ///< accounts and groups that may look; empty: who opens the socket
    std::vector<std::string> operate;   ///< .. that may set tags and modes
    std::vector<std::string> admin;     ///< .. that may commit and capture
    bool operator==(const Control&) const = default;
};

/// A line and a column of the file, from 1; 0: it says nothing of it.
struct Place {
    int line = 0;
    int column = 0;
};

/// Where things stand whose faults only the machine knows.
struct Places {
    Place keys;  ///< the first file named under `keys`
    Place user;
    /// Two files that say the same are the same.
    bool operator==(const Places&) const noexcept { return true; }
};

/// SIP over TCP.
struct Streams {
    unsigned held_milliseconds = 30'000;  ///< from the first byte of a message to its last, 100-600,000
    unsigned idle_seconds = 7'440;        ///< open connections without a segment, 60-86,400 (RFC 5382 5)
    unsigned least_ttl = 0;               ///< segments below it never reach the peer; 0-255, 0: no floor
    bool reset_conflicts = false;         ///< two versions of the same bytes take the connection down
    bool operator==(const Streams&) const = default;
};

/// What the file says, defaults where it is silent.
struct Startup {
    std::vector<Port> ports;
    std::vector<Pair> pairs;
    unsigned workers = 1;                    ///< 1-64
    std::size_t mtu = 1500;                  ///< bytes of IP in frames made here, 576-9600
    std::size_t user_tags = 100'000;         ///< up to 10 million
    std::size_t transactions = 100'000;      ///< up to 10 million
    std::size_t fragments = 4096;            ///< frames held for reassembly, up to 1 million
    std::size_t sources = 65'536;            ///< source addresses that the redirect limit tells apart
    std::size_t streams = 65'536;            ///< TCP connections of a worker, up to 10 million
    std::size_t segments = 16'384;           ///< TCP segments kept by a worker, 256 to 1 million
    Streams stream;                          ///< how long they are held, which of them are taken
    std::string state;                       ///< folder: To tag key, history; never empty
    std::string control_socket;              ///< where the file is silent: control.sock in `state`
    std::string table_socket;                ///< where the file is silent: table.sock in `state`
    std::string metrics = "127.0.0.1:9464";  ///< host:port; empty: none
    std::string signing_key;                 ///< file; empty: KRRs are not signed
    std::string signing_certificate;         ///< file; empty exactly when signing_key is
    std::string user;                  ///< account to become once the ports are open; empty: stay who we are
    unsigned link_milliseconds = 100;  ///< a port that goes down takes its partner down within this time
    unsigned memory_megabytes = 512;   ///< DPDK memory when there are no hugepages
    Control control;
    Places places;
    bool operator==(const Startup&) const = default;
};

/// Reads the file's text. All faults at once, each "file:line:column: what is wrong; what would be right", in
/// file order. `file`: its path; relative paths in it start in its folder. Nothing is opened or looked up.
[[nodiscard]] std::expected<Startup, std::vector<std::string>> read_startup(std::string_view yaml,
                                                                            const std::string& file);

/// What the dataplane would do, as tables for people. Ends with a line end.
[[nodiscard]] std::string describe(const Startup& startup);

}  // namespace kmsgate::startup

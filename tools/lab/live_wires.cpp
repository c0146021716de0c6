// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/live_wires.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "tools/lab/live_process.hpp"

namespace kmsgate::lab {

namespace {

using Done = std::expected<void, std::string>;

/// Commands of `ip`, one a line, in a namespace.
Done ip(const std::string& space, const std::string& commands) {
    const auto said = run_command({"ip", "-n", space, "-batch", "-"}, commands);
    if (!said) return std::unexpected(said.error());
    return {};
}

/// What `make` opens belongs to the namespace for good; this thread is back before it returns.
std::expected<Descriptor, std::string> opened_in(const std::string& space, const std::function<int()>& make) {
    const Descriptor here(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    const Descriptor there(::open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC));
    if (here.get() < 0 || there.get() < 0 || ::setns(there.get(), CLONE_NEWNET) != 0)
        return std::unexpected(fmt::format("namespace {}: {}", space, std::strerror(errno)));
    Descriptor out(make());
    const int why = errno;
    if (::setns(here.get(), CLONE_NEWNET) != 0)
        return std::unexpected(fmt::format("the way back from {}: {}", space, std::strerror(errno)));
    if (out.get() < 0) return std::unexpected(fmt::format("a socket in {}: {}", space, std::strerror(why)));
    return out;
}

sockaddr_in address_of(const Station& station) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(station.port);
    std::memcpy(&out.sin_addr, station.ip.data(), station.ip.size());
    return out;
}

template <class Address>
const sockaddr* generic(const Address& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

int udp_socket(const Station& own, const Station& peer) {
    Descriptor s(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto from = address_of(own), to = address_of(peer);
    if (s.get() < 0 || ::bind(s.get(), generic(from), sizeof from) != 0 ||
        ::connect(s.get(), generic(to), sizeof to) != 0)
        return -1;
    return s.release();
}

int tap_socket(const std::string& interface) {
    Descriptor s(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_protocol = htons(ETH_P_ALL);
    at.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    const int on = 1;
    if (s.get() < 0 || at.sll_ifindex == 0 ||
        ::setsockopt(s.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
        ::setsockopt(s.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        ::bind(s.get(), generic(at), sizeof at) != 0)
        return -1;
    return s.release();
}

std::string mac_text(const Station& s) {
    return fmt::format("{:02x}", fmt::join(s.mac, ":"));
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (number_ >= 0 && number_ != other.number_) ::close(number_);
    number_ = other.release();
    return *this;
}

std::expected<LiveWires, std::string> LiveWires::make(std::size_t edges, const Station& initiator,
                                                      const Station& receiver) {
    LiveWires out;
    for (const char* role : {"i", "r", "e"}) {
        const std::string name = fmt::format("kglab{}{}", ::getpid(), role);
        if (const auto added = run_command({"ip", "netns", "add", name}); !added)
            return std::unexpected(added.error());
        out.spaces_.push_back(name);
    }
    if (const auto built = out.build(edges); !built) return std::unexpected(built.error());
    for (const bool first : {true, false})
        if (const auto joined =
                out.join_client(first, first ? initiator : receiver, first ? receiver : initiator);
            !joined)
            return std::unexpected(joined.error());
    if (const auto opened = out.open_taps(edges); !opened) return std::unexpected(opened.error());
    return out;
}

LiveWires::~LiveWires() {
    taps_.clear();
    for (const std::string& name : spaces_) (void)run_command({"ip", "netns", "del", name});
}

std::string LiveWires::device(std::size_t edge, Toward toward) {
    const bool left = toward == Toward::initiator;
    return fmt::format("net_af_xdp{},iface=e{}{}", left ? 0 : 1, edge, left ? "l" : "r");
}

/// Wire i: bridge w<i> of the ports w<i>l and w<i>r, whose other ends are the neighbours' interfaces.
Done LiveWires::build(std::size_t edges) {
    const std::string &space = edge_space(), quiet = "net.ipv6.conf.default.disable_ipv6=1";
    for (const std::string& name : spaces_)
        if (const auto off = run_command({"nsenter", "--net=/run/netns/" + name, "--", "sysctl", "-qw",
                                          "net.ipv6.conf.all.disable_ipv6=1", quiet});
            !off)
            return std::unexpected(off.error());
    std::string commands;
    for (std::size_t i = 0; i <= edges; ++i) {
        const std::string left = i == 0 ? "c0 netns " + spaces_[0] : fmt::format("e{}r", i);
        const std::string right = i == edges ? "c0 netns " + spaces_[1] : fmt::format("e{}l", i + 1);
        commands += fmt::format(
            "link add w{0} type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
            "link add w{0}l type veth peer name {1}\nlink add w{0}r type veth peer name {2}\n"
            "link set w{0}l master w{0} up\nlink set w{0}r master w{0} up\nlink set w{0} up\n",
            i, left, right);
    }
    for (std::size_t edge = 1; edge <= edges; ++edge)
        commands += fmt::format("link set e{0}l promisc on up\nlink set e{0}r promisc on up\n", edge);
    return ip(space, commands);
}

/// Neighbours are told to each other beforehand: nothing but SIP shall be on the wires.
Done LiveWires::join_client(bool initiator, const Station& own, const Station& peer) {
    const std::string& space = spaces_[initiator ? 0 : 1];
    const std::string commands = fmt::format(
        "link set c0 address {0} up\naddr add {1} peer {2} dev c0\n"
        "neigh add {2} lladdr {3} nud permanent dev c0\n",
        mac_text(own), own.host(), peer.host(), mac_text(peer));
    // checksums left to hardware are nothing that a wire carries
    const auto off =
        run_command({"nsenter", "--net=/run/netns/" + space, "--", "ethtool", "-K", "c0", "tx", "off"});
    if (!off) return std::unexpected(off.error());
    if (const auto joined = ip(space, commands); !joined) return joined;
    auto socket = opened_in(space, [&] { return udp_socket(own, peer); });
    if (!socket) return std::unexpected(socket.error());
    clients_[initiator ? 0 : 1] = std::move(*socket);
    return {};
}

Done LiveWires::open_taps(std::size_t edges) {
    for (std::size_t i = 0; i <= edges; ++i)
        for (const Toward toward : {Toward::receiver, Toward::initiator}) {
            const bool left = toward == Toward::receiver;
            auto socket = opened_in(edge_space(),
                                    [&] { return tap_socket(fmt::format("w{}{}", i, left ? "l" : "r")); });
            if (!socket) return std::unexpected(socket.error());
            taps_.push_back({std::move(*socket), left ? i : i + 1, toward});
        }
    return {};
}

bool LiveWires::read(const Tap& tap, Frame& frame, core::Time& when) {
    frame.resize(65'536);
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{frame.data(), frame.size()};
    msghdr head{};
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    head.msg_control = control.data();
    head.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(tap.socket.get(), &head, 0);
    if (size < 0) return false;
    frame.resize(static_cast<std::size_t>(size));
    when = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&head); c != nullptr; c = CMSG_NXTHDR(&head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec at{};
        std::memcpy(&at, CMSG_DATA(c), sizeof at);
        when = static_cast<core::Time>(at.tv_sec) * core::kSecond + static_cast<core::Time>(at.tv_nsec);
    }
    return true;
}

}  // namespace kmsgate::lab

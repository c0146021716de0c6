// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/interface.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kRing = std::size_t{64} << 20, kBlock = std::size_t{1} << 18;

std::string error(std::string_view what) {
    return fmt::format("{}: {}", what, std::strerror(errno));
}

/// The calling thread in another network namespace for as long as this lives.
class Visit {
  public:
    explicit Visit(const std::string& name) {
        if (name.empty()) return;
        home_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        const int there = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
        if (home_ < 0 || there < 0 || ::setns(there, CLONE_NEWNET) != 0)
            fault_ = error("network namespace " + name);
        if (there >= 0) ::close(there);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
        if (home_ < 0) return;
        static_cast<void>(::setns(home_, CLONE_NEWNET));
        ::close(home_);
    }
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  private:
    int home_ = -1;
    std::string fault_;
};

template <class Value>
bool set(int socket, int option, const Value& value) noexcept {
    return ::setsockopt(socket, SOL_PACKET, option, &value, sizeof value) == 0;
}

}  // namespace

std::expected<Interface, std::string> Interface::open(const std::string& name) {
    const std::size_t at = name.find('@');
    const std::string device = name.substr(0, at);
    const Visit visit(at == std::string::npos ? std::string() : name.substr(at + 1));
    if (!visit.fault().empty()) return std::unexpected(name + ": " + visit.fault());
    Interface out;
    std::string fault = out.prepare(device);
    if (fault.empty()) fault = out.map_ring();
    if (!fault.empty()) return std::unexpected(name + ": " + fault);
    return out;
}

std::string Interface::prepare(const std::string& name) {
    if (name.empty() || name.size() >= IFNAMSIZ) return "is no name of an interface";
    socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return error("raw socket (CAP_NET_RAW is needed)");
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(socket_, SIOCGIFINDEX, &request) != 0) return "there is no such interface";
    const int index = request.ifr_ifindex;
    if (::ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return error("flags");
    if ((request.ifr_flags & IFF_UP) == 0 || (request.ifr_flags & IFF_RUNNING) == 0)
        return "is down or has no link; bring it up first";
    if (::ioctl(socket_, SIOCGIFMTU, &request) != 0) return error("MTU");
    mtu_ = static_cast<std::size_t>(request.ifr_mtu);
    constexpr int kVersion = TPACKET_V2, kOne = 1;
    if (!set(socket_, PACKET_VERSION, kVersion)) return error("PACKET_VERSION");
    // what is sent here must not come back here
    if (!set(socket_, PACKET_IGNORE_OUTGOING, kOne)) return error("PACKET_IGNORE_OUTGOING");
    packet_mreq all{};
    all.mr_ifindex = index;
    all.mr_type = PACKET_MR_PROMISC;
    if (!set(socket_, PACKET_ADD_MEMBERSHIP, all)) return error("promiscuous mode");
    // the ring is there before the first frame is taken
    constexpr std::size_t kAround = 256, kSmall = 2048, kLarge = 16384;
    frame_size_ = mtu_ + kAround <= kSmall ? kSmall : kLarge;
    frames_ = kRing / frame_size_;
    tpacket_req ring{};
    ring.tp_block_size = kBlock;
    ring.tp_block_nr = kRing / kBlock;
    ring.tp_frame_size = static_cast<unsigned>(frame_size_);
    ring.tp_frame_nr = static_cast<unsigned>(frames_);
    if (!set(socket_, PACKET_RX_RING, ring)) return error("receive ring");
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(ETH_P_ALL);
    where.sll_ifindex = index;
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) return error("bind");
    return {};
}

std::string Interface::map_ring() {
    void* const memory = ::mmap(nullptr, kRing, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
    if (memory == MAP_FAILED) return error("memory of the receive ring");
    ring_ = static_cast<std::uint8_t*>(memory);
    return {};
}

Interface::Interface(Interface&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      mtu_(other.mtu_),
      ring_(std::exchange(other.ring_, nullptr)),
      frame_size_(other.frame_size_),
      frames_(other.frames_),
      next_(other.next_),
      scratch_(std::move(other.scratch_)) {}

Interface::~Interface() {
    if (ring_ != nullptr) ::munmap(ring_, kRing);
    if (socket_ >= 0) ::close(socket_);
}

bool Interface::send(std::span<const std::uint8_t> frame) noexcept {
    constexpr int kTries = 100, kWait = 1;  // milliseconds
    for (int i = 0; i < kTries; ++i) {
        if (::send(socket_, frame.data(), frame.size(), MSG_DONTWAIT) == static_cast<ssize_t>(frame.size()))
            return true;
        if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR) return false;
        pollfd wait{socket_, POLLOUT, 0};
        ::poll(&wait, 1, kWait);
    }
    return false;
}

std::size_t Interface::receive(std::size_t most,
                               const std::function<void(Time, std::span<const std::uint8_t>)>& f) {
    constexpr std::size_t kMacs = 12;
    std::size_t count = 0;
    for (; count < most; ++count) {
        auto* const header = reinterpret_cast<tpacket2_hdr*>(ring_ + next_ * frame_size_);
        std::atomic_ref<std::uint32_t> status(header->tp_status);
        const std::uint32_t state = status.load(std::memory_order_acquire);
        if ((state & TP_STATUS_USER) == 0) break;
        std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(header) + header->tp_mac,
                                            header->tp_snaplen);
        if ((state & TP_STATUS_VLAN_VALID) != 0 && bytes.size() > kMacs) {
            // the kernel has taken the outermost tag out of the frame
            const std::uint16_t type =
                (state & TP_STATUS_VLAN_TPID_VALID) != 0 ? header->tp_vlan_tpid : std::uint16_t{ETH_P_8021Q};
            scratch_.assign(bytes.begin(), bytes.begin() + kMacs);
            for (const std::uint16_t value : {type, header->tp_vlan_tci}) {
                scratch_.push_back(static_cast<std::uint8_t>(value >> 8));
                scratch_.push_back(static_cast<std::uint8_t>(value));
            }
            scratch_.insert(scratch_.end(), bytes.begin() + kMacs, bytes.end());
            bytes = scratch_;
        }
        f(header->tp_sec * kSecond + header->tp_nsec, bytes);
        status.store(TP_STATUS_KERNEL, std::memory_order_release);
        next_ = (next_ + 1) % frames_;
    }
    return count;
}

std::uint64_t Interface::overrun() noexcept {
    tpacket_stats stats{};
    socklen_t size = sizeof stats;
    if (::getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) return 0;
    return stats.tp_drops;
}

}  // namespace kmsgate::traffic

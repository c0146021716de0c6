// SPDX-License-Identifier: BSD-3-Clause
// A wire with bad weather: frames between two interfaces, of which TCP over IPv4 and IPv6 loses some, gets
// some twice and some out of order. From a seed.
//
// usage: impair IFACE IFACE [--loss PERCENT] [--reorder PERCENT] [--duplicate PERCENT] [--seed N]
//
// Prints `ready`, works until SIGTERM, then prints what it did as JSON.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostBytes = 65'536;
constexpr int kPromptness = 1;                        // milliseconds: how late a held frame may be
constexpr std::chrono::milliseconds kLongestHold{5};  // a held frame waits no longer ..
constexpr unsigned kMostOvertaken = 4;                // .. and is overtaken by no more frames
constexpr std::size_t kAtOnce = 64;                   // frames of one direction in a row
constexpr int kBuffer = 64 << 20;

volatile std::sig_atomic_t stopped = 0;

/// Chances of a frame, in parts of 1.
struct Weather {
    double loss = 0, reorder = 0, duplicate = 0;
};

struct Counts {
    std::uint64_t frames = 0, lost = 0, reordered = 0, duplicated = 0, unsent = 0;
};

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

/// A raw socket on an interface that hears what arrives there, not what it sends itself.
int open_wire(const char* interface) {
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    const int on = 1;
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0)
        die("PACKET_IGNORE_OUTGOING");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kBuffer, sizeof kBuffer) != 0) die("SO_RCVBUFFORCE");
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kBuffer, sizeof kBuffer) != 0) die("SO_SNDBUFFORCE");
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_protocol = htons(ETH_P_ALL);
    at.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    if (at.sll_ifindex == 0 || bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        die(interface);
    return fd;
}

bool is_tcp(std::span<const std::uint8_t> frame) noexcept {
    if (frame.size() < 34) return false;
    const unsigned type = frame[12] << 8U | frame[13];
    return (type == ETH_P_IP && frame[23] == IPPROTO_TCP) || (type == ETH_P_IPV6 && frame[20] == IPPROTO_TCP);
}

/// One direction.
class Lane {
  public:
    Lane(int from, int to, const Weather& weather, std::uint64_t seed)
        : from_(from), to_(to), weather_(weather), random_(seed), bytes_(kMostBytes) {}

    void work() {
        for (std::size_t n = 0; n < kAtOnce; ++n) {
            const ssize_t got = recv(from_, bytes_.data(), bytes_.size(), 0);
            if (got < 0) break;
            take({bytes_.data(), static_cast<std::size_t>(got)});
        }
        if (!held_.empty() && Clock::now() >= due_) let_go();
    }
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

  private:
    void take(std::span<const std::uint8_t> frame) {
        ++counts_.frames;
        if (!is_tcp(frame)) return send(frame);
        if (chance(weather_.loss)) {
            ++counts_.lost;
            return;
        }
        if (held_.empty() && chance(weather_.reorder)) {
            ++counts_.reordered;
            held_.assign(frame.begin(), frame.end());
            due_ = Clock::now() + kLongestHold;
            left_ = 1 + static_cast<unsigned>(random_() % kMostOvertaken);
            return;
        }
        send(frame);
        if (chance(weather_.duplicate)) {
            ++counts_.duplicated;
            send(frame);
        }
        if (!held_.empty() && --left_ == 0) let_go();
    }
    void let_go() {
        send(held_);
        held_.clear();
    }
    void send(std::span<const std::uint8_t> frame) {
        if (::send(to_, frame.data(), frame.size(), 0) < 0) ++counts_.unsent;
    }
    bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }

    int from_, to_;
    Weather weather_;
    std::mt19937_64 random_;
    std::vector<std::uint8_t> bytes_, held_;
    Clock::time_point due_;
    unsigned left_ = 0;
    Counts counts_;
};

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> words(argv, static_cast<std::size_t>(argc));
    Weather weather;
    std::uint64_t seed = 1;
    if (words.size() < 3 || words.size() % 2 == 0) {
        std::fprintf(stderr,
                     "usage: impair IFACE IFACE [--loss %%] [--reorder %%] [--duplicate %%] [--seed N]\n");
        return 2;
    }
    for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
        const std::string_view word = words[i];
        const double value = std::strtod(words[i + 1], nullptr);
        if (word == "--loss")
            weather.loss = value / 100;
        else if (word == "--reorder")
            weather.reorder = value / 100;
        else if (word == "--duplicate")
            weather.duplicate = value / 100;
        else if (word == "--seed")
            seed = static_cast<std::uint64_t>(value);
        else
            return std::fprintf(stderr, "impair: %s is not known\n", words[i]), 2;
    }
    for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { stopped = 1; });
    std::array<pollfd, 2> wires{};
    for (std::size_t i = 0; i < 2; ++i) wires[i] = {open_wire(words[i + 1]), POLLIN, 0};
    std::array<Lane, 2> lanes{Lane(wires[0].fd, wires[1].fd, weather, seed),
                              Lane(wires[1].fd, wires[0].fd, weather, seed + 1)};
    std::puts("ready");
    std::fflush(stdout);
    while (stopped == 0) {
        poll(wires.data(), wires.size(), kPromptness);
        for (Lane& lane : lanes) lane.work();
    }
    std::printf("[");
    for (std::size_t i = 0; i < 2; ++i) {
        const Counts& c = lanes[i].counts();
        std::printf("%s{\"frames\":%lu,\"lost\":%lu,\"reordered\":%lu,\"duplicated\":%lu,\"unsent\":%lu}",
                    i == 0 ? "" : ",", c.frames, c.lost, c.reordered, c.duplicated, c.unsent);
    }
    std::puts("]");
    return 0;
}

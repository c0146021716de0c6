// SPDX-License-Identifier: BSD-3-Clause
// Whatever arrives, in whatever order: every frame is accounted for after every round.
#include <random>

#include "tests/unit/worker/rig.hpp"

namespace kmsgate::worker {
namespace {

using namespace test;

class Traffic {
  public:
    explicit Traffic(unsigned seed) : random_(seed) {}

    std::vector<Bytes> next() {
        const Offer offer = one_of(3) == 0 ? kToB : Offer{};
        const Bytes datagram = udp(5060, 5060, bytes(numbered(one_of(40), offer).text()));
        std::vector<Bytes> frames;
        switch (one_of(8)) {
            case 0:
                frames = {frame4(bytes("data"), 1000, 2000)};
                break;
            case 1:
                frames = fragments4(datagram, 8 * (10 + one_of(40)), {.id = one_of(50)});
                break;
            case 2:
                frames = fragments6(datagram, 8 * (10 + one_of(40)), 17, one_of(50));
                break;
            case 3:
                frames = {ether(0x88CC, Bytes(40, 1))};
                break;
            case 4:
                frames = {Bytes(one_of(30), static_cast<std::uint8_t>(one_of(256)))};
                break;
            default:
                frames = {ether(0x0800, ipv4({}, datagram))};
        }
        if (frames.size() > 1 && one_of(3) == 0) frames.erase(frames.begin() + one_of(2));
        std::ranges::shuffle(frames, random_);
        for (Bytes& f : frames) {
            if (f.size() < 14) continue;
            if (one_of(8) == 0)
                f[one_of(static_cast<unsigned>(f.size()))] ^= static_cast<std::uint8_t>(1U << one_of(8));
            if (one_of(8) == 0) f.resize(1 + one_of(static_cast<unsigned>(f.size())));
            // VLAN 9 has no pair
            if (const unsigned vlan = 6 + one_of(4); vlan != 6 && f.size() >= 14)
                f = part(f, 0, 12) + u16(0x8100) + u16(vlan) + part(f, 12, f.size() - 12);
        }
        return frames;
    }
    unsigned one_of(unsigned n) { return static_cast<unsigned>(random_() % n); }

  private:
    std::mt19937 random_;
};

TEST(Worker, EveryFrameOfRandomTrafficIsAccountedFor) {
    for (unsigned seed = 0; seed < 12; ++seed) {
        SCOPED_TRACE(seed);
        Traffic traffic(seed);
        Rig rig({.ports = {"a", "b", "c"},
                 .pairs = {{0, {0, 1}, 7}, {1, {1, 0}, 8}, {0, {2, 1}, 10}, {1, {2, 1}, std::nullopt}},
                 .tune = [&](Settings& s) {
                     s.pipeline.fragments = 32;
                     s.pipeline.waiting = 20;
                     s.budget_nanoseconds = seed % 2 == 0 ? 0 : 1;
                 }});
        std::uint64_t arrived = 0, left = 0;
        for (int round = 0; round < 150; ++round) {
            for (unsigned n = traffic.one_of(12); n != 0; --n)
                for (const Bytes& f : traffic.next()) {
                    if (f.empty()) continue;
                    rig.arrive(traffic.one_of(3), f);
                    ++arrived;
                }
            if (round % 20 == 10)
                rig.publish(two_edges(round % 40 == 10 ? "C" : "A"), 2 + static_cast<unsigned>(round));
            rig.ports[1]->takes = traffic.one_of(4) == 0 ? traffic.one_of(5) : SIZE_MAX;
            rig.clock.time += traffic.one_of(400) * core::kMillisecond;
            rig.poll();
            ASSERT_EQ(unaccounted(*rig.workers[0], 2), "") << round;
            for (std::size_t p = 0; p < 3; ++p) left += rig.sent(p).size();
            ASSERT_EQ(rig.get(Counter::frames_out), left);
        }
        while (rig.poll() != 0) {
        }
        EXPECT_EQ(rig.get(Counter::frames_in), arrived);
        EXPECT_GT(rig.get(Counter::no_edge), 0U);
        EXPECT_GT(rig.get(Counter::tx_dropped), 0U);
        EXPECT_GT(rig.outcome(0, Outcome::redirect) + rig.outcome(1, Outcome::redirect), 0U);
        EXPECT_GT(rig.outcome(0, Outcome::forward) + rig.outcome(1, Outcome::forward), 0U);
    }
}

}  // namespace
}  // namespace kmsgate::worker

// SPDX-License-Identifier: BSD-3-Clause
// Feeds hand-made fragments to reassembly and hands back what it did with them.
#pragma once

#include <gtest/gtest.h>

#include "dataplane/classify/packet.hpp"
#include "dataplane/reassemble/fragments.hpp"
#include "tests/unit/dataplane/frames.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::reassemble::test {

using namespace kmsgate::test;
using core::kSecond;
using core::meta;

inline constexpr Time kStart = 1'700'000'000 * kSecond;

/// One pool for all tests; every test must give back what it took.
inline rte_mempool* pool() {
    static const auto made = replay::make_pool("fragments-test", 1023);
    return made ? made->get() : nullptr;
}

class Kit {
  public:
    explicit Kit(std::size_t limit = 64) : before_(rte_mempool_avail_count(pool())), table(limit, {1, 2}) {}
    ~Kit() {
        table.expire(~Time{0}, [&](Datagram& d) {
            while (!d.frames.empty()) table.take(d).reset();
        });
        EXPECT_EQ(table.frames_held(), 0U);
        EXPECT_EQ(rte_mempool_avail_count(pool()) + outside_, before_) << "packet buffers are lost";
    }
    Kit(const Kit&) = delete;
    Kit& operator=(const Kit&) = delete;

    Fragments::Result add(const Bytes& frame) {
        Mbuf m = core::make_frame(pool(), frame);
        if (!m) {
            ADD_FAILURE() << "no buffers";
            return {};
        }
        meta(m.get()).number = ++number_;
        std::vector<std::uint8_t> scratch(kMaxDatagram + 64);
        const auto whole = core::linear(m.get(), scratch);
        const auto p = classify::read(whole);
        if (p.kind != classify::Kind::fragment) ADD_FAILURE() << "no fragment";
        const auto data = whole.subspan(p.l4, p.l4_size);
        return table.add(table.place(p, meta(m.get()).arrival), p, data, m, now);
    }
    /// One fragment of the datagram with this id, over IPv4.
    Fragments::Result piece(std::size_t offset, std::string_view data, bool more, std::size_t id = 1,
                            std::size_t protocol = 17) {
        return add(
            ether(0x0800, ipv4({.protocol = protocol, .id = id, .field = offset / 8 | (more ? 0x2000U : 0U)},
                               bytes(data))));
    }
    [[nodiscard]] static std::string gathered(const Datagram& d) {
        std::vector<std::uint8_t> out(kMaxDatagram + 1);
        const auto whole = Fragments::gather(d, out);
        return {whole.begin(), whole.end()};
    }
    /// What the pipeline does with a whole datagram. Returns its frames' numbers in order of arrival.
    std::vector<std::uint64_t> judge(Datagram& d, core::Outcome outcome = core::Outcome::forward) {
        std::vector<std::uint8_t> out(kMaxDatagram + 1);
        static_cast<void>(table.assemble(d, out));
        std::vector<std::uint64_t> numbers = take_all(d);
        table.settle(d, outcome, now);
        return numbers;
    }
    void pass(Datagram& d) {
        std::vector<std::uint8_t> scratch(kMaxDatagram + 1);
        table.pass(d, scratch);
    }
    void refuse(Datagram& d) {
        take_all(d);
        table.kill(d, core::Outcome::fragment_overlap);
    }
    std::vector<std::uint64_t> take_all(Datagram& d) {
        std::vector<std::uint64_t> numbers;
        while (!d.frames.empty()) numbers.push_back(meta(table.take(d).get()).number);
        return numbers;
    }
    std::size_t expired() {
        std::size_t n = 0;
        table.expire(now, [&](Datagram& d) { n += take_all(d).size(); });
        return n;
    }

  private:
    unsigned before_;
    unsigned outside_ = 0;
    std::uint64_t number_ = 0;

  public:
    Fragments table;
    Time now = kStart;
};

}  // namespace kmsgate::reassemble::test

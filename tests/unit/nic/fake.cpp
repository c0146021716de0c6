// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/nic/fake.hpp"

#include <utility>

namespace kmsgate::nic {

FakePort::FakePort(std::string name, std::uint16_t queues)
    : sent(queues), name_(std::move(name)), waiting_(queues) {
    offers.driver = "fake";
    offers.max_queues = queues;
    offers.reports_link = offers.sets_link = offers.multi_segment_tx = true;
}

std::uint16_t FakePort::queues() const noexcept {
    return static_cast<std::uint16_t>(waiting_.size());
}

void FakePort::arrive(std::uint16_t queue, core::Mbuf frame) {
    waiting_.at(queue).push_back(std::move(frame));
}

std::size_t FakePort::receive(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept {
    auto& q = waiting_[queue];
    std::size_t n = 0;
    for (; n < frames.size() && !q.empty() && link_up(); ++n) {
        counts_.rx_frames += 1;
        counts_.rx_bytes += q.front()->pkt_len;
        frames[n] = q.front().release();
        q.pop_front();
    }
    return n;
}

std::size_t FakePort::send(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept {
    std::size_t n = 0;
    for (; n < frames.size() && takes > 0; ++n) {
        counts_.tx_frames += 1;
        counts_.tx_bytes += frames[n]->pkt_len;
        sent[queue].emplace_back(frames[n]);
        if (takes != SIZE_MAX) --takes;
    }
    return n;
}

bool FakePort::set_link(bool up) noexcept {
    asked.push_back(up);
    if (up ? refuse_up : refuse_down) return false;
    switched_on = up;
    return true;
}

}  // namespace kmsgate::nic

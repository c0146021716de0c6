// SPDX-License-Identifier: BSD-3-Clause
// What the port tests share: buffers, frames with known bytes, pairs of rings.
#pragma once

#include <gtest/gtest.h>
#include <rte_bus_vdev.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/core/frame.hpp"
#include "dataplane/nic/ethdev.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::nic {

using Bytes = std::vector<std::uint8_t>;

/// A frame of `size` bytes unlike any other `number`.
inline Bytes some_bytes(std::size_t size, std::uint32_t number) {
    Bytes b(size);
    std::uint32_t x = number * 2654435761U + 1;
    for (std::uint8_t& v : b) {
        x = x * 1664525U + 1013904223U;
        v = static_cast<std::uint8_t>(x >> 24);
    }
    return b;
}

inline Bytes bytes_of(const rte_mbuf* m) {
    Bytes b;
    for (const rte_mbuf* s = m; s != nullptr; s = s->next) {
        const auto* p = rte_pktmbuf_mtod(s, const std::uint8_t*);
        b.insert(b.end(), p, p + s->data_len);
    }
    EXPECT_EQ(b.size(), m->pkt_len);
    return b;
}

inline rte_mempool* test_pool() {
    static const replay::Pool pool = replay::make_pool("nic_test", 4096).value();
    return pool.get();
}
inline unsigned in_use() {
    return rte_mempool_in_use_count(test_pool());
}

/// A frame of `bytes` in buffers of at most `piece` bytes each.
inline core::Mbuf chain(const Bytes& bytes, std::size_t piece) {
    core::Mbuf head;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const std::size_t n = std::min(piece, bytes.size() - at);
        core::Mbuf part = core::make_frame(test_pool(), std::span(bytes).subspan(at, n));
        if (!head)
            head = std::move(part);
        else
            EXPECT_EQ(rte_pktmbuf_chain(head.get(), part.release()), 0);
    }
    return head;
}

inline PortOptions options(std::uint16_t queues = 1, std::size_t mtu = 1500) {
    return {.name = {}, .pool = test_pool(), .queues = queues, .mtu = mtu, .descriptors = 512};
}

inline std::unique_ptr<EthdevPort> opened(std::string_view device, const PortOptions& o = options()) {
    auto port = EthdevPort::open(device, o);
    EXPECT_TRUE(port.has_value()) << port.error();
    return port ? std::move(*port) : nullptr;
}

/// Two net_ring devices back to back, as a cable: net_ring_NAMEa and net_ring_NAMEb.
class RingCable {
  public:
    RingCable(const std::string& name, unsigned size, unsigned queues = 1) {
        for (unsigned q = 0; q < queues; ++q) {
            forth_.push_back(
                rte_ring_create((name + "f" + std::to_string(q)).c_str(), size, SOCKET_ID_ANY, 0));
            back_.push_back(
                rte_ring_create((name + "b" + std::to_string(q)).c_str(), size, SOCKET_ID_ANY, 0));
        }
        a = "net_ring_" + name + "a";
        b = "net_ring_" + name + "b";
        EXPECT_GE(rte_eth_from_rings((name + "a").c_str(), back_.data(), queues, forth_.data(), queues, 0),
                  0);
        EXPECT_GE(rte_eth_from_rings((name + "b").c_str(), forth_.data(), queues, back_.data(), queues, 0),
                  0);
    }
    RingCable(const RingCable&) = delete;
    RingCable& operator=(const RingCable&) = delete;
    ~RingCable() {
        // an end that no port closed
        std::uint16_t port = 0;
        for (const std::string& end : {a, b})
            if (rte_eth_dev_get_port_by_name(end.c_str(), &port) == 0) rte_vdev_uninit(end.c_str());
        for (rte_ring* r : forth_) rte_ring_free(r);
        for (rte_ring* r : back_) rte_ring_free(r);
    }
    std::string a, b;

  private:
    std::vector<rte_ring*> forth_, back_;
};

}  // namespace kmsgate::nic

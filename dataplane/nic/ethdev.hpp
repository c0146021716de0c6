// SPDX-License-Identifier: BSD-3-Clause
// A port on a DPDK device, hardware or virtual.
#pragma once

#include <rte_mempool.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/nic/device.hpp"
#include "dataplane/nic/port.hpp"
#include "dataplane/nic/settings.hpp"

namespace kmsgate::nic {

struct PortOptions {
    std::string name;                  ///< what name() says; empty: the device's name
    rte_mempool* pool = nullptr;       ///< receive buffers with room for core::FrameMeta; outlives the port
    std::uint16_t queues = 1;          ///< wanted each way; queues() says how many there are
    std::size_t mtu = 1500;            ///< bytes of IP; capabilities().max_frame says what came of it
    std::uint16_t descriptors = 1024;  ///< per queue, as near as the device comes
};

/// receive() and send() of one queue belong to one thread at a time; queues are independent of each other.
/// The rest is the main thread's.
class EthdevPort final : public Port {
  public:
    /// Plugs `device` in, sets it up and starts it (the EAL runs already). The error names the device, what
    /// failed, why and what to do; nothing of the device is left behind then.
    [[nodiscard]] static std::expected<std::unique_ptr<EthdevPort>, std::string> open(
        std::string_view device, const PortOptions& options);
    /// Frames that still wait in receive queues are freed; the device is stopped, closed and unplugged.
    ~EthdevPort() override;
    EthdevPort(const EthdevPort&) = delete;
    EthdevPort& operator=(const EthdevPort&) = delete;

    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    [[nodiscard]] const Capabilities& capabilities() const noexcept override { return capabilities_; }
    [[nodiscard]] std::uint16_t queues() const noexcept override { return settings_.queues; }
    [[nodiscard]] std::size_t receive(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept override;
    /// Also: chains that the device does not take are copied into one buffer (counted); a chain longer than
    /// the MTU and two VLAN tags then goes nowhere: it is taken, freed and counted in tx_errors.
    [[nodiscard]] std::size_t send(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept override;
    /// A device that cannot say is up; one that is gone is down.
    [[nodiscard]] bool link_up() const noexcept override;
    bool set_link(bool up) noexcept override;
    [[nodiscard]] PortCounts counts() const noexcept override;

    /// Port id of rte_ethdev, for telemetry and tests.
    [[nodiscard]] std::uint16_t id() const noexcept { return device_.port(); }
    /// What was asked for and is not to be had, one sentence each.
    [[nodiscard]] std::span<const std::string> remarks() const noexcept { return settings_.remarks; }

  private:
    struct FreePool {
        void operator()(rte_mempool* p) const noexcept { rte_mempool_free(p); }
    };
    // written by the queue's thread, read by counts()
    struct alignas(RTE_CACHE_LINE_SIZE) QueueCounts {
        std::atomic<std::uint64_t> copied = 0;
        std::atomic<std::uint64_t> unsendable = 0;
    };

    EthdevPort(Device device, Settings settings, std::string name)
        : copies_(nullptr),
          device_(std::move(device)),
          settings_(std::move(settings)),
          name_(std::move(name)),
          counts_(settings_.queues) {}
    [[nodiscard]] std::expected<void, std::string> set_up(const PortOptions& options, int socket);
    [[nodiscard]] std::expected<void, std::string> set_up_queues(const PortOptions& options, int socket);
    [[nodiscard]] std::expected<void, std::string> start();
    void check_spread();
    void learn(const rte_eth_dev_info& info);
    [[nodiscard]] std::size_t leading_sendable(std::span<rte_mbuf* const> frames) const noexcept;
    [[nodiscard]] std::size_t send_copying(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept;
    [[nodiscard]] std::string fault(std::string_view what, int code, std::string_view advice) const;

    std::unique_ptr<rte_mempool, FreePool> copies_;  ///< stands before device_: freed after it
    Device device_;
    Settings settings_;
    std::string name_;
    Capabilities capabilities_;
    std::vector<QueueCounts> counts_;
};

}  // namespace kmsgate::nic

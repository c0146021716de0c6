// SPDX-License-Identifier: BSD-3-Clause
// A DPDK device by the words of the start-up file: found or plugged in, claimed, and given back.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace kmsgate::nic {

/// One sentence for the operator: "net_pcap0: cannot start the device: No such device; what to do".
/// `code`: what DPDK returned (negative errno).
[[nodiscard]] std::string device_fault(std::string_view device, std::string_view what, int code,
                                       std::string_view advice);

/// Owns an ethdev port: nobody else opens it meanwhile; the destructor stops, closes and unplugs it.
class Device {
  public:
    /// `spec`: "net_ring0", "net_pcap0,rx_pcap=FILE", "0000:3b:00.0". A device that the EAL's own arguments
    /// (or rte_eth_from_rings) made already is taken over when `spec` has no arguments or the same ones. The
    /// EAL must run. When it fails nothing stays plugged in that was not before.
    [[nodiscard]] static std::expected<Device, std::string> attach(std::string_view spec);

    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    Device(Device&& o) noexcept
        : port_(std::exchange(o.port_, kNone)), name_(std::move(o.name_)), virtual_(o.virtual_) {}
    Device& operator=(Device&& o) noexcept {
        std::swap(port_, o.port_);
        std::swap(name_, o.name_);
        std::swap(virtual_, o.virtual_);
        return *this;
    }
    ~Device();

    /// Port id of rte_ethdev.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Device name without its arguments.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// No hardware behind it (vdev bus).
    [[nodiscard]] bool is_virtual() const noexcept { return virtual_; }

  private:
    static constexpr std::uint16_t kNone = UINT16_MAX;
    Device(std::uint16_t port, std::string name, bool is_virtual) noexcept
        : port_(port), name_(std::move(name)), virtual_(is_virtual) {}
    std::uint16_t port_ = kNone;
    std::string name_;
    bool virtual_ = false;
};

}  // namespace kmsgate::nic

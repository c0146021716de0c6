// SPDX-License-Identifier: BSD-3-Clause
#define ALLOW_EXPERIMENTAL_API  // rte_devargs_reset: the only way to free what rte_devargs_parse made
#include "dataplane/nic/device.hpp"

#include <fmt/format.h>
#include <rte_bus.h>
#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace kmsgate::nic {
namespace {

struct Devargs {
    rte_devargs value{};
    Devargs() = default;
    Devargs(const Devargs&) = delete;
    Devargs& operator=(const Devargs&) = delete;
    ~Devargs() { rte_devargs_reset(&value); }
    [[nodiscard]] std::string_view args() const {
        return value.args != nullptr ? std::string_view(value.args) : std::string_view();
    }
};

std::optional<std::uint16_t> find_port(const char* name) {
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(name, &port) == 0) return port;
    // a PCI address may be written short, and some drivers name ports in their own way
    rte_dev_iterator it{};
    if (rte_eth_iterator_init(&it, name) != 0) return std::nullopt;
    port = rte_eth_iterator_next(&it);
    if (port == RTE_MAX_ETHPORTS) return std::nullopt;
    rte_eth_iterator_cleanup(&it);
    return port;
}

bool same_arguments(std::uint16_t port, std::string_view args) {
    rte_eth_dev_info info{};
    if (args.empty()) return true;
    if (rte_eth_dev_info_get(port, &info) != 0 || info.device == nullptr) return false;
    const rte_devargs* made_with = rte_dev_devargs(info.device);
    return made_with != nullptr && made_with->args != nullptr && args == made_with->args;
}

// 0, or what stands against it
int plug(const Devargs& d, bool is_virtual, const std::string& spec) {
    if (!is_virtual) return rte_dev_probe(spec.c_str());
    // rte_dev_probe would leave the name of a failed virtual device on its bus
    const int rc = rte_vdev_init(d.value.name, d.value.args);
    return rc > 0 ? -ENODEV : rc;
}

std::string_view advice_for_plug(bool is_virtual) {
    return is_virtual ? "check its arguments; the driver says more in DPDK's log"
                      : "check the address with lspci, that a driver for user space (vfio-pci) holds it, and "
                        "that DPDK was not started with --no-pci";
}

}  // namespace

std::string device_fault(std::string_view device, std::string_view what, int code, std::string_view advice) {
    // many drivers return a bare -1, which is no errno
    const std::string_view cause = code == -1 ? "its driver refuses" : rte_strerror(code < 0 ? -code : code);
    return fmt::format("{}: {}: {}; {}", device, what, cause, advice);
}

std::expected<Device, std::string> Device::attach(std::string_view spec_) {
    const std::string spec(spec_);
    Devargs d;
    if (spec.empty() || spec.front() == ',' || rte_devargs_parse(&d.value, spec.c_str()) != 0)
        return std::unexpected(
            device_fault(spec.empty() ? "(empty)" : spec, "is no device that DPDK knows", -ENODEV,
                         "write a virtual device (net_af_xdp0,iface=NAME) or a PCI address"));
    const std::string name = d.value.name;
    const std::string bus = rte_bus_name(d.value.bus);
    const bool is_virtual = bus == "vdev";
    std::optional<std::uint16_t> port = find_port(name.c_str());
    const bool existed = port.has_value();
    if (!existed) {
        if (const int rc = plug(d, is_virtual, spec); rc != 0)
            return std::unexpected(
                device_fault(spec, "cannot plug the device in", rc, advice_for_plug(is_virtual)));
        port = find_port(name.c_str());
        if (!port) {
            rte_eal_hotplug_remove(bus.c_str(), name.c_str());
            return std::unexpected(
                device_fault(spec, "is no network port", -ENODEV, "name a device of which DPDK makes one"));
        }
    }
    rte_eth_dev_owner owner{};
    std::strncpy(owner.name, "kmsgate", sizeof owner.name - 1);
    int rc = rte_eth_dev_owner_new(&owner.id);
    if (rc == 0) rc = rte_eth_dev_owner_set(*port, &owner);
    if (rc != 0) {
        if (!existed) rte_eal_hotplug_remove(bus.c_str(), name.c_str());
        return std::unexpected(
            device_fault(spec, "is open already", -EBUSY, "give every port a device of its own"));
    }
    Device device(*port, name, is_virtual);
    if (existed && !same_arguments(*port, d.args())) {
        // not ours after all, and not to be closed
        rte_eth_dev_owner_unset(*port, owner.id);
        device.port_ = kNone;
        return std::unexpected(device_fault(spec, "exists with other arguments", -EEXIST,
                                            "choose another number behind the driver's name"));
    }
    return device;
}

Device::~Device() {
    if (port_ == kNone) return;
    rte_eth_dev_info info{};
    rte_device* device = rte_eth_dev_info_get(port_, &info) == 0 ? info.device : nullptr;
    if (rte_eth_dev_is_valid_port(port_) != 0) {
        static_cast<void>(rte_eth_dev_stop(port_));
        static_cast<void>(rte_eth_dev_close(port_));
    }
    // a device with further ports stays for them
    if (device != nullptr && rte_eth_find_next_of(0, device) == RTE_MAX_ETHPORTS) rte_dev_remove(device);
}

}  // namespace kmsgate::nic

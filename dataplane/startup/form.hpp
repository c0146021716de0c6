// SPDX-License-Identifier: BSD-3-Clause
// What devices, addresses, accounts and paths may look like. Inside this room only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kmsgate::startup {

/// Longest name of a DPDK device, in bytes (RTE_DEV_NAME_MAX_LEN without its NUL).
inline constexpr std::size_t kMaxDeviceName = 63;
/// Longest path, in bytes (Linux PATH_MAX without its NUL).
inline constexpr std::size_t kMaxPath = 4095;
/// Longest path of a socket, in bytes (sun_path of unix(7) without its NUL).
inline constexpr std::size_t kMaxSocketPath = 107;

/// `what` is wrong, as the end of a sentence, and what would be right.
struct Fault {
    std::string what;
    std::string remedy;
};

/// A device up to its first comma.
[[nodiscard]] std::string_view name_of_device(std::string_view device) noexcept;
/// "0000:3b:00.0": domain of four hexadecimal digits, bus of two, device 00-1f, function 0-7.
[[nodiscard]] bool is_pci_address(std::string_view text) noexcept;
/// A virtual device "net_..." or a PCI address, with arguments behind commas.
[[nodiscard]] std::optional<Fault> device_fault(std::string_view device);
/// host:port with an IPv4 address, an IPv6 address in brackets or a host name (RFC 1123 2.1).
[[nodiscard]] std::optional<Fault> endpoint_fault(std::string_view endpoint);
/// The name of an account.
[[nodiscard]] std::optional<Fault> account_fault(std::string_view name);
/// A path as it is written in the file: one line, no `~`.
[[nodiscard]] std::optional<Fault> path_fault(std::string_view path);

}  // namespace kmsgate::startup

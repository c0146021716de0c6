// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/startup/form.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "policy/language/utf8.hpp"

namespace kmsgate::startup {
namespace {

using sip::is_alpha;
using sip::is_digit;

constexpr std::string_view kVirtual = "net_";
constexpr std::string_view kDeviceRemedy =
    "write a virtual device as in \"net_af_xdp0,iface=eth0\", or a PCI address as in \"0000:3b:00.0\"";
constexpr std::string_view kEndpointRemedy =
    "write host:port as in \"127.0.0.1:9464\" or \"[::1]:9464\", or `none`";

bool is_word_byte(char c) {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}

bool is_visible(char c) {
    return c >= 0x21 && c <= 0x7E;
}

/// Arguments stand between commas, none of them empty.
bool has_empty_argument(std::string_view device) {
    return device.ends_with(',') || device.find(",,") != std::string_view::npos;
}

std::optional<Fault> virtual_fault(std::string_view name) {
    if (name.size() == kVirtual.size()) return Fault{"names no driver", std::string(kDeviceRemedy)};
    if (name.size() > kMaxDeviceName)
        return Fault{fmt::format("has a name of {} bytes", name.size()),
                     fmt::format("name it with at most {}", kMaxDeviceName)};
    if (!std::ranges::all_of(name, is_word_byte))
        return Fault{
            "holds other characters in its name than A-Z a-z 0-9 . _ -",
            "write driver and number, then a comma before each argument (\"net_af_xdp0,iface=eth0\")"};
    return std::nullopt;
}

/// What people write instead of a device: an interface of the kernel, or a PCI address without its domain.
std::string device_remedy(std::string_view name) {
    if (const std::string whole = fmt::format("0000:{}", name); is_pci_address(whole))
        return fmt::format("write it with its domain: \"{}\"", whole);
    constexpr std::size_t kMaxInterface = 15;
    if (!name.empty() && name.size() <= kMaxInterface && std::ranges::all_of(name, is_word_byte))
        return fmt::format(
            "write \"net_af_xdp0,iface={}\" for an interface of the kernel, or a PCI address as in "
            "\"0000:3b:00.0\"",
            name);
    return std::string(kDeviceRemedy);
}

bool is_ipv4(const std::string& host) {
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
    in6_addr address{};
    return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// RFC 1123 2.1: labels of letters, digits and inner hyphens; the last one is not all digits, so that a
/// mistyped IPv4 address is no name.
bool is_host_name(std::string_view host) {
    constexpr std::size_t kMaxHost = 253;
    constexpr std::size_t kMaxLabel = 63;
    if (host.empty() || host.size() > kMaxHost) return false;
    for (bool last = false; !last;) {
        const std::size_t end = std::min(host.find('.'), host.size());
        const std::string_view label = host.substr(0, end);
        last = end == host.size();
        const auto inside = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
        if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-' ||
            !std::ranges::all_of(label, inside))
            return false;
        if (last && std::ranges::all_of(label, is_digit)) return false;
        if (!last) host.remove_prefix(end + 1);
    }
    return true;
}

bool is_port(std::string_view port) {
    if (port.empty() || port.size() > 5 || port[0] == '0' || !std::ranges::all_of(port, is_digit))
        return false;
    unsigned value = 0;
    for (const char c : port) value = value * 10 + static_cast<unsigned>(c - '0');
    return value <= 65535;
}

}  // namespace

std::string_view name_of_device(std::string_view device) noexcept {
    return device.substr(0, device.find(','));
}

bool is_pci_address(std::string_view text) noexcept {
    constexpr std::string_view kShape = "xxxx:xx:xx.x";
    if (text.size() != kShape.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (kShape[i] == 'x' ? sip::hex_value(text[i]) < 0 : text[i] != kShape[i]) return false;
    // PCI has 32 devices on a bus and 8 functions in a device.
    return text[8] <= '1' && text[11] <= '7';
}

std::optional<Fault> device_fault(std::string_view device) {
    if (!std::ranges::all_of(device, is_visible))
        return Fault{"holds a blank or another character outside 0x21-0x7E",
                     "write it without blanks, as in \"net_af_xdp0,iface=eth0\""};
    const std::string_view name = name_of_device(device);
    if (name.starts_with(kVirtual)) {
        if (std::optional<Fault> fault = virtual_fault(name)) return fault;
    } else if (!is_pci_address(name)) {
        return Fault{"is neither a virtual device nor a PCI address", device_remedy(name)};
    }
    if (has_empty_argument(device))
        return Fault{"has an empty argument", "write one comma before each argument, and none at the end"};
    return std::nullopt;
}

std::optional<Fault> endpoint_fault(std::string_view endpoint) {
    const std::size_t colon = endpoint.rfind(':');
    if (colon == std::string_view::npos) return Fault{"has no port", std::string(kEndpointRemedy)};
    const std::string host(endpoint.substr(0, colon));
    if (!is_port(endpoint.substr(colon + 1)))
        return Fault{"has no port from 1 to 65535 behind its last colon", std::string(kEndpointRemedy)};
    // inet_pton() would stop at a NUL
    if (!std::ranges::all_of(host, is_visible))
        return Fault{"holds a blank or another character outside 0x21-0x7E", std::string(kEndpointRemedy)};
    if (is_ipv6(host))
        return Fault{"has an IPv6 address without brackets",
                     fmt::format("write \"[{}]{}\"", host, endpoint.substr(colon))};
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    const bool sound =
        bracketed ? is_ipv6(host.substr(1, host.size() - 2)) : is_ipv4(host) || is_host_name(host);
    if (!sound)
        return Fault{"has no IP address and no host name before its port", std::string(kEndpointRemedy)};
    return std::nullopt;
}

std::optional<Fault> account_fault(std::string_view name) {
    constexpr std::size_t kMaxAccount = 32;  // useradd(8)
    const bool sound = !name.empty() && name.size() <= kMaxAccount &&
                       std::ranges::all_of(name, is_word_byte) && name.front() != '-' &&
                       name.front() != '.' && !std::ranges::all_of(name, is_digit);
    if (sound) return std::nullopt;
    return Fault{"is no name of an account",
                 fmt::format("write the name, not the number: 1 to {} characters of A-Z a-z 0-9 . _ -, not "
                             "beginning with . or -",
                             kMaxAccount)};
}

std::optional<Fault> path_fault(std::string_view path) {
    if (path == "~" || path.starts_with("~/"))
        return Fault{"begins with `~`, which only a shell knows", "write the folder out"};
    for (std::string_view rest = path; !rest.empty();) {
        const policy::language::Rune rune = policy::language::first_rune(rest);
        if (rune.size == 0 || policy::language::is_control(rune.value))
            return Fault{"holds a character that is no text",
                         "write it without escapes of control characters"};
        rest.remove_prefix(rune.size);
    }
    return std::nullopt;
}

}  // namespace kmsgate::startup

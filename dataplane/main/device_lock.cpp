// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/device_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>

namespace kmsgate::box {
namespace {

/// The kernel's own name of an interface that goes by several.
std::string canonical(const std::string& interface) {
    std::array<char, IF_NAMESIZE> name{};
    const unsigned index = if_nametoindex(interface.c_str());
    if (index == 0 || if_indextoname(index, name.data()) == nullptr) return interface;
    return name.data();
}

/// One component of a path: readable, and different for different text.
std::string file_name(std::string_view kind, std::string_view network, std::string_view text) {
    std::string plain;
    for (const char c : text.substr(0, 64)) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '.' || c == ':' || c == '-' || c == '_';
        plain += fine ? c : '_';
    }
    std::string out = fmt::format("{}{}{}-{}", kind, network.empty() ? "" : "-", network, plain);
    if (plain != text) {
        std::uint64_t hash = 14695981039346656037U;  // FNV-1a: keeps texts apart, guards nothing
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
        out += fmt::format("-{:016x}", hash);
    }
    return out;
}

std::string network_namespace() {
    struct stat about{};
    return stat("/proc/self/ns/net", &about) == 0 ? std::to_string(about.st_ino) : std::string("0");
}

/// Empty: the folder can be used.
std::string make_folder(const std::string& folder) {
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
        return fmt::format("cannot be made: {}", std::strerror(errno));
    struct stat about{};
    if (lstat(folder.c_str(), &about) != 0) return std::strerror(errno);
    if (!S_ISDIR(about.st_mode)) return "is no folder";
    if ((about.st_uid != 0 && about.st_uid != geteuid()) || (about.st_mode & 022) != 0)
        return "others than root may write there";
    return {};
}

std::string holder(int file) {
    std::array<char, 16> text{};
    const ssize_t n = pread(file, text.data(), text.size(), 0);
    const std::string_view all(text.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    const std::string_view pid = all.substr(0, all.find_first_not_of("0123456789"));
    return pid.empty() ? "another process" : fmt::format("process {}", pid);
}

}  // namespace

std::vector<std::string> device_lock_names(const startup::Port& port, std::string_view network) {
    if (port.is_pci()) return {file_name("pci", "", port.device_name())};
    std::set<std::string> names;
    std::string_view rest = port.device;
    bool first = true;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view word = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        const std::size_t equals = word.find('=');
        if (std::exchange(first, false) || equals == std::string_view::npos) continue;
        const std::string_view key = word.substr(0, equals);
        const std::string value(word.substr(equals + 1));
        const bool path = value.find('/') != std::string::npos;  // vhost has paths under `iface`
        if (!path && (key == "iface" || key == "rx_iface" || key == "tx_iface" || key == "rx_iface_in"))
            names.insert(file_name("interface", network, canonical(value)));
        else if (key == "path" || key == "socket" || (path && key == "iface"))
            names.insert(file_name("socket", path ? "" : network, value));
    }
    return {names.begin(), names.end()};
}

std::expected<DeviceLocks, Failure> DeviceLocks::take(const startup::Startup& startup,
                                                      const std::string& folder) {
    DeviceLocks out;
    const std::string network = network_namespace();
    std::set<std::string> mine;
    std::string wrong;
    for (const startup::Port& port : startup.ports)
        for (const std::string& name : device_lock_names(port, network)) {
            if (!mine.insert(name).second) continue;  // two ports on one device: its driver's matter
            const auto remark = [&](std::string_view path, std::string_view what) {
                out.remarks_.push_back(
                    fmt::format("port {}: {}: {}; nothing keeps another kmsgate-dataplane "
                                "off {}",
                                port.name, path, what, port.device));
            };
            if (wrong = make_folder(folder); !wrong.empty()) {
                remark(folder, wrong);
                continue;
            }
            const std::string path = folder + "/" + name;
            const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
            if (file < 0) {
                remark(path, std::strerror(errno));
                continue;
            }
            out.files_.push_back(file);
            if (flock(file, LOCK_EX | LOCK_NB) != 0) {
                if (errno != EWOULDBLOCK) {
                    remark(path, std::strerror(errno));
                    continue;
                }
                return std::unexpected(Failure{
                    kInput, fmt::format("port {}: {} is in use by {} (it holds {}); stop that one, or take "
                                        "another device",
                                        port.name, port.device, holder(file), path)});
            }
            const std::string pid = std::to_string(getpid()) + "\n";
            if (ftruncate(file, 0) != 0 || write(file, pid.data(), pid.size()) < 0)
                out.remarks_.push_back(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
        }
    return out;
}

DeviceLocks::~DeviceLocks() {
    for (const int file : files_) close(file);
}

}  // namespace kmsgate::box

// SPDX-License-Identifier: BSD-3-Clause
// One dataplane for each device of this host: what a driver does to an interface that another process drives,
// be it only while it fails to open it, cuts that one off.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/main/exit.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::box {

/// Where the locks are; only root makes it, so that nobody else can keep a box from starting.
inline constexpr const char* kDeviceLocks = "/run/kmsgate-devices";

/// Names of the locks that a port's device needs; none for one that the process has for itself (net_null,
/// net_ring, net_pcap on files, a tap whose name the kernel chooses). `network`: the network namespace's
/// inode.
[[nodiscard]] std::vector<std::string> device_lock_names(const startup::Port& port, std::string_view network);

/// Holds the devices for this process as long as it lives, whoever it becomes.
class DeviceLocks {
  public:
    /// Takes a lock for each device (flock(2) on a file of `folder`), before anything is done to any of them.
    /// Failure (kInput): another process has one; it names the device and that process. A lock that cannot be
    /// made is no failure but a remark.
    [[nodiscard]] static std::expected<DeviceLocks, Failure> take(const startup::Startup& startup,
                                                                  const std::string& folder = kDeviceLocks);
    DeviceLocks() = default;
    DeviceLocks(const DeviceLocks&) = delete;
    DeviceLocks& operator=(const DeviceLocks&) = delete;
    DeviceLocks(DeviceLocks&& o) noexcept
        : files_(std::exchange(o.files_, {})), remarks_(std::move(o.remarks_)) {}
    DeviceLocks& operator=(DeviceLocks&& o) noexcept {
        std::swap(files_, o.files_);
        std::swap(remarks_, o.remarks_);
        return *this;
    }
    ~DeviceLocks();

    /// One sentence for each lock that could not be made.
    [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }

  private:
    std::vector<int> files_;
    std::vector<std::string> remarks_;
};

}  // namespace kmsgate::box

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace kmsgate::client::program {

std::expected<State, std::string> State::open(const std::string& folder) {
    State out;
    if (folder.empty()) return out;
    out.folder_ = folder;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return std::unexpected(fmt::format("state folder {}: {}", folder, error.message()));
    const std::string lock = (std::filesystem::path(folder) / "lock").string();
    out.lock_ = Socket(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out.lock_.open()) return std::unexpected(fmt::format("{}: {}", lock, reason(errno)));
    if (::flock(out.lock_.get(), LOCK_EX | LOCK_NB) != 0)
        return std::unexpected(fmt::format(
            "{}: another kmsgate-client keeps its KRRs there; wait for it, or name another `state`", folder));
    auto krrs = select::load_store(folder);
    if (!krrs) return std::unexpected(krrs.error());
    out.krrs_ = *std::move(krrs);
    return out;
}

std::expected<void, std::string> State::save() const {
    if (folder_.empty()) return {};
    return select::save_store(krrs_, folder_);
}

}  // namespace kmsgate::client::program

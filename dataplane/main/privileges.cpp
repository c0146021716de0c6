// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/privileges.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace kmsgate::box {
namespace {

/// What is wrong with a task's status, empty when nothing is.
std::string fault_of(std::istream& status, const Account& account) {
    const std::string id = fmt::format("Uid:\t{0}\t{0}\t{0}\t{0}", account.user);
    const std::string gid = fmt::format("Gid:\t{0}\t{0}\t{0}\t{0}", account.group);
    unsigned right = 0;
    for (std::string line; std::getline(status, line);) {
        const std::string_view text = line;
        const std::string_view value = text.substr(std::min(text.size(), text.find_first_of(" \t") + 1));
        if (text.starts_with("Uid:") || text.starts_with("Gid:")) {
            if (text != id && text != gid) return line;
        } else if (text.starts_with("Groups:")) {
            if (value.find_first_not_of(" \t") != std::string_view::npos) return line;
        } else if (text.starts_with("CapEff:") || text.starts_with("CapPrm:") ||
                   text.starts_with("CapInh:") || text.starts_with("CapAmb:")) {
            if (value.find_first_not_of('0') != std::string_view::npos) return line;
        } else {
            continue;
        }
        ++right;
    }
    return right == 7 ? "" : "its /proc status cannot be read whole";
}

std::expected<void, std::string> verify(const Account& account) {
    std::error_code error;
    std::size_t tasks = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
        std::ifstream status(task.path() / "status");
        if (!status) continue;  // it ended meanwhile
        ++tasks;
        if (const std::string fault = fault_of(status, account); !fault.empty())
            return std::unexpected(fmt::format("task {} still has rights that {} has not: {}",
                                               task.path().filename().string(), account.name, fault));
    }
    if (error || tasks == 0) return std::unexpected("/proc/self/task cannot be read; mount /proc");
    return {};
}

}  // namespace

std::expected<Account, std::string> find_account(const std::string& name) {
    std::array<char, 16'384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    const int rc = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr)
        return std::unexpected(fmt::format("`user` `{}`: {}; make the account or name another", name,
                                           rc == 0 ? "there is no such account" : std::strerror(rc)));
    return Account{name, entry.pw_uid, entry.pw_gid};
}

std::expected<void, std::string> become(const Account& account) {
    // glibc does each of these for all threads of the process
    if (geteuid() == 0) {
        if (setgroups(0, nullptr) != 0)
            return std::unexpected(fmt::format("cannot leave the groups of root: {}", std::strerror(errno)));
        if (setresgid(account.group, account.group, account.group) != 0 ||
            setresuid(account.user, account.user, account.user) != 0)
            return std::unexpected(fmt::format("cannot become {}: {}", account.name, std::strerror(errno)));
    } else if (geteuid() != account.user || getuid() != account.user) {
        return std::unexpected(fmt::format("cannot become {}: only root can; start as root or as {}",
                                           account.name, account.name));
    } else {
        return {};  // it is who it should be, with the groups that it was given
    }
    return account.user == 0 ? std::expected<void, std::string>{} : verify(account);
}

std::expected<void, std::string> give(const std::string& path, const Account& account) {
    if (geteuid() != 0 || lchown(path.c_str(), account.user, account.group) == 0 || errno == ENOENT)
        return {};
    return std::unexpected(
        fmt::format("{}: cannot be given to {}: {}", path, account.name, std::strerror(errno)));
}

}  // namespace kmsgate::box

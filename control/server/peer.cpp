// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/peer.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace kmsgate::control {
namespace {

/// More groups than any account has (NGROUPS_MAX).
constexpr std::size_t kMostGroups = 65536;

std::optional<std::string> group_name(gid_t gid) {
    std::vector<char> buffer(1 << 16);
    group entry{};
    group* found = nullptr;
    if (::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
        return std::nullopt;
    return found->gr_name;
}

}  // namespace

std::string_view to_string(Role role) noexcept {
    constexpr std::array<std::string_view, 4> kNames = {"none", "read", "operate", "admin"};
    return kNames[static_cast<std::size_t>(role)];
}

std::optional<Credentials> credentials_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer)
        return std::nullopt;
    Credentials out;
    out.who = {peer.uid, user_name(peer.uid), peer.pid};
    std::vector<gid_t> groups(64);
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    while (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
        if (errno != ERANGE || groups.size() > kMostGroups) {
            size = 0;
            break;
        }
        groups.resize(size / sizeof(gid_t) + 1);
        size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    }
    groups.resize(size / sizeof(gid_t));
    groups.push_back(peer.gid);
    for (const gid_t gid : groups)
        if (auto name = group_name(gid)) out.groups.push_back(*std::move(name));
    return out;
}

Role role_of(const Credentials& peer, const startup::Control& settings) {
    if (peer.who.uid == 0 || peer.who.uid == ::geteuid()) return Role::admin;
    const auto named = [&](const std::vector<std::string>& list) {
        return std::ranges::any_of(list, [&](const std::string& name) {
            return name == peer.who.user || std::ranges::find(peer.groups, name) != peer.groups.end();
        });
    };
    if (named(settings.admin)) return Role::admin;
    if (named(settings.operate)) return Role::operate;
    return settings.read.empty() || named(settings.read) ? Role::read : Role::none;
}

}  // namespace kmsgate::control

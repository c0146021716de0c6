// SPDX-License-Identifier: BSD-3-Clause
#include "control/link/fault.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

namespace kmsgate::control {

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string user_name(uid_t uid) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return found->pw_name;
    return std::to_string(uid);
}

Who myself() {
    return {::geteuid(), user_name(::geteuid()), ::getpid()};
}

Json holder_json(const Who& who, double since) {
    return {{"uid", who.uid}, {"user", who.user}, {"pid", who.pid}, {"since", since}};
}

}  // namespace kmsgate::control

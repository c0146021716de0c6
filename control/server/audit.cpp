// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/audit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/commit/policy.hpp"
#include "control/link/log.hpp"

namespace kmsgate::control {
namespace {

constexpr off_t kRoom = 64 << 10;
/// Longer values of parameters are told by their beginning.
constexpr std::size_t kLongest = 1000;

/// Parameters as the log keeps them: a policy by its digest, rows and messages by their number.
Json shortened(const Json& params) {
    Json out = Json::object();
    for (const auto& [key, value] : params.items()) {
        if (key == "text" && value.is_string())
            out[key] = sha256(value.get_ref<const std::string&>());
        else if (key == "rows" && value.is_array())
            out[key] = value.size();
        else if (value.is_string() && value.get_ref<const std::string&>().size() > kLongest)
            out[key] = value.get_ref<const std::string&>().substr(0, kLongest) + "..";
        else if (value.is_structured() &&
                 value.dump(-1, ' ', true, Json::error_handler_t::replace).size() > kLongest)
            out[key] = fmt::format("{} values", value.size());
        else
            out[key] = value;
    }
    return out;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

Audit::Place::~Place() {
    if (fd_ >= 0) ::close(fd_);
}

bool Audit::Place::write(const Json& line) const {
    const bool good = write_all(fd_, line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n") &&
                      ::fdatasync(fd_) == 0;
    if (!good) log_error(fmt::format("the audit log could not be written: {}", std::strerror(errno)));
    return good;
}

std::expected<Audit::Place, std::string> Audit::place() const {
    const auto fault = [&] {
        return std::unexpected(
            fmt::format("the audit log {} cannot be written ({}); make room, or name another file under "
                        "control: audit: in kmsgate.yaml",
                        path_, std::strerror(errno)));
    };
    const int fd =
        ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0) return fault();
    Place out(fd);
    struct stat now{};
    if (::fstat(fd, &now) != 0) return fault();
    if (!S_ISREG(now.st_mode)) return out;
    // Where the file system knows how, room for the line is taken before the change is made.
    if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, now.st_size, kRoom) != 0 &&
        (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return fault();
    return out;
}

Json audit_line(const Who& who, const std::string& method, const Json& params, const Result& result) {
    Json out = {{"time", wall_seconds()}, {"uid", who.uid},   {"user", who.user},
                {"pid", who.pid},         {"method", method}, {"params", shortened(params)}};
    if (!result) {
        out["result"] = result.error().name;
        out["message"] = result.error().message.substr(0, kLongest);
        return out;
    }
    out["result"] = "done";
    for (const char* const key : {"generation", "digest", "set", "removed", "unchanged"})
        if (const auto at = (*result)->find(key); at != (*result)->end() && at->is_primitive())
            out[key] = *at;
    // Of a load: rows that were not taken.
    if (const auto rows = (*result)->find("refused"); rows != (*result)->end() && rows->is_array())
        out["refused"] = rows->size() + (*result)->value("more", std::size_t{0});
    return out;
}

}  // namespace kmsgate::control

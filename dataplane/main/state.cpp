// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace kmsgate::box {
namespace {

struct File {
    explicit File(int f) noexcept : fd(f) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd >= 0) close(fd);
    }
    [[nodiscard]] int release() noexcept { return std::exchange(fd, -1); }
    int fd;
};

template <class... Args>
std::unexpected<std::string> fault(const std::string& path, fmt::format_string<Args...> format,
                                   Args&&... args) {
    return std::unexpected(path + ": " + fmt::format(format, std::forward<Args>(args)...));
}

std::expected<void, std::string> give_to(const std::string& path, const std::optional<Account>& owner) {
    return owner ? give(path, *owner) : std::expected<void, std::string>{};
}

std::expected<void, std::string> make_folder(const std::string& folder, mode_t mode,
                                             const std::optional<Account>& owner) {
    if (mkdir(folder.c_str(), mode) == 0) return give_to(folder, owner);
    const int code = errno;
    std::error_code ignored;
    if (code == EEXIST && std::filesystem::is_directory(folder, ignored)) return {};
    return fault(folder, "cannot be made: {}; make the folder above it, and check who may write there",
                 std::strerror(code == EEXIST ? ENOTDIR : code));
}

std::expected<memory::Key, std::string> read_key(const std::string& path) {
    const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.fd < 0) return fault(path, "cannot be read: {}", std::strerror(errno));
    struct stat about{};
    memory::Key key{};
    char more = 0;
    if (fstat(file.fd, &about) != 0 || read(file.fd, key.data(), sizeof key) != sizeof key ||
        read(file.fd, &more, 1) != 0)
        return fault(path, "is no key of 16 bytes; remove it, and a new one is made");
    if ((about.st_mode & 077) != 0)
        return fault(path, "others than its owner may open it; chmod 600 it, or remove it for a new key");
    return key;
}

/// Written beside and linked: whoever sees the file sees all of it.
std::expected<memory::Key, std::string> make_key(const std::string& path,
                                                 const std::optional<Account>& owner) {
    const memory::Key key = random_key();
    const std::string beside = path + ".new";
    unlink(beside.c_str());
    const File file(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.fd < 0 || write(file.fd, key.data(), sizeof key) != sizeof key || fsync(file.fd) != 0)
        return fault(beside, "cannot be written: {}", std::strerror(errno));
    if (auto given = give_to(beside, owner); !given) return std::unexpected(given.error());
    if (rename(beside.c_str(), path.c_str()) != 0)
        return fault(path, "cannot be put in place: {}", std::strerror(errno));
    return key;
}

}  // namespace

memory::Key random_key() {
    memory::Key key{};
    // 16 bytes come whole or not at all; it only fails in a process that may not ask at all
    if (getrandom(key.data(), sizeof key, 0) != sizeof key) std::abort();
    return key;
}

std::expected<State, std::string> State::open(const std::string& folder,
                                              const std::optional<Account>& owner) {
    if (auto made = make_folder(folder, 0700, owner); !made) return std::unexpected(made.error());
    if (auto given = give_to(folder, owner); !given) return std::unexpected(given.error());
    const std::string lock_path = folder + "/dataplane.lock";
    File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.fd < 0) return fault(lock_path, "cannot be made: {}", std::strerror(errno));
    if (flock(lock.fd, LOCK_EX | LOCK_NB) != 0)
        return fault(folder,
                     "is the state folder of another kmsgate-dataplane that runs; stop that one, or "
                     "give this one a folder of its own");
    const std::string key_path = folder + "/tag.key";
    const bool there = access(key_path.c_str(), F_OK) == 0;
    const auto key = there ? read_key(key_path) : make_key(key_path, owner);
    if (!key) return std::unexpected(key.error());
    for (const char* name : {"/dataplane.lock", "/tag.key", "/last.table", "/last.modes"})
        if (auto given = give_to(folder + name, owner); !given) return std::unexpected(given.error());
    return State(lock.release(), *key);
}

State::~State() {
    if (lock_ >= 0) close(lock_);
}

std::expected<void, std::string> make_socket_folder(const std::string& socket,
                                                    const std::optional<Account>& owner) {
    const std::string folder = std::filesystem::path(socket).parent_path().string();
    return folder.empty() ? std::expected<void, std::string>{} : make_folder(folder, 0755, owner);
}

}  // namespace kmsgate::box

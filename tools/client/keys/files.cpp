// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "dataplane/mikey/uid.hpp"
#include "tools/client/keys/xml.hpp"

namespace kmsgate::client::keys {

namespace {

constexpr std::size_t kMostPart = 80;  ///< three parts and the rest stay below the 255 of every file system
constexpr std::size_t kKeptPart = 60;

std::unexpected<std::string> system_error(std::string_view what) {
    return std::unexpected(std::string(what) + ": " + std::strerror(errno));
}

class File {
  public:
    explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const noexcept { return descriptor_; }

  private:
    int descriptor_;
};

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(descriptor, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return ::fsync(descriptor) == 0;
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::string& path, std::size_t most) {
    // O_NONBLOCK: a pipe of that name must not hold us up
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return system_error("cannot be opened");
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return system_error("cannot be looked at");
    if (!S_ISREG(status.st_mode)) return std::unexpected("not a regular file");
    std::string out(most + 1, '\0');
    std::size_t size = 0;
    while (size < out.size()) {
        const ssize_t n = ::read(file.get(), out.data() + size, out.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error("cannot be read");
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size > most) return std::unexpected("more than " + std::to_string(most) + " bytes");
    out.resize(size);
    return out;
}

std::expected<void, std::string> write_file(const std::string& path, std::string_view text, unsigned mode) {
    const std::string beside = path + ".new-" + std::to_string(::getpid());
    bool written = false;
    {
        const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
        if (file.get() < 0) return system_error("cannot be written");
        // fchmod: the mode is meant, whatever the umask says
        written = ::fchmod(file.get(), mode) == 0 && write_all(file.get(), text);
    }
    if (!written || ::rename(beside.c_str(), path.c_str()) != 0) {
        const auto error = system_error("cannot be written");
        ::unlink(beside.c_str());
        return error;
    }
    return {};
}

std::string file_part(std::string_view uri) {
    std::string out;
    for (const char c : uri) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           std::string_view("-.+@").find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<std::uint8_t>(c);
            out += '%';
            out += to_hex(View(&byte, 1));
        }
    }
    if (out.size() <= kMostPart) return out;
    // "~" stands in no other name
    const mikey::Uid hash = mikey::uid_of(uri, "", 0, 0, 0);
    return out.substr(0, kKeptPart) + "~" + to_hex(View(hash).first(8));
}

}  // namespace kmsgate::client::keys

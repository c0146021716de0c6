// SPDX-License-Identifier: BSD-3-Clause
// The store on disk: one file, replaced by rename, readable by its owner only.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tools/client/select/krr_store.hpp"

namespace kmsgate::client::select {
namespace {

constexpr const char* kName = "krrs.json";

[[nodiscard]] std::string reason(int error) {
    return std::error_code(error, std::generic_category()).message();
}

class Descriptor {
  public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

  private:
    int fd_;
};

/// All bytes, on the disk; 0 or the error.
[[nodiscard]] int write_file(const std::string& path, std::string_view text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0 || ::fchmod(file.get(), 0600) != 0) return errno;
    while (!text.empty()) {
        const ssize_t written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(file.get()) != 0 ? errno : 0;
}

}  // namespace

std::expected<KrrStore, std::string> load_store(const std::string& folder) {
    const std::filesystem::path path = std::filesystem::path(folder) / kName;
    std::error_code error;
    const bool there = std::filesystem::exists(path, error);
    if (error) return std::unexpected(path.string() + ": " + error.message());
    if (!there) return KrrStore{};
    std::ifstream in(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in) return std::unexpected(path.string() + ": cannot be read");
    auto store = KrrStore::from_text(text);
    if (!store) return std::unexpected(path.string() + ": " + store.error());
    return store;
}

std::expected<void, std::string> save_store(const KrrStore& store, const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return std::unexpected(folder + ": " + error.message());
    const std::string path = (std::filesystem::path(folder) / kName).string();
    const std::string fresh = path + ".new";
    if (const int failed = write_file(fresh, store.to_text()); failed != 0) {
        ::unlink(fresh.c_str());
        return std::unexpected(fresh + ": " + reason(failed));
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) return std::unexpected(path + ": " + reason(errno));
    // The new name itself has to reach the disk; where a folder cannot be synced the file is still whole.
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0) (void)::fsync(directory.get());
    return {};
}

}  // namespace kmsgate::client::select

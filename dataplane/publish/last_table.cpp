// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/last_table.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include "policy/table/format.hpp"

namespace kmsgate::publish {
namespace {

constexpr std::array<char, 8> kMagic = {'K', 'M', 'S', 'G', 'L', 'A', 'S', 'T'};
using Digest = std::array<std::uint8_t, 32>;

/// In front of the blob; numbers little-endian, as in the table itself.
struct Lead {
    std::array<char, 8> magic{};
    std::uint64_t generation = 0;
    std::uint64_t size = 0;  ///< of the blob
    Digest digest{};         ///< SHA-256 of the whole file with this field zero
};
static_assert(sizeof(Lead) == 56 && std::has_unique_object_representations_v<Lead>);

class File {
  public:
    File(const std::string& path, int flags) noexcept : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int fd() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

  private:
    int fd_;
};

[[nodiscard]] std::unexpected<std::string> failed(const std::string& path, std::string_view what) {
    return std::unexpected(fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

[[nodiscard]] Digest digest_of(Lead lead, std::span<const std::byte> blob) {
    lead.digest = {};
    Digest out{};
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool fine = context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(context, &lead, sizeof lead) == 1 &&
                      EVP_DigestUpdate(context, blob.data(), blob.size()) == 1 &&
                      EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
    EVP_MD_CTX_free(context);
    return fine ? out : Digest{};
}

[[nodiscard]] bool write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

[[nodiscard]] bool read_all(int fd, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::read(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

/// Whole or not at all: written beside, synced, renamed, the folder synced.
[[nodiscard]] std::expected<void, std::string> replace(const std::string& state, const std::string& name,
                                                       std::span<const std::byte> lead,
                                                       std::span<const std::byte> rest) {
    const std::string path = state + "/" + name;
    const std::string fresh = path + ".new";
    {
        const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
        if (!file) return failed(fresh, "cannot be written");
        if (!write_all(file.fd(), lead) || !write_all(file.fd(), rest) || ::fsync(file.fd()) != 0) {
            auto error = failed(fresh, "cannot be written");
            ::unlink(fresh.c_str());
            return error;
        }
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "cannot be replaced");
    const File folder(state, O_RDONLY | O_DIRECTORY);
    if (!folder || ::fsync(folder.fd()) != 0) return failed(state, "cannot be synced");
    return {};
}

constexpr std::string_view kModesHead = "kmsgate modes 1\n";
constexpr std::string_view kModesTail = "end\n";
constexpr std::size_t kMaxModes = std::size_t{1} << 20;
constexpr std::array<std::pair<policy::table::Mode, std::string_view>, 3> kModeWords = {
    {{policy::table::Mode::enforce, "enforce"},
     {policy::table::Mode::shadow, "shadow"},
     {policy::table::Mode::bypass, "bypass"}}};

}  // namespace

std::expected<void, std::string> keep_table(const std::string& state, std::uint64_t generation,
                                            std::span<const std::byte> blob) {
    Lead lead{kMagic, generation, blob.size(), {}};
    lead.digest = digest_of(lead, blob);
    return replace(state, "last.table", std::as_bytes(std::span(&lead, 1)), blob);
}

std::string_view mode_word(policy::table::Mode mode) noexcept {
    for (const auto& [value, word] : kModeWords)
        if (value == mode) return word;
    return "enforce";  // a mode is one of the three
}

std::expected<void, std::string> keep_modes(const std::string& state, std::span<const KeptMode> modes) {
    const std::string path = state + "/last.modes";
    if (modes.empty()) {
        if (::unlink(path.c_str()) == 0) {
            const File folder(state, O_RDONLY | O_DIRECTORY);
            if (!folder || ::fsync(folder.fd()) != 0) return failed(state, "cannot be synced");
        } else if (errno != ENOENT) {
            return failed(path, "cannot be removed");
        }
        return {};
    }
    std::string text(kModesHead);
    for (const KeptMode& m : modes) text += fmt::format("{}\t{}\n", m.edge, mode_word(m.mode));
    text += kModesTail;
    return replace(state, "last.modes", std::as_bytes(std::span(text)), {});
}

std::expected<std::vector<KeptMode>, std::string> kept_modes(const std::string& state) {
    const std::string path = state + "/last.modes";
    const File file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    std::vector<KeptMode> out;
    if (!file && errno == ENOENT) return out;
    struct stat status{};
    if (!file || ::fstat(file.fd(), &status) != 0) return failed(path, "cannot be read");
    const auto none = std::unexpected(path + ": no modes are kept here");
    if (!S_ISREG(status.st_mode) || status.st_size < 0 ||
        static_cast<std::uint64_t>(status.st_size) > kMaxModes)
        return none;
    std::string all(static_cast<std::size_t>(status.st_size), '\0');
    if (!read_all(file.fd(), std::as_writable_bytes(std::span(all)))) return failed(path, "cannot be read");
    std::string_view text = all;
    if (!text.starts_with(kModesHead)) return none;
    text.remove_prefix(kModesHead.size());
    while (text != kModesTail) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::size_t tab = line.rfind('\t');
        if (end == std::string_view::npos || tab == std::string_view::npos || tab == 0) return none;
        const auto* word =
            std::ranges::find(kModeWords, line.substr(tab + 1), [](const auto& w) { return w.second; });
        if (word == kModeWords.end()) return none;
        out.push_back({std::string(line.substr(0, tab)), word->first});
        text.remove_prefix(end + 1);
    }
    return out;
}

std::expected<std::pair<std::uint64_t, std::vector<std::byte>>, std::string> kept_table(
    const std::string& state) {
    const std::string path = state + "/last.table";
    const File file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return failed(path, "cannot be read");
    struct stat status{};
    if (::fstat(file.fd(), &status) != 0) return failed(path, "cannot be read");
    const auto size = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
    Lead lead;
    if (!S_ISREG(status.st_mode) || size < sizeof lead || size > sizeof lead + policy::table::kMaxBlob)
        return std::unexpected(path + ": no table is kept here");
    if (!read_all(file.fd(), std::as_writable_bytes(std::span(&lead, 1))))
        return failed(path, "cannot be read");
    if (lead.magic != kMagic) return std::unexpected(path + ": no table is kept here");
    if (lead.size != size - sizeof lead)
        return std::unexpected(fmt::format("{}: cut: {} bytes of {}", path, size - sizeof lead, lead.size));
    std::vector<std::byte> blob(static_cast<std::size_t>(lead.size));
    if (!read_all(file.fd(), blob)) return failed(path, "cannot be read");
    const Digest digest = digest_of(lead, blob);
    if (digest == Digest{} || digest != lead.digest)
        return std::unexpected(path + ": damaged: its digest does not fit its bytes");
    return std::pair(lead.generation, std::move(blob));
}

}  // namespace kmsgate::publish

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/common/messages.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>

namespace kmsgate::peers {

namespace {

constexpr std::size_t kSize = 4;

}  // namespace

std::expected<std::vector<std::string>, std::string> read_messages(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::unexpected(path + " cannot be opened");
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> out;
    for (std::size_t at = 0; at < all.size();) {
        if (all.size() - at < kSize) return std::unexpected(path + " ends inside a size");
        std::size_t size = 0;
        for (std::size_t k = kSize; k-- > 0;) size = size << 8 | static_cast<unsigned char>(all[at + k]);
        at += kSize;
        if (all.size() - at < size) return std::unexpected(path + " ends inside a message");
        out.push_back(all.substr(at, size));
        at += size;
    }
    if (out.empty()) return std::unexpected(path + " holds no message");
    return out;
}

std::expected<void, std::string> write_messages(const std::string& path,
                                                const std::vector<std::string>& messages) {
    std::ofstream file(path, std::ios::binary);
    for (const std::string& m : messages) {
        std::array<char, kSize> size{};
        for (std::size_t k = 0; k < kSize; ++k) size[k] = static_cast<char>(m.size() >> 8 * k & 0xFFU);
        file.write(size.data(), size.size()).write(m.data(), static_cast<std::streamsize>(m.size()));
    }
    file.close();
    if (!file) return std::unexpected(path + " cannot be written");
    return {};
}

}  // namespace kmsgate::peers

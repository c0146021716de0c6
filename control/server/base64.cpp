// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/base64.hpp"

#include <openssl/evp.h>

#include <climits>

namespace kmsgate::control {

std::string to_base64(std::span<const std::byte> bytes) {
    if (bytes.size() > INT_MAX / 2) return {};
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and OpenSSL's NUL
    const int n = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                    reinterpret_cast<const unsigned char*>(bytes.data()),
                                    static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(n));
    return out;
}

std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0 || text.size() > INT_MAX) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    // OpenSSL would skip blanks and take padding anywhere.
    if (text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos)
        return std::nullopt;
    std::vector<std::byte> out(text.size() / 4 * 3);
    const int n =
        ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                          reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (n < 0 || static_cast<std::size_t>(n) != out.size()) return std::nullopt;
    out.resize(out.size() - padding);
    return out;
}

}  // namespace kmsgate::control

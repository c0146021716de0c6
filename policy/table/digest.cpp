// SPDX-License-Identifier: BSD-3-Clause
#include <openssl/evp.h>

#include <cstddef>
#include <memory>

#include "policy/table/table.hpp"

namespace kmsgate::policy::table {

std::array<std::uint8_t, 32> blob_digest(std::span<const std::byte> blob) {
    constexpr std::size_t at = offsetof(Header, digest);
    constexpr std::array<std::uint8_t, 32> zeros{};
    std::array<std::uint8_t, 32> out{};
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    const auto behind = blob.subspan(at + zeros.size());
    const bool done = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), blob.data(), at) == 1 &&
                      EVP_DigestUpdate(context.get(), zeros.data(), zeros.size()) == 1 &&
                      EVP_DigestUpdate(context.get(), behind.data(), behind.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
    // OpenSSL fails only without memory. All zeros is what open() never takes for a digest.
    return done ? out : zeros;
}

}  // namespace kmsgate::policy::table

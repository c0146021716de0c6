// SPDX-License-Identifier: BSD-3-Clause
#include <openssl/evp.h>

#include <cstddef>
#include <initializer_list>
#include <memory>

#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::table {
namespace {

/// SHA-256 over the pieces, one behind the other. OpenSSL fails only without memory: then all zeros, which
/// open() never takes for a digest.
[[nodiscard]] Digest sha256(std::initializer_list<std::span<const std::byte>> pieces) {
    Digest out{};
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    bool fine = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    for (const auto piece : pieces)
        fine = fine && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    fine = fine && EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
    return fine ? out : Digest{};
}

}  // namespace

Digest blob_digest(std::span<const std::byte> blob) {
    constexpr std::size_t at = offsetof(Header, digest);
    constexpr Digest zeros{};
    const auto covered = blob.first(patterns_start(blob));
    return sha256({covered.first(at), std::as_bytes(std::span(zeros)), covered.subspan(at + zeros.size())});
}

Digest patterns_digest(std::span<const std::byte> blob) {
    const Header& header = header_of(blob);
    std::array<std::uint64_t, kPatternSections> counts{};
    for (std::size_t i = 0; i < counts.size(); ++i)
        counts[i] = header.sections[kSections - kPatternSections + i].count;
    const auto head = std::as_bytes(std::span(&header.patterns, 1)).subspan(sizeof(Digest));
    return sha256({head, std::as_bytes(std::span(counts)), blob.subspan(patterns_start(blob))});
}

}  // namespace kmsgate::policy::table

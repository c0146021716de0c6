// SPDX-License-Identifier: BSD-3-Clause
// What names and URIs of a policy may look like.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kmsgate::policy::language {

/// Longest name of a tag, KMS, domain, edge, rule or peer, in bytes.
inline constexpr std::size_t kMaxName = 64;
/// Longest KMS URI and processor URI, in bytes.
inline constexpr std::size_t kMaxUri = 255;

/// What keeps `text` from being a name of at most 64 bytes of A-Z a-z 0-9 . _ -; empty: nothing.
[[nodiscard]] std::string name_fault(std::string_view text);
/// What keeps `text` from being the short name of a KMS: as a name, and `any`, `home` and ANY are reserved.
[[nodiscard]] std::string kms_name_fault(std::string_view text);
/// What keeps `text` from being a KMS URI: 1 to 255 bytes 0x21-0x7E, and not ANY in any case, which a KRR
/// list could not tell from the word.
[[nodiscard]] std::string kms_uri_fault(std::string_view text);
/// What keeps `text` from being a URI with a scheme (RFC 3986), as a KRR names its creator.
[[nodiscard]] std::string uri_fault(std::string_view text);

}  // namespace kmsgate::policy::language

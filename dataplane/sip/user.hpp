// SPDX-License-Identifier: BSD-3-Clause
// One user, one spelling: the normal form of user URIs that policy patterns, tags and messages are compared
// in.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace kmsgate::sip {

inline constexpr std::size_t kMaxUserUri = 255;

/// A user's URI in normal form (design: policy language, users are normalised first): scheme and host in
/// lower case, parameters and headers cut, %XX of unreserved characters decoded (other escapes in upper case,
/// a stray % as %25), sips = sip, tel without visual separators. Normalising a normal form changes nothing.
/// Port, password and parameters inside the user part stay: RFC 3261 19.1.4 compares them.
class UserUri {
  public:
    [[nodiscard]] std::string_view text() const noexcept { return {buffer_.data(), size_}; }
    /// `tel:+N` when the URI was `sip:+N@h;user=phone`, else empty.
    [[nodiscard]] std::string_view tel() const noexcept { return {tel_.data(), tel_size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Normal form of `uri`; empty() when it has no scheme, is longer than kMaxUserUri bytes after
    /// normalising or holds bytes that no URI holds (controls, blanks, 0x7F and above). Other schemes than
    /// sip, sips and tel only lose their letter case in scheme and, behind '@', host.
    [[nodiscard]] static UserUri normalise(std::string_view uri) noexcept;

  private:
    std::array<char, kMaxUserUri> buffer_{};
    std::array<char, kMaxUserUri> tel_{};
    std::size_t size_ = 0;
    std::size_t tel_size_ = 0;
};

/// Where the host of a URI starts that is plainly in normal form: `sip:user@host` without escapes,
/// parameters, headers, port, password or a dot at the end, its host in lower case. 0: it is not, or that is
/// not sure. Sees 64 bytes behind the scheme, none twice.
[[nodiscard]] std::size_t plain_user_host(std::string_view uri) noexcept;

}  // namespace kmsgate::sip

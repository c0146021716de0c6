// SPDX-License-Identifier: BSD-3-Clause
// The body that a URI carries in its headers part (RFC 3261 19.1.1: sip:b@x?body=..): a client that follows
// the URI sends it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// Percent-decodes `text`; "%" without two hexadecimal digits stands for itself. The same view when there is
/// no "%", nullopt when the arena is used up.
[[nodiscard]] std::optional<std::string_view> percent_decode(std::string_view text, Arena& arena) noexcept;

/// One name=value pair of a URI's headers part, still escaped.
struct UriHeader {
    std::string_view name;   ///< any letter case, perhaps with escapes
    std::string_view value;  ///< to the next '&', or to the '>' that closes the URI
    std::size_t uri = 0;     ///< number of the URI in the text: how many '>' stand before it
};
/// The value as far as it belongs to a URI without <>: up to a character that ends one (RFC 3261 20.10).
[[nodiscard]] std::string_view bare_value(std::string_view value) noexcept;

/// Walks the URI headers in a header value or in a bare URI. Display names and parameters are not told apart:
/// whatever stands behind a '?' or '&' and has the form name=value is offered.
class UriHeaders {
  public:
    explicit UriHeaders(std::string_view text) noexcept : text_(text) {}
    [[nodiscard]] std::optional<UriHeader> next() noexcept;

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;  // of the value met last: values overlap when nothing ends them
    std::size_t uri_ = 0;
};

/// Is the (perhaps escaped) header name `name`? Any letter case, blanks around it ignored.
[[nodiscard]] bool uri_header_is(std::string_view escaped, std::string_view name) noexcept;

}  // namespace kmsgate::sip

// SPDX-License-Identifier: BSD-3-Clause
// The boundary parameter of a multipart type in every way that some reader takes it.
#pragma once

#include <cstddef>
#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/content_type.hpp"

namespace kmsgate::sip {

/// Adds each value that `boundary=` could have in an unfolded Content-Type value, wherever it stands: quoted
/// (with and without its backslashes, with and without the quotes), bare (to the semicolon, the comma, the
/// blank), and joined from RFC 2231 pieces.
void add_boundaries(std::string_view value, Arena& arena, MediaTypes& into) noexcept;

}  // namespace kmsgate::sip

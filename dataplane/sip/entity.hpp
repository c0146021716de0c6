// SPDX-License-Identifier: BSD-3-Clause
// What the headers in front of a body say about it, and the header block of a MIME part.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/content_type.hpp"
#include "dataplane/sip/message.hpp"
#include "dataplane/sip/multipart.hpp"
#include "dataplane/sip/transfer.hpp"

namespace kmsgate::sip {

/// The headers that decide how a body is read, added up over every row of them.
struct Entity {
    MediaTypes types;
    Transfers transfers;
    bool content_encoded = false;  ///< Content-Encoding other than identity
};

/// Adds one header row; rows that say nothing about the body are ignored.
void add_header(HeaderId id, std::string_view value, Arena& arena, Entity& into) noexcept;

/// A part cut into headers and body.
struct HeaderBlock {
    Entity entity;
    std::size_t body = 0;  ///< where the body starts; the part's size when no empty line ends the headers
    std::size_t first_odd = 0;   ///< start of the first line that is no header, npos when there is none
    bool lone_line_end = false;  ///< a CR or LF alone stands before the body
    static constexpr std::size_t kMostLengths = 4;
    std::array<std::string_view, kMostLengths> lengths{};  ///< values of Content-Length
    std::size_t length_count = 0;                          ///< may be more than kMostLengths
};

/// Reads headers up to the empty line; lines that are no headers are passed over. `stop_at_odd`: such a line
/// starts the body instead.
[[nodiscard]] HeaderBlock read_header_block(std::string_view part, Ends ends, bool stop_at_odd,
                                            Arena& arena) noexcept;

}  // namespace kmsgate::sip

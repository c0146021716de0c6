// SPDX-License-Identifier: BSD-3-Clause
// A multipart body cut into parts (RFC 2046 5.1), once for every way in which readers tell delimiters apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// What ends a line for a reader of MIME.
enum class Ends : std::uint8_t {
    crlf,  ///< CRLF only
    lf,    ///< LF, with or without a CR before it
    any,   ///< CRLF, LF or CR
};

/// Length of the line end that stands at `at`, 0 when there is none.
[[nodiscard]] std::size_t line_end_at(std::string_view text, std::size_t at, Ends ends) noexcept;
/// Position of the first line end at or after `from`, or the text's size.
[[nodiscard]] std::size_t find_line_end(std::string_view text, std::size_t from, Ends ends) noexcept;

/// The delimiter lines of one boundary, and the parts between them as six kinds of reader see them: three
/// kinds of line end, times exact (nothing but blanks behind the boundary, the end at the close delimiter) or
/// by prefix (any line that starts with the boundary, also behind a close delimiter). Readings that come to
/// the same parts are offered once.
class Multipart {
  public:
    /// Finds the delimiters, one pass. At most `most` of them.
    Multipart(std::string_view body, std::string_view boundary, std::size_t most, Arena& arena) noexcept;

    [[nodiscard]] bool found() const noexcept { return !lines_.empty(); }
    [[nodiscard]] bool too_many() const noexcept { return too_many_; }
    [[nodiscard]] bool memory() const noexcept { return memory_; }

    static constexpr unsigned kReadings = 6;
    /// No earlier reading sees the same delimiters.
    [[nodiscard]] bool worth_reading(unsigned reading) const noexcept;
    [[nodiscard]] static Ends ends_of(unsigned reading) noexcept { return static_cast<Ends>(reading % 3); }

    /// Walks the parts of one reading.
    class Parts {
      public:
        /// Next part, headers and body, without the line end before the next delimiter; nullopt at the end.
        /// Empty parts are skipped. The last part runs to the body's end when there is no close delimiter.
        [[nodiscard]] std::optional<std::string_view> next() noexcept;

      private:
        friend class Multipart;
        Parts(const Multipart& of, unsigned reading) noexcept : of_(&of), reading_(reading) {}
        const Multipart* of_;
        unsigned reading_;
        std::size_t at_ = 0;
    };
    [[nodiscard]] Parts parts(unsigned reading) const noexcept { return {*this, reading}; }

    /// Stretches that belong to no part of an exact reader: the preamble, and what stands behind each
    /// delimiter line up to the next when it is a close delimiter; else the stretch is empty.
    [[nodiscard]] std::size_t places_outside() const noexcept { return found() ? lines_.size() + 1 : 0; }
    [[nodiscard]] std::string_view outside(std::size_t place) const noexcept;

  private:
    struct Line {
        std::uint32_t start = 0;                 ///< of "--"
        std::uint32_t behind = 0;                ///< first byte behind the boundary
        std::array<std::uint32_t, 3> content{};  ///< behind the line, for each kind of line end
        std::uint8_t readings = 0;               ///< bit r: reading r takes it for a delimiter
        bool close = false;                      ///< "--" and nothing but blanks follow
    };
    [[nodiscard]] Line classify(std::size_t start, std::size_t behind) const noexcept;
    void find_contents() noexcept;

    std::string_view body_;
    std::span<Line> lines_;
    bool too_many_ = false;
    bool memory_ = false;
};

/// The boundary of a multipart that does not (rightly) say its own: of the first line that starts with "--"
/// and is followed by a line that starts with "content-" in any case. Empty when there is none.
/// `first_line_only`: nothing but white space may stand before it.
[[nodiscard]] std::string_view guess_boundary(std::string_view body, bool first_line_only) noexcept;

}  // namespace kmsgate::sip

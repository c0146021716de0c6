// SPDX-License-Identifier: BSD-3-Clause
// XML as a run of tags and texts, bounded and without a tree: enough to find what a part carries. Not a
// validator: what is broken is read as far as a lenient reader would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// One piece of a document. Comments and processing instructions make none, so the texts around them join.
struct XmlPiece {
    enum class Kind : std::uint8_t {
        start,    ///< <name ..>
        empty,    ///< <name ../>
        end,      ///< </name>
        text,     ///< character data, entities not yet decoded
        cdata,    ///< character data, literal
        doctype,  ///< <!DOCTYPE ..>
    };
    Kind kind = Kind::text;
    std::string_view name;  ///< tags: qualified name as written
    std::string_view body;  ///< tags: what stands behind the name; text: the text
};

/// Cuts a document into pieces, one pass.
class XmlScanner {
  public:
    explicit XmlScanner(std::string_view document) noexcept : doc_(document) {}
    [[nodiscard]] std::optional<XmlPiece> next() noexcept;
    [[nodiscard]] std::size_t position() const noexcept { return at_; }

  private:
    [[nodiscard]] std::optional<XmlPiece> markup() noexcept;
    [[nodiscard]] std::size_t tag_end(std::size_t from) noexcept;
    [[nodiscard]] bool skip(std::string_view open, std::string_view close, bool& gone) noexcept;

    std::string_view doc_;
    std::size_t at_ = 0;
    // Closers that are known to stand nowhere ahead: not searched for again, so that the work stays one pass.
    bool no_comment_end_ = false;
    bool no_instruction_end_ = false;
    bool no_cdata_end_ = false;
    bool no_quote_[2] = {false, false};
};

/// The name without its prefix.
[[nodiscard]] std::string_view xml_local(std::string_view qualified) noexcept;

/// Attributes of a tag.
class XmlAttributes {
  public:
    explicit XmlAttributes(std::string_view tag_body) noexcept : rest_(tag_body) {}
    struct Attribute {
        std::string_view name;
        std::string_view value;  ///< entities not yet decoded
    };
    [[nodiscard]] std::optional<Attribute> next() noexcept;

  private:
    std::string_view rest_;
};

/// Decodes the five predefined entities and character references (above 0x7F they become '?'); unknown ones
/// stay as they are. The same view when there is no '&'; nullopt when the arena is used up.
[[nodiscard]] std::optional<std::string_view> xml_decode(std::string_view text, Arena& arena) noexcept;
/// The same into `out`, which holds at least text.size() characters; how many were written.
[[nodiscard]] std::size_t xml_decode_into(std::string_view text, std::span<char> out) noexcept;

/// Could a reader take these bytes of unknown type for XML: '<' and a name, '?' or '!' behind white space or
/// a byte order mark, in UTF-8, UTF-16 or UTF-32?
[[nodiscard]] bool looks_like_xml(std::string_view bytes) noexcept;

/// The document is in an encoding in which its bytes are not what they look like: UTF-16 or UTF-32 by mark or
/// pattern, EBCDIC, UTF-7, or a declared encoding that is no superset of ASCII. `declared`: its type says
/// XML, so a NUL counts.
[[nodiscard]] bool foreign_encoding(std::string_view bytes, bool declared) noexcept;

}  // namespace kmsgate::sip

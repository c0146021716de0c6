// SPDX-License-Identifier: BSD-3-Clause
// Reading and writing the small flat documents of a KMS, by libxml2. Bounded: no DTD, no entities of its own,
// no network, one encoding. For this room only.
#pragma once

#include <libxml/tree.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::keys {

inline constexpr std::size_t kMostXml = 65536;  ///< bytes of a document
inline constexpr std::size_t kMostUri = 255;    ///< bytes of a URI

/// A document that libxml2 has taken in.
class Xml {
  public:
    /// The error says what is wrong and, for XML that is not well formed, in which line.
    [[nodiscard]] static std::expected<Xml, std::string> read(std::string_view text);
    [[nodiscard]] xmlNode* root() const noexcept;
    [[nodiscard]] bool root_is(std::string_view name, std::string_view ns) const noexcept;
    /// The elements of this name: the root itself, or all that stand anywhere in a KmsResponse or
    /// SignedKmsResponse. Both in the namespace of the KMS interface.
    [[nodiscard]] std::vector<xmlNode*> find(std::string_view name) const;

  private:
    struct Free {
        void operator()(xmlDoc* document) const noexcept;
    };
    explicit Xml(xmlDoc* document) : document_(document) {}
    std::unique_ptr<xmlDoc, Free> document_;
};

/// The children of one element as fields. Elements of other names and namespaces are passed over (the schema
/// allows them); a known one that stands twice is an error. Reading goes on after an error: the first one is
/// kept, and what is returned then is empty.
class Fields {
  public:
    /// `ns`: the namespace that the children are in, as their parent is.
    Fields(const xmlNode* parent, std::string_view ns);

    /// Text without white space at its ends; empty when the element is missing.
    [[nodiscard]] std::string text(std::string_view name);
    /// Must be there; 1 to kMostUri bytes, each 0x21 to 0x7E.
    [[nodiscard]] std::string uri(std::string_view name);
    /// xsd:dateTime or missing.
    [[nodiscard]] std::string date_time(std::string_view name);
    /// xsd:boolean; false when it is missing.
    [[nodiscard]] bool boolean(std::string_view name);
    /// `fallback` when it is missing; no fallback: must be there.
    [[nodiscard]] std::uint64_t number(std::string_view name, std::optional<std::uint64_t> fallback);
    /// Must be there, in hex (white space between digits is tolerated), `size` bytes; 0: any size.
    [[nodiscard]] Bytes hex(std::string_view name, std::size_t size);
    [[nodiscard]] std::string attribute(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name);

    /// "KmsCertificate/PubEncKey: what is wrong; what would be right".
    void fail(std::string_view name, std::string_view why);
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

  private:
    [[nodiscard]] const xmlNode* child(std::string_view name);
    const xmlNode* parent_;
    std::string ns_;
    std::string error_;
};

/// Writes one flat document.
class XmlWriter {
  public:
    XmlWriter(std::string_view root, std::string_view ns);
    XmlWriter& attribute(std::string_view name, std::string_view value);
    XmlWriter& element(std::string_view name, std::string_view value);
    XmlWriter& number(std::string_view name, std::uint64_t value);
    XmlWriter& boolean(std::string_view name, bool value);
    XmlWriter& hex(std::string_view name, View value);
    /// Nothing when the value is empty.
    XmlWriter& optional(std::string_view name, std::string_view value);
    [[nodiscard]] std::string finish();

  private:
    struct Free {
        void operator()(xmlDoc* document) const noexcept;
    };
    std::unique_ptr<xmlDoc, Free> document_;
    xmlNode* root_ = nullptr;
};

/// Digits in lower case.
[[nodiscard]] std::string to_hex(View bytes);
/// Nothing when the text holds anything but pairs of digits and white space.
[[nodiscard]] std::optional<Bytes> parse_hex(std::string_view text);

}  // namespace kmsgate::client::keys

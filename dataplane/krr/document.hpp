// SPDX-License-Identifier: BSD-3-Clause
// A KMS Redirect Response as values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::krr {

inline constexpr std::size_t kMaxBody = 65536;
inline constexpr unsigned kMaxDepth = 8;     ///< embedded layers
inline constexpr std::size_t kMaxList = 64;  ///< URIs in a list
inline constexpr std::size_t kMaxUri = 255;  ///< bytes of a URI

/// One side's list. ANY = every KMS; an absent element means ANY too; one that stands empty means none at
/// all.
struct KmsList {
    bool any = true;
    bool present = false;           ///< the element stands in the document
    std::vector<std::string> uris;  ///< when !any; duplicates removed, first kept
    /// parse(): the names that stood beside ANY. They narrow nothing, but who sent them is told. Neither
    /// compared nor emitted.
    std::vector<std::string> beside_any{};
    friend bool operator==(const KmsList& a, const KmsList& b) {
        return a.any == b.any && a.present == b.present && a.uris == b.uris;
    }
};

/// One layer. Only the outermost is authoritative; the embedded ones are evidence and are kept as bytes.
struct Document {
    std::string id;
    std::string processor;
    std::string time;  ///< xsd:dateTime as written; like processor empty when it is missing
    std::optional<std::string> initiator;  ///< never used to decide: its author may be the attacker
    std::optional<std::string> receiver;
    std::optional<std::string> initiator_kms;
    std::optional<std::string> receiver_kms;
    KmsList initiator_list;
    KmsList receiver_list;
    /// The embedded root element's bytes as they stand, or empty. Evidence: it may lean on prefixes declared
    /// around it.
    std::string embedded;
    /// parse(): this document's root element, byte for byte, what a KRR that replaces this one embeds;
    /// emit(): unused.
    std::string root;
    unsigned depth = 0;  ///< embedded layers below this one
};

/// Why a body is no KRR that can be judged (cause unparsable-krr).
enum class Fault : std::uint8_t {
    too_large,      ///< more than kMaxBody bytes
    not_utf8,       ///< not UTF-8, another encoding declared, or a NUL
    doctype,        ///< a document type declaration
    not_xml,        ///< not well-formed XML 1.0 with namespaces
    root,           ///< the root element is no KmsRedirectResponse of the KRR namespace
    structure,      ///< an element twice, out of place or unknown, stray text: two readers could differ
    too_deep,       ///< more than kMaxDepth embedded layers, or elements nested beyond reason
    list_too_long,  ///< more than kMaxList names in a list
    uri,            ///< a KMS name empty, longer than kMaxUri, or with a byte outside 0x21-0x7E
};
/// Event text ("too-large").
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

}  // namespace kmsgate::krr

// SPDX-License-Identifier: BSD-3-Clause
// Where the elements of an XML text stand, in bytes. libxml2 answers what a KRR says, not where it says it;
// an embedded layer must be cut out byte for byte or its signature breaks. The scan reads markup only and
// proves nothing about well-formedness: parse() believes it only where libxml2 finds the same elements in the
// same order.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>
#include <vector>

#include "dataplane/krr/document.hpp"

namespace kmsgate::krr {

/// Open elements at a time: eight embedded layers need 17, the rest is room for signatures and extensions.
inline constexpr std::size_t kMaxNesting = 64;

/// One element; offsets are into the scanned text.
struct Element {
    std::size_t begin = 0;    ///< of its '<'
    std::size_t content = 0;  ///< behind its start tag
    std::size_t end = 0;      ///< behind its last '>'
    std::string_view name;    ///< as written, with prefix
};

/// The elements of `text` in document order; the first is the root. Also judges what stands before them: a
/// declaration must say version 1.0 and, if anything, UTF-8 or US-ASCII (then all bytes are ASCII); a DOCTYPE
/// is a fault. Faults: not_utf8, doctype, not_xml, too_deep. `text` must be UTF-8 without a NUL. Slow path:
/// allocates.
[[nodiscard]] std::expected<std::vector<Element>, Fault> scan(std::string_view text);

}  // namespace kmsgate::krr

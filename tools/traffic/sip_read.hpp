// SPDX-License-Identifier: BSD-3-Clause
// The little of a SIP message that tells which one it is, read without the edge's own parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::traffic {

struct Head {
    std::string_view method;  ///< of a request; else empty
    unsigned status = 0;      ///< of a response; else 0
    std::string_view call_id;
    std::uint32_t cseq = 0;
    std::string_view cseq_method;
    std::string_view via, from, to;  ///< values of the first of each
    std::string_view content_type;
    std::string_view body;
};
/// Nothing when the first line is none of SIP/2.0 or a header that names the message is missing. Views into
/// `text`.
[[nodiscard]] std::optional<Head> read_head(std::string_view text) noexcept;
/// Value of a parameter (";tag=") behind the address of a header; empty: none.
[[nodiscard]] std::string_view parameter(std::string_view value, std::string_view name) noexcept;

/// One list of a KRR in its outermost layer, by its element's name; nullopt: absent, or ANY.
[[nodiscard]] std::optional<std::vector<std::string>> krr_list(std::string_view xml,
                                                               std::string_view element);

}  // namespace kmsgate::traffic

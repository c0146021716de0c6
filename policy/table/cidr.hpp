// SPDX-License-Identifier: BSD-3-Clause
// Networks as the policy writes them.
#pragma once

#include <optional>
#include <string_view>

#include "policy/table/format.hpp"

namespace kmsgate::policy::table {

/// A network read from text.
struct Cidr {
    CidrRecord record;       ///< masked: bits behind the prefix are zero
    bool host_bits = false;  ///< the text had bits behind the prefix (worth a warning)
};

/// "10.0.0.0/8", "fd00::/8", or a single address (/32, /128). nullopt: neither. IPv4 becomes ::ffff:a.b.c.d.
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace kmsgate::policy::table

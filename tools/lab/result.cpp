// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/result.hpp"

namespace kmsgate::lab {

std::string Variant::name() const {
    constexpr const char* kRuleless = "through edges without rules";
    if (!ruleless_edges) return hashed ? "hashed" : "clear";
    return hashed ? std::string("hashed, ") + kRuleless : kRuleless;
}

}  // namespace kmsgate::lab

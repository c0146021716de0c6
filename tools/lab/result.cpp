// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/result.hpp"

namespace kmsgate::lab {

std::string Variant::name() const {
    std::string out = hashed ? "hashed" : ruleless_edges ? "" : "clear";
    if (ruleless_edges) out += out.empty() ? "through edges without rules" : ", through edges without rules";
    return tcp ? out + ", TCP" : out;
}

}  // namespace kmsgate::lab

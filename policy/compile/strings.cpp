// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/strings.hpp"

namespace kmsgate::policy::compile {

table::Text StringPool::add(std::string_view text) {
    if (text.empty()) return {};
    const table::Text here{static_cast<std::uint32_t>(bytes_.size()),
                           static_cast<std::uint32_t>(text.size())};
    const auto [known, is_new] = known_.try_emplace(std::string(text), here);
    if (is_new) bytes_ += text;
    return known->second;
}

}  // namespace kmsgate::policy::compile

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "policy/decide/decide.hpp"

namespace kmsgate::policy::decide {

/// Decides a plain message: sound, by known users, each side under the first rule that matches. `decision`
/// comes as a new one. False when it is not plain, or that is not sure; what stands in `decision` then is to
/// be forgotten.
[[nodiscard]] bool decide_plain(const Facts& facts, const table::Table& table, const table::EdgeRecord& edge,
                                Decision& decision) noexcept;

}  // namespace kmsgate::policy::decide

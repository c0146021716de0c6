// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/generation.hpp"

namespace kmsgate::publish {

core::Judge Generation::trial(std::size_t slot) const noexcept {
    core::Judge out = judge(0, slot);
    out.rule_hits = {};
    if (proven_->odd) out.odd = &proven_->odd->finder(static_cast<unsigned>(rule_hits_.size()));
    return out;
}

}  // namespace kmsgate::publish

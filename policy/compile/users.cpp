// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/users.hpp"

namespace kmsgate::policy::compile {

Users::Users(const language::Policy& policy) {
    for (const language::Domain& domain : policy.domains) {
        sizes_.push_back(static_cast<std::uint32_t>(domain.users.size()));
        for (const language::Word& user : domain.users) {
            sizes_.push_back(static_cast<std::uint32_t>(user.text.size()));
            texts_ += user.text;
        }
    }
}

bool Users::are_those_of(const language::Policy& policy) const {
    std::size_t size = 0, text = 0;
    const auto next_is = [&](std::size_t n) { return size < sizes_.size() && sizes_[size++] == n; };
    for (const language::Domain& domain : policy.domains) {
        if (!next_is(domain.users.size())) return false;
        for (const language::Word& user : domain.users) {
            if (!next_is(user.text.size()) || texts_.compare(text, user.text.size(), user.text) != 0)
                return false;
            text += user.text.size();
        }
    }
    return size == sizes_.size();
}

}  // namespace kmsgate::policy::compile

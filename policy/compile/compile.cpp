// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/compile.hpp"

#include "policy/compile/image.hpp"

namespace kmsgate::policy::compile {

std::vector<std::byte> compile(const language::Policy& policy, const table::Table* same_users) {
    Build build{
        .policy = policy, .image = {}, .kms_ids = {}, .domain_ids = {}, .tag_bits = {}, .allow_lists = {}};
    add_kms(build);
    add_kms_index(build);
    add_tags(build);
    add_domains(build);
    add_peers(build);
    add_edges(build);
    build.image.patterns = same_users != nullptr ? patterns_of(*same_users) : make_patterns(policy);
    return seal(build.image);
}

}  // namespace kmsgate::policy::compile

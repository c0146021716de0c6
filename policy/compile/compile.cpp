// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/compile.hpp"

#include "policy/compile/image.hpp"

namespace kmsgate::policy::compile {

std::vector<std::byte> compile(const language::Policy& policy) {
    Build build{
        .policy = policy, .image = {}, .kms_ids = {}, .domain_ids = {}, .tag_bits = {}, .allow_lists = {}};
    add_kms(build);
    add_tags(build);
    add_domains(build);
    add_patterns(build);
    add_peers(build);
    add_edges(build);
    add_indexes(build);
    return seal(build.image);
}

}  // namespace kmsgate::policy::compile

// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/image.hpp"

namespace kmsgate::policy::compile {

void add_tags(Build& build) {
    for (const language::Word& tag : build.policy.tags) {
        build.tag_bits.try_emplace(tag.text, static_cast<std::uint32_t>(build.image.tags.size()));
        build.image.tags.push_back(build.image.strings.add(tag.text));
    }
}

void add_domains(Build& build) {
    Image& image = build.image;
    for (const language::Domain& domain : build.policy.domains) {
        table::DomainRecord record;
        record.name = image.strings.add(domain.name.text);
        const auto home = build.kms_ids.find(domain.home.text);
        if (home != build.kms_ids.end()) record.home = home->second;
        std::vector<std::uint32_t> secondary;
        for (const language::Word& name : domain.secondary) {
            const auto kms = build.kms_ids.find(name.text);
            if (kms != build.kms_ids.end()) secondary.push_back(kms->second);
        }
        record.secondary = append(image.kms_lists, secondary);
        build.domain_ids.try_emplace(domain.name.text, static_cast<std::uint32_t>(image.domains.size()));
        image.domains.push_back(record);
    }
}

}  // namespace kmsgate::policy::compile

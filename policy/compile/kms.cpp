// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <unordered_set>

#include "dataplane/krr/emit.hpp"
#include "dataplane/sip/ascii.hpp"
#include "policy/compile/image.hpp"
#include "policy/compile/index.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {

void add_kms(Build& build) {
    Image& image = build.image;
    std::unordered_set<std::string> taken;
    const auto add_name = [&](const std::string& spelling, std::uint32_t id) {
        std::string name = spelling;
        std::transform(name.begin(), name.end(), name.begin(), sip::lower);
        const table::Text text = image.strings.add(name);
        if (taken.insert(std::move(name)).second) image.kms_names.push_back({text, id, 0});
    };
    for (const language::Kms& kms : build.policy.kms) {
        const auto id = static_cast<std::uint32_t>(image.kms.size());
        build.kms_ids.try_emplace(kms.name.text, id);
        image.kms.push_back({image.strings.add(kms.uri.text), image.strings.add(krr::piece_kms(kms.uri.text)),
                             image.strings.add(kms.name.text), kms.key_period, kms.key_offset});
        add_name(kms.uri.text, id);
        for (const language::Word& alias : kms.aliases) add_name(alias.text, id);
    }
    image.header.allow_words = static_cast<std::uint32_t>((image.kms.size() + 63) / 64);
}

void add_kms_index(Build& build) {
    Image& image = build.image;
    Index index = make_index([&image](std::uint64_t seed) {
        std::vector<table::IndexSlot> out;
        out.reserve(image.kms_names.size());
        for (const table::KmsNameRecord& name : image.kms_names)
            out.push_back(slot_of(out.size(), name.name, table::kms_hash(image.strings.get(name.name), seed),
                                  name.kms));
        return out;
    });
    image.header.kms_seed = index.seed;
    image.header.kms_probe = index.probe;
    image.kms_index = std::move(index.slots);
}

}  // namespace kmsgate::policy::compile

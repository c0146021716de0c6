// SPDX-License-Identifier: BSD-3-Clause
#include <cstring>
#include <span>

#include "policy/compile/image.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {

std::vector<std::byte> seal(const Image& image) {
    constexpr std::size_t kPatternsAt = table::kSections - table::kPatternSections;
    table::Header header = image.header;
    std::vector<std::byte> blob;
    blob.reserve(sizeof header + image.strings.bytes().size() + image.allow_bits.size() * 8 +
                 image.patterns.bytes.size() + (std::size_t{1} << 16));
    blob.resize(sizeof header);
    Layout layout(blob);
    std::size_t section = 0;
    const auto put = [&](const auto& records) {
        header.sections[section++] = {layout.put(records), records.size()};
    };
    // In the order of table::Section.
    put(image.strings.bytes());
    put(image.kms);
    put(image.kms_names);
    put(image.kms_index);
    put(image.tags);
    put(image.domains);
    put(image.edges);
    put(image.rules);
    put(image.kms_lists);
    put(image.allow_bits);
    put(image.globs);
    put(image.cidrs);
    put(image.peers);
    put(image.ports);
    std::size_t at = layout.put(image.patterns.bytes);
    for (std::size_t i = 0; i < table::kPatternSections; ++i) {
        header.sections[kPatternsAt + i] = {at, image.patterns.counts[i]};
        at += static_cast<std::size_t>(
            table::align8(image.patterns.counts[i] * table::kSectionTypes[kPatternsAt + i].record));
    }

    header.magic = table::kMagic;
    header.version = table::kFormatVersion;
    header.header_size = sizeof header;
    header.total_size = blob.size();
    header.patterns = image.patterns.head;
    std::memcpy(blob.data(), &header, sizeof header);
    if (header.patterns.digest == table::Digest{}) {
        header.patterns.digest = table::patterns_digest(blob);
        std::memcpy(blob.data(), &header, sizeof header);
    }
    header.digest = table::blob_digest(blob);
    std::memcpy(blob.data(), &header, sizeof header);
    return blob;
}

}  // namespace kmsgate::policy::compile

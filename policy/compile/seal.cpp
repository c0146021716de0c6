// SPDX-License-Identifier: BSD-3-Clause
#include <cstring>
#include <span>

#include "policy/compile/image.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {

std::vector<std::byte> seal(const Image& image) {
    table::Header header = image.header;
    std::vector<std::byte> blob;
    blob.resize(sizeof header);
    std::size_t section = 0;
    const auto put = [&](const auto& records) {
        const auto bytes = std::as_bytes(std::span(records.data(), records.size()));
        const std::size_t at = blob.size();
        header.sections[section++] = {at, records.size()};
        blob.resize(static_cast<std::size_t>(table::align8(at + bytes.size())));
        if (!bytes.empty()) std::memcpy(blob.data() + at, bytes.data(), bytes.size());
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
    put(image.patterns);
    put(image.pattern_index);

    header.magic = table::kMagic;
    header.version = table::kFormatVersion;
    header.header_size = sizeof header;
    header.total_size = blob.size();
    std::memcpy(blob.data(), &header, sizeof header);
    header.digest = table::blob_digest(blob);
    std::memcpy(blob.data(), &header, sizeof header);
    return blob;
}

}  // namespace kmsgate::policy::compile

// SPDX-License-Identifier: BSD-3-Clause
// A hostile table with a digest that fits: refused with a sentence, or one of which everything can be asked.
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "policy/table/table.hpp"
#include "policy/table/view.hpp"
#include "tests/unit/policy/exercise.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kmsgate::policy;
    // A copy of exactly that size: aligned, and any read behind it is seen.
    std::vector<std::byte> blob(size);
    if (size > 0) std::memcpy(blob.data(), data, size);
    if (const auto as_is = table::Table::open(blob); !as_is) require(!as_is.error().what.empty());
    if (size < sizeof(table::Header)) return 0;
    // What every mutation would break is set right, so that the rest is reached.
    auto& header = *reinterpret_cast<table::Header*>(blob.data());
    header.magic = table::kMagic;
    header.version = table::kFormatVersion;
    header.header_size = sizeof header;
    header.total_size = size;
    header.patterns.digest = table::patterns_digest(blob);
    header.digest = table::blob_digest(blob);
    const auto opened = table::Table::open(blob);
    // What was proved with the last good table and need not be proved again changes no verdict.
    static std::vector<std::byte> last;
    static std::optional<table::Table> known;
    const auto beside = table::Table::open(blob, known ? &*known : nullptr);
    require(opened.has_value() == beside.has_value());
    if (!opened) require(opened.error().what == beside.error().what);
    if (opened) {
        known.reset();
        last = blob;
        if (const auto again = table::Table::open(last)) known = *again;
        require(known.has_value());
    }
    if (!opened) {
        require(!opened.error().what.empty());
        return 0;
    }
    require(test::exercise(*opened));
    return 0;
}

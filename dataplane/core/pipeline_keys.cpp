// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/core/pipeline_keys.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

namespace kmsgate::core {

namespace {

/// RFC 3261 8.1.1.7, its letters in any case: all eight bytes at once.
bool is_unique(std::string_view branch) noexcept {
    static_assert(std::endian::native == std::endian::little);
    constexpr auto kText = std::bit_cast<std::uint64_t>(std::array{'z', '9', 'h', 'g', '4', 'b', 'k', '\0'});
    constexpr auto kLetters =
        std::bit_cast<std::uint64_t>(std::array<char, 8>{0x20, 0, 0x20, 0x20, 0, 0x20, 0x20, 0});
    if (branch.size() < 8) return false;
    std::uint64_t start = 0;
    std::memcpy(&start, branch.data(), 8);
    return ((start | kLetters) & ~std::uint64_t{0} >> 8) == kText;
}

/// By the branch alone, however long the rest is: responses may say what they like there.
std::uint64_t branch_of(std::string_view branch, std::uint64_t number,
                        const memory::BulkHash& hash) noexcept {
    while (branch.size() > memory::BulkHash::kMaxBoth) {
        number = hash.both({branch.substr(0, memory::BulkHash::kMaxBoth), {}, {}, {}}, 0, number).folded;
        branch.remove_prefix(memory::BulkHash::kMaxBoth);
    }
    return hash.both({branch, {}, {}, {}}, 0, number).folded;
}

}  // namespace

TransactionKeys transaction_keys(const sip::Message& m, Arrival request,
                                 const memory::BulkHash& hash) noexcept {
    const std::array<std::string_view, 4> texts = {m.via.branch.empty() ? m.request_uri : m.via.branch,
                                                   m.via.sent_by, m.call_id, m.from_tag};
    const std::uint64_t number = m.cseq.value_or(0);
    const auto port = static_cast<std::uint64_t>(request);
    TransactionKeys keys;
    if (texts[0].size() + texts[1].size() + texts[2].size() + texts[3].size() <= memory::BulkHash::kMaxBoth) {
        const auto both = hash.both(texts, number, port);
        keys = {both.exact, both.folded};
    } else {
        keys = {hash.fields({texts[0], texts[1], texts[2], texts[3]}, number),
                branch_of(texts[0], port, hash)};
    }
    keys.branch = is_unique(m.via.branch) ? std::max<std::uint64_t>(keys.branch, 1) : 0;
    return keys;
}

}  // namespace kmsgate::core

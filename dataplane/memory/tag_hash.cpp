// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/tag_hash.hpp"

#include "dataplane/memory/nh.hpp"

namespace kmsgate::memory {

namespace {
constexpr std::size_t kLines = nh::kFieldBytes / 64;
}

// One key serves three uses, told apart by their sizes: 8 bytes make a word of NH, 16 a tag, and more than
// kFieldBytes a tag of texts that NH has no words for.
TagHash::TagHash(const Key& key, BulkHash::Level level)
    : key_(key), lines_(std::make_unique<Line[]>(kLines)), texts_(nh::texts_at(level)) {
    for (std::size_t i = 0; i < kLines * 4; ++i) {
        SipHash h(key);
        h.word(i);
        const Hash128 two = h.finish();
        lines_[i / 4].words[i % 4 * 2] = two.low;
        lines_[i / 4].words[i % 4 * 2 + 1] = two.high;
    }
}

Hash128 TagHash::operator()(const Texts& texts, std::uint64_t number) const noexcept {
    SipHash h(key_);
    if (nh::room_of(texts) > nh::kFieldBytes) [[unlikely]] {
        for (const std::string_view text : texts) h.field(text);
        h.word(number);
        return h.finish();
    }
    const Hash128 sum = texts_(lines_[0].words.data(), texts, number);
    h.word(sum.low);
    h.word(sum.high);
    return h.finish();
}

}  // namespace kmsgate::memory

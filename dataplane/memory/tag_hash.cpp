// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/tag_hash.hpp"

#include "dataplane/memory/nh.hpp"

namespace kmsgate::memory {

namespace {

constexpr std::size_t kLines = nh::kFieldBytes / 64;

Hash128 numbered(const Key& key, std::uint64_t number) noexcept {
    SipHash h(key);
    h.word(number);
    return h.finish();
}

}  // namespace

// SipHash answers 8 bytes for the words and the key of AES, more than kFieldBytes for texts that NH has no
// words for.
TagHash::TagHash(const Key& key, BulkHash::Level level)
    : key_(key),
      aes_(numbered(key, kLines * 4), level != BulkHash::Level::portable),
      lines_(std::make_unique<Line[]>(kLines)),
      texts_(nh::texts_at(level)) {
    for (std::size_t i = 0; i < kLines * 4; ++i) {
        const Hash128 two = numbered(key, i);
        lines_[i / 4].words[i % 4 * 2] = two.low;
        lines_[i / 4].words[i % 4 * 2 + 1] = two.high;
    }
}

Hash128 TagHash::operator()(const Texts& texts, std::uint64_t number) const noexcept {
    std::size_t size = 0;
    for (const std::string_view text : texts) size += text.size();
    if (size > nh::kFieldBytes - 64 - texts.size() * 15) [[unlikely]] {
        SipHash h(key_);
        for (const std::string_view text : texts) h.field(text);
        h.word(number);
        return h.finish();
    }
    return aes_.encrypt(texts_(lines_[0].words.data(), texts, number));
}

}  // namespace kmsgate::memory

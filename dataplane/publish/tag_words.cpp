// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/tag_words.hpp"

#include <bit>

namespace kmsgate::publish {

std::optional<std::uint8_t> TagWords::find(std::string_view word) const noexcept {
    if (word.empty()) return std::nullopt;
    for (std::uint8_t bit = 0; bit < words_.size(); ++bit)
        if (words_[bit] == word) return bit;
    return std::nullopt;
}

std::optional<std::uint8_t> TagWords::add(std::string_view word) {
    if (const auto known = find(word)) return known;
    if (word.empty()) return std::nullopt;
    for (std::uint8_t bit = 0; bit < words_.size(); ++bit)
        if (words_[bit].empty()) {
            words_[bit] = word;
            return bit;
        }
    return std::nullopt;
}

void TagWords::remove(std::uint8_t bit) {
    words_[bit].clear();
    users_[bit] = 0;
}

std::uint32_t TagWords::used() const noexcept {
    std::uint32_t bits = 0;
    for (std::size_t bit = 0; bit < words_.size(); ++bit)
        if (!words_[bit].empty()) bits |= std::uint32_t{1} << bit;
    return bits;
}

void TagWords::changed(std::uint32_t before, std::uint32_t after) noexcept {
    for (std::uint32_t bits = before ^ after; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
        if ((after >> bit & 1U) != 0)
            ++users_[bit];
        else if (users_[bit] != 0)
            --users_[bit];
    }
}

std::uint32_t TagWords::worn() const noexcept {
    std::uint32_t bits = 0;
    for (std::size_t bit = 0; bit < users_.size(); ++bit)
        if (users_[bit] != 0) bits |= std::uint32_t{1} << bit;
    return bits;
}

}  // namespace kmsgate::publish

// SPDX-License-Identifier: BSD-3-Clause
// Numbers that look random and are the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kmsgate::traffic {

/// SplitMix64 (Steele, Lea, Flood 2014). The standard's distributions differ between libraries; these do not.
class Random {
  public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9E3779B97F4A7C15;
        std::uint64_t z = state_;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
    /// 0 to `count` - 1; `count` is small, so that the bias does not matter.
    [[nodiscard]] std::size_t below(std::size_t count) noexcept { return next() % count; }
    /// `first` to `last`, both included.
    [[nodiscard]] std::size_t between(std::size_t first, std::size_t last) noexcept {
        return first + below(last - first + 1);
    }
    /// Any bytes.
    [[nodiscard]] std::string bytes(std::size_t count) {
        std::string out(count, '\0');
        for (char& c : out) c = static_cast<char>(next() >> 56);
        return out;
    }
    /// Lower-case hexadecimal digits.
    [[nodiscard]] std::string hex(std::size_t digits) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string out(digits, '0');
        for (char& c : out) c = kDigits[below(kDigits.size())];
        return out;
    }

  private:
    std::uint64_t state_;
};

}  // namespace kmsgate::traffic

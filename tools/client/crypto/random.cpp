// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/crypto/random.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "tools/client/crypto/wolf.hpp"

namespace kmsgate::client::crypto {

struct Random::Impl {
    Impl() {
        wolf::start();
        if (const int code = wc_InitRng(&generator); code != 0)
            throw std::runtime_error("no random numbers from the system (wolfSSL " + std::to_string(code) +
                                     ")");
    }
    ~Impl() { wc_FreeRng(&generator); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    WC_RNG generator{};
};

Random::Random() : impl_(std::make_unique<Impl>()) {}
Random::~Random() = default;
Random::Random(Random&&) noexcept = default;
Random& Random::operator=(Random&&) noexcept = default;

void Random::fill(std::span<std::uint8_t> out) {
    // the generator gives at most 64 kB a call
    constexpr std::size_t kMost = 4096;
    while (!out.empty()) {
        const auto part = out.first(std::min(out.size(), kMost));
        const int code =
            wc_RNG_GenerateBlock(&impl_->generator, part.data(), static_cast<word32>(part.size()));
        if (code != 0)
            throw std::runtime_error("the random generator failed (wolfSSL " + std::to_string(code) + ")");
        out = out.subspan(part.size());
    }
}

Bytes Random::bytes(std::size_t size) {
    Bytes out(size);
    fill(out);
    return out;
}

std::uint32_t Random::number() {
    std::array<std::uint8_t, 4> raw{};
    fill(raw);
    std::uint32_t value = 0;
    for (const std::uint8_t byte : raw) value = value << 8 | byte;
    return value;
}

void* Random::handle() noexcept {
    return &impl_->generator;
}

}  // namespace kmsgate::client::crypto

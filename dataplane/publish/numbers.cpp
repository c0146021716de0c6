// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/numbers.hpp"

namespace kmsgate::publish {
namespace {

constexpr auto kLife = std::chrono::minutes(10);  // longer than any transaction's

}  // namespace

bool Numbers::taken(std::uint64_t number, const std::string& digest, std::optional<std::uint64_t> in_force) {
    const auto now = Clock::now();
    for (Number& n : known_)
        if (n.number == in_force) n.used = now;
    std::erase_if(known_, [&](const Number& n) { return now - n.used > kLife; });
    for (const Number& n : known_)
        if (n.number == number) return n.digest != digest;
    return false;
}

void Numbers::take(std::uint64_t number, const std::string& digest) {
    const auto now = Clock::now();
    for (Number& n : known_)
        if (n.number == number) {
            n.used = now;
            return;
        }
    known_.push_back({number, digest, now});
}

}  // namespace kmsgate::publish

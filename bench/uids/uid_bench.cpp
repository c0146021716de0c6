// SPDX-License-Identifier: BSD-3-Clause
// uid_bench: ns for each UID, hashed one by one and in batches, alternating in one process; medians of 15
// rounds. uid_bench --count (single|batch) SIZE: 1,000 batches inside kmsgate_bench_counted, for `valgrind
// --tool=callgrind --toggle-collect=kmsgate_bench_counted`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/memory/uid_batch.hpp"
#include "dataplane/mikey/uid.hpp"

namespace {

using kmsgate::memory::UidBatch;
using kmsgate::mikey::Uid;

constexpr std::array<std::size_t, 8> kSizes{1, 2, 3, 6, 8, 16, 32, 64};
constexpr std::size_t kBatches = 1'000, kRounds = 15;
constexpr std::string_view kKms = "kms.mc1.operator.example";
constexpr std::uint64_t kPeriod = 2'592'000, kNumber = 1508;

class Users {
  public:
    Users() {
        for (std::size_t i = 0; i < UidBatch::kMost; ++i)
            users_.push_back(fmt::format("sip:user{:05}@mc1.operator.example", 7919 * i % 100'000));
    }
    [[nodiscard]] Uid single(std::size_t size) const noexcept {
        Uid last{};
        for (std::size_t i = 0; i < size; ++i)
            last = kmsgate::mikey::uid_of(users_[i], kKms, kPeriod, 0, kNumber);
        return last;
    }
    [[nodiscard]] Uid batch(std::size_t size) noexcept {
        const kmsgate::mikey::UidSuffix suffix(kKms, kPeriod, 0, kNumber);
        for (std::size_t i = 0; i < size; ++i) batch_.add(users_[i], suffix);
        return batch_.run().back();
    }

  private:
    std::vector<std::string> users_;
    UidBatch& batch_ = UidBatch::of_thread();
};

void keep(const Uid& uid) noexcept {
    asm volatile("" : : "m"(uid));
}

}  // namespace

extern "C" [[gnu::noinline]] void kmsgate_bench_counted(Users& users, bool single, std::size_t size);
void kmsgate_bench_counted(Users& users, bool single, std::size_t size) {
    for (std::size_t i = 0; i < kBatches; ++i) keep(single ? users.single(size) : users.batch(size));
}

namespace {

/// ns for each UID.
double timed(Users& users, bool single, std::size_t size) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    kmsgate_bench_counted(users, single, size);
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    return took.count() / static_cast<double>(kBatches * size);
}

double median(std::array<double, kRounds> all) {
    std::ranges::nth_element(all, all.begin() + kRounds / 2);
    return all[kRounds / 2];
}

void times(Users& users) {
    std::puts("ns for each UID, by UIDs in a batch:\n  size  single   batch  single/batch");
    for (const std::size_t size : kSizes) {
        std::array<double, kRounds> single{}, batch{};
        for (std::size_t i = 0; i < kRounds; ++i) {
            single[i] = timed(users, true, size);
            batch[i] = timed(users, false, size);
        }
        std::puts(fmt::format("{:6} {:7.0f} {:7.0f} {:13.2f}", size, median(single), median(batch),
                              median(single) / median(batch))
                      .c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> args(argv + 1, argv + argc);
    Users users;
    if (args.empty()) return times(users), 0;
    std::size_t size = 0;
    if (args.size() == 3 && args[0] == "--count" && (args[1] == "single" || args[1] == "batch"))
        std::from_chars(args[2].data(), args[2].data() + args[2].size(), size);
    if (size == 0 || size > UidBatch::kMost) {
        std::fputs("usage: uid_bench | uid_bench --count (single|batch) SIZE\n", stderr);
        return 2;
    }
    keep(args[1] == "single" ? users.single(size) : users.batch(size));  // what is done once is done now
    kmsgate_bench_counted(users, args[1] == "single", size);
    return 0;
}

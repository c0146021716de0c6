// SPDX-License-Identifier: BSD-3-Clause
// Readers on threads of their own while generations come and go.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/publish/kit.hpp"

namespace kmsgate::publish::test {
namespace {

using namespace std::chrono_literals;

TEST(Current, ReadersNeverSeeAFreedGeneration) {
    Kit kit({"e", "f"}, false);
    const Blob one = sealed(policy("roaming")), two = sealed(policy("roaming, migrated"));
    ASSERT_EQ(kit.publish(one, 1), "");
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> looks = 0, wrong = 0;
    const auto read = [&](unsigned worker) {
        kit.current.online(worker);
        std::uint64_t last = 0;
        while (!stop.load(std::memory_order_relaxed)) {
            const Generation* g = kit.current.get();
            for (std::size_t slot = 0; slot < 2; ++slot) {
                const core::Judge& judge = g->judge(worker, slot);
                // Digest, number and table belong together, and time does not run back.
                const bool fits =
                    judge.generation >= last && judge.digest == g->proven().digest &&
                    judge.table->tags().size() == (judge.generation % 2 == 1 ? 1U : 2U) &&
                    judge.table->text(judge.table->edges()[judge.edge].name) == (slot == 0 ? "e" : "f");
                if (!fits) wrong.fetch_add(1);
                last = judge.generation;
                judge.rule_hits[0].hit.add();
            }
            looks.fetch_add(1, std::memory_order_relaxed);
            kit.current.quiescent(worker);
            if (looks.load(std::memory_order_relaxed) % 64 == 0) std::this_thread::sleep_for(10us);
        }
        kit.current.offline(worker);
    };
    std::thread first(read, 0), second(read, 1);
    for (std::uint64_t n = 2; n <= 1000; ++n) ASSERT_EQ(kit.publish(n % 2 == 1 ? one : two, n), "");
    stop = true;
    first.join();
    second.join();
    EXPECT_EQ(wrong.load(), 0U);
    EXPECT_GT(looks.load(), 1000U);
    // Every hit went into some generation's row, and none was lost when that was carried over.
    std::uint64_t hits = 0;
    for (const RuleCount& r : kit.publisher.rules()) hits += r.hit;
    EXPECT_EQ(hits, 2 * looks.load());
}

TEST(Current, SwapWaitsForWhoHoldsTheOldOne) {
    Kit kit({"e", "f"}, false);
    ASSERT_EQ(kit.publish(sealed(policy()), 1), "");
    kit.current.online(0);
    const Generation* held = kit.current.get();
    std::atomic<bool> done = false;
    std::thread writer([&] {
        ASSERT_EQ(kit.publish(sealed(policy("x")), 2), "");
        done = true;
    });
    while (kit.current.get() == held) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(30ms);
    EXPECT_FALSE(done.load()) << "somebody still holds it";
    EXPECT_EQ(held->judge(0, 0).table->tags().size(), 1U);
    kit.current.quiescent(0);
    writer.join();
    EXPECT_TRUE(done.load());
    kit.current.offline(0);
    EXPECT_EQ(kit.publish(sealed(policy()), 3), "") << "whoever is offline is not waited for";
}

}  // namespace
}  // namespace kmsgate::publish::test

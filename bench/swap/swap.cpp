// SPDX-License-Identifier: BSD-3-Clause
#include "bench/swap/swap.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_lcore.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "bench/swap/cable.hpp"
#include "bench/swap/cpus.hpp"
#include "bench/swap/frames.hpp"
#include "dataplane/memory/live_roster.hpp"
#include "dataplane/memory/shared.hpp"
#include "dataplane/publish/publisher.hpp"
#include "dataplane/worker/accounts.hpp"
#include "dataplane/worker/clock.hpp"
#include "dataplane/worker/worker.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

namespace {

constexpr unsigned kBuffers = 16'383;
constexpr unsigned kRing = 4'096;
constexpr memory::Key kKey = {11, 12};

/// What the worker says of each message: by number, the generation, and whether it was forwarded.
class Ledger final : public core::EventSink {
  public:
    explicit Ledger(std::size_t most) : said_(most) {}
    void message(const core::MessageRecord& r) override {
        if (r.message == nullptr || r.message->kind != sip::Kind::request) return;
        const std::uint64_t number = number_in(r.message->call_id);
        if (number >= said_.size()) return;
        const bool forward = r.decision->verdict == policy::decide::Verdict::forward;
        said_[number].store(r.generation << 2 | 2U | static_cast<unsigned>(forward),
                            std::memory_order_release);
    }
    void drop(const core::DropRecord&) override {}
    /// Is the verdict on `number` the one of the generation it names? Odd generations forward, even ones
    /// refuse.
    [[nodiscard]] bool right(std::uint64_t number, bool came_through) const noexcept {
        const std::uint64_t said = said_[number].load(std::memory_order_acquire);
        const bool forward = (said & 1U) != 0;
        return (said & 2U) != 0 && forward == came_through && ((said >> 2) % 2 == 1) == forward;
    }

  private:
    std::vector<std::atomic<std::uint64_t>> said_;
};

/// Puts frames in at a steady rate and takes what comes out.
class Traffic {
  public:
    Traffic(const SwapPlan& plan, Cable& inside, Cable& outside, rte_mempool* pool, std::size_t most)
        : plan_(plan), inside_(inside), outside_(outside), pool_(pool), sent_at_(most), came_(most) {}

    /// Goes on for one step: sends what is due, takes what is there.
    void step() {
        const std::uint64_t now = rte_rdtsc();
        if (start_ == 0) start_ = now;
        const double seconds = static_cast<double>(now - start_) / static_cast<double>(rte_get_tsc_hz());
        const auto due = [&](unsigned rate) { return static_cast<std::uint64_t>(seconds * rate); };
        for (int n = 0; n < 32 && messages < due(plan_.messages_per_second) && messages < sent_at_.size();
             ++n) {
            const auto frame = frames_.invite(messages);
            core::Mbuf m = core::make_frame(pool_, frame);
            if (!m) break;
            sent_at_[messages] = rte_rdtsc();
            if (!inside_.put(m.get())) break;
            [[maybe_unused]] const rte_mbuf* given = m.release();
            ++messages;
        }
        for (int n = 0; n < 32 && others < due(plan_.others_per_second); ++n) {
            core::Mbuf m = core::make_frame(pool_, frames_.other());
            if (!m || !inside_.put(m.get())) break;
            [[maybe_unused]] const rte_mbuf* given = m.release();
            ++others;
        }
        take();
    }
    void take() {
        std::array<rte_mbuf*, 64> got{};
        for (Cable* cable : {&outside_, &inside_}) {
            const bool through = cable == &outside_;
            const std::size_t n = cable->take(got);
            const std::uint64_t now = rte_rdtsc();
            for (std::size_t i = 0; i < n; ++i) {
                const core::Mbuf m(got[i]);
                const auto bytes = core::linear(m.get(), scratch_);
                const std::uint64_t number = number_in(core::as_text(bytes));
                if (number >= sent_at_.size()) {
                    ++others_out;
                    continue;
                }
                ++(through ? forwarded : answered);
                came_[number].count = static_cast<std::uint8_t>(came_[number].count + 1);
                came_[number].through = through;
                came_[number].late = now - sent_at_[number];
            }
        }
    }
    /// Waits for what is still inside; at most two seconds.
    void settle() {
        const std::uint64_t end = rte_rdtsc() + 2 * rte_get_tsc_hz();
        while (rte_rdtsc() < end && (forwarded + answered < messages || others_out < others)) take();
    }
    /// Of messages `from` to `to`.
    [[nodiscard]] Tail tail(std::uint64_t from, std::uint64_t to) const {
        std::vector<std::uint64_t> late;
        for (std::uint64_t i = from; i < to; ++i)
            if (came_[i].count != 0) late.push_back(came_[i].late * 1'000 / (rte_get_tsc_hz() / 1'000'000));
        return tail_of(std::move(late));
    }
    /// Messages that did not come out exactly once, and other frames that did not come out.
    [[nodiscard]] std::uint64_t lost() const {
        std::uint64_t n = others > others_out ? others - others_out : others_out - others;
        for (std::uint64_t i = 0; i < messages; ++i) n += came_[i].count == 1 ? 0 : 1;
        return n;
    }
    [[nodiscard]] std::uint64_t wrong(const Ledger& ledger) const {
        std::uint64_t n = 0;
        for (std::uint64_t i = 0; i < messages; ++i) n += ledger.right(i, came_[i].through) ? 0 : 1;
        return n;
    }
    std::uint64_t messages = 0, others = 0;
    std::uint64_t forwarded = 0, answered = 0, others_out = 0;

  private:
    struct Came {
        std::uint8_t count = 0;
        bool through = false;
        std::uint64_t late = 0;
    };
    const SwapPlan& plan_;
    Cable& inside_;
    Cable& outside_;
    rte_mempool* pool_;
    Frames frames_;
    std::vector<std::uint64_t> sent_at_;
    std::vector<Came> came_;
    std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(65'536);
    std::uint64_t start_ = 0;
};

}  // namespace

std::expected<SwapResult, std::string> swap_in_traffic(const SwapPlan& plan) {
    const std::size_t most = 400'000;
    auto pool = replay::make_pool("swap", kBuffers);
    if (!pool) return std::unexpected(pool.error());
    auto inside = Cable::make("swapi", kRing, pool->get());
    auto outside = Cable::make("swapo", kRing, pool->get());
    if (!inside) return std::unexpected(inside.error());
    if (!outside) return std::unexpected(outside.error());
    auto tags = memory::UserTags::create("swap", 1'000, kKey);
    if (!tags) return std::unexpected(tags.error());

    publish::Current current(1);
    memory::LiveRoster roster(**tags, current.qsbr(), kKey);
    memory::Shared shared({most, 1'024, 1}, kKey);
    publish::Publisher publisher({{"e"}, 1, {}}, current, **tags, roster);
    const auto [odd, even] = policies();
    std::uint64_t generation = 1;
    if (const auto first = publisher.publish(odd, generation); !first)
        return std::unexpected(first.error().message);

    worker::Plan ports;
    ports.ports = {&(*inside)->port(), &(*outside)->port()};
    ports.pairs = {{0, {0, 1}, std::nullopt}};
    ports.edges = {"e"};
    worker::Settings settings;
    settings.pipeline.pool = pool->get();
    settings.pipeline.shared = &shared;
    settings.pipeline.tag_key = settings.pipeline.table_key = kKey;
    worker::SystemClock clock;
    Ledger ledger(most);
    worker::Worker worker(settings, ports, current, clock, ledger, nullptr);
    std::thread thread([&worker] {
        rte_thread_register();
        worker.run();
        rte_thread_unregister();
    });
    share_cpus(thread);

    Traffic traffic(plan, **inside, **outside, pool->get(), most);
    SwapResult result;
    std::vector<double> publish_us;
    const auto run_until = [&traffic](std::uint64_t tsc) {
        do traffic.step();
        while (rte_rdtsc() < tsc);
    };
    const std::uint64_t hz = rte_get_tsc_hz();
    run_until(rte_rdtsc() + hz / 2);  // caches and branch predictors warm up
    const std::uint64_t quiet_from = traffic.messages;
    run_until(rte_rdtsc() + 2 * hz);
    const std::uint64_t quiet_to = traffic.messages;

    // The publisher waits for the worker as it does live: on a thread of its own.
    std::atomic<bool> done = false;
    std::string fault;
    const std::uint64_t start = rte_rdtsc();
    std::thread committer([&] {
        rte_thread_register();
        for (unsigned n = 0; n < plan.commits && fault.empty(); ++n) {
            ++generation;
            const std::uint64_t before = rte_rdtsc();
            const auto published = publisher.publish(generation % 2 == 1 ? odd : even, generation);
            publish_us.push_back(static_cast<double>(rte_rdtsc() - before) * 1e6 / static_cast<double>(hz));
            if (!published)
                fault = published.error().message;
            else
                ++result.commits;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        done = true;
        rte_thread_unregister();
    });
    while (!done) traffic.step();
    committer.join();
    result.seconds = static_cast<double>(rte_rdtsc() - start) / static_cast<double>(hz);
    traffic.settle();
    const std::uint64_t end = traffic.messages;
    worker.stop();
    thread.join();
    if (!fault.empty()) return std::unexpected(fault);

    result.messages = traffic.messages;
    result.others = traffic.others;
    result.forwarded = traffic.forwarded;
    result.answered = traffic.answered;
    result.lost = traffic.lost();
    result.wrong = traffic.wrong(ledger);
    result.unaccounted = worker::unaccounted(worker, 1);
    result.quiet = traffic.tail(quiet_from, quiet_to);
    result.swapping = traffic.tail(quiet_to, end);
    std::ranges::sort(publish_us);
    result.publish_median_us = publish_us.empty() ? 0 : publish_us[publish_us.size() / 2];
    return result;
}

}  // namespace kmsgate::bench

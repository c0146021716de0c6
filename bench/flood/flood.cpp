// SPDX-License-Identifier: BSD-3-Clause
#include "bench/flood/flood.hpp"

#include <rte_cycles.h>
#include <rte_lcore.h>

#include <array>
#include <charconv>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "bench/swap/cable.hpp"
#include "bench/swap/cpus.hpp"
#include "bench/swap/frames.hpp"
#include "dataplane/memory/live_roster.hpp"
#include "dataplane/memory/shared.hpp"
#include "dataplane/publish/publisher.hpp"
#include "dataplane/watch/worker_watch.hpp"
#include "dataplane/worker/clock.hpp"
#include "dataplane/worker/worker.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

namespace {

constexpr unsigned kBuffers = 16'383;
constexpr unsigned kRing = 4'096;
constexpr memory::Key kKey = {13, 14};
constexpr std::size_t kPayloadAt = 42, kDigits = 10;
constexpr std::uint64_t kNone = ~std::uint64_t{0};

/// Sends what is due and what finds room, takes what comes out.
class Generator {
  public:
    Generator(const FloodPlan& plan, Cable& inside, Cable& outside, rte_mempool* pool)
        : plan_(plan), inside_(inside), outside_(outside), pool_(pool), hz_(rte_get_tsc_hz()) {
        const auto bytes = frames_.other();
        other_.assign(bytes.begin(), bytes.end());
    }

    void run(double seconds, bool flood) {
        const std::uint64_t start = rte_rdtsc(), first = sent_at_.size();
        const auto end = start + static_cast<std::uint64_t>(seconds * static_cast<double>(hz_));
        for (std::uint64_t now = start; now < end; now = rte_rdtsc()) {
            const double due =
                static_cast<double>(now - start) / static_cast<double>(hz_) * plan_.others_per_second;
            for (int n = 0; n < 32 && sent_at_.size() - first < static_cast<std::uint64_t>(due); ++n)
                if (!send_other()) break;
            for (int n = 0; flood && n < 32 && send_flood(); ++n) {
            }
            take();
        }
    }
    /// Waits for what is still inside; at most two seconds.
    void settle() {
        const std::uint64_t end = rte_rdtsc() + 2 * hz_;
        while (rte_rdtsc() < end && came_ < sent_at_.size()) take();
    }
    [[nodiscard]] std::uint64_t others() const noexcept { return sent_at_.size(); }
    [[nodiscard]] std::uint64_t lost() const noexcept { return sent_at_.size() - came_; }
    [[nodiscard]] Tail tail(std::uint64_t from, std::uint64_t to) const {
        std::vector<std::uint64_t> late;
        for (std::uint64_t i = from; i < to; ++i)
            if (late_[i] != kNone) late.push_back(late_[i] * 1'000 / (hz_ / 1'000'000));
        return tail_of(std::move(late));
    }

  private:
    bool send_other() {
        const std::string digits = fmt::format("{:010}", sent_at_.size());
        std::copy_n(digits.begin(), kDigits, other_.begin() + kPayloadAt);
        core::Mbuf m = core::make_frame(pool_, other_);
        if (!m) return false;
        const std::uint64_t now = rte_rdtsc();
        if (!inside_.put(m.get())) return false;
        [[maybe_unused]] const rte_mbuf* given = m.release();
        sent_at_.push_back(now);
        late_.push_back(kNone);
        return true;
    }
    bool send_flood() {
        core::Mbuf m = core::make_frame(pool_, plan_.flood[next_]);
        if (!m || !outside_.put(m.get())) return false;
        [[maybe_unused]] const rte_mbuf* given = m.release();
        next_ = (next_ + 1) % plan_.flood.size();
        return true;
    }
    void take() {
        std::array<rte_mbuf*, 64> got{};
        const std::size_t n = outside_.take(got);
        const std::uint64_t now = rte_rdtsc();
        for (std::size_t i = 0; i < n; ++i) {
            const core::Mbuf m(got[i]);
            const auto text = core::as_text(core::linear(m.get(), scratch_));
            std::uint64_t number = kNone;
            if (text.size() >= kPayloadAt + kDigits)
                std::from_chars(text.data() + kPayloadAt, text.data() + kPayloadAt + kDigits, number);
            if (number >= late_.size() || late_[number] != kNone) continue;
            late_[number] = now - sent_at_[number];
            ++came_;
        }
        for (std::size_t i = inside_.take(got); i > 0; --i) core::Mbuf(got[i - 1]).reset();
    }

    const FloodPlan& plan_;
    Cable& inside_;
    Cable& outside_;
    rte_mempool* pool_;
    std::uint64_t hz_;
    Frames frames_;
    std::vector<std::uint8_t> other_;
    std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(65'536);
    std::vector<std::uint64_t> sent_at_, late_;
    std::uint64_t came_ = 0;
    std::size_t next_ = 0;
};

}  // namespace

std::expected<FloodResult, std::string> flood_beside_others(const FloodPlan& plan) {
    if (plan.flood.empty()) return std::unexpected("a flood without frames");
    auto pool = replay::make_pool("flood", kBuffers);
    if (!pool) return std::unexpected(pool.error());
    auto inside = Cable::make("floodi", kRing, pool->get());
    auto outside = Cable::make("floodo", kRing, pool->get());
    if (!inside) return std::unexpected(inside.error());
    if (!outside) return std::unexpected(outside.error());
    auto tags = memory::UserTags::create("flood", 1'000, kKey);
    if (!tags) return std::unexpected(tags.error());

    publish::Current current(1);
    memory::LiveRoster roster(**tags, current.qsbr(), kKey);
    memory::Shared shared({100'000, 1'024, 1}, kKey);
    publish::Publisher publisher({{"e"}, 1, {}}, current, **tags, roster);
    if (const auto first = publisher.publish(policies().first, 1); !first)
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
    watch::WorkerWatch watch(0);
    worker::Worker worker(settings, ports, current, clock, watch, &watch);
    std::thread thread([&worker] {
        rte_thread_register();
        worker.run();
        rte_thread_unregister();
    });
    share_cpus(thread);

    Generator generator(plan, **inside, **outside, pool->get());
    FloodResult result;
    generator.run(0.2, false);  // caches and branch predictors warm up
    const std::uint64_t calm_from = generator.others();
    generator.run(plan.seconds, false);
    const std::uint64_t calm_to = generator.others();
    result.longest_gap_calm = worker.get(worker::Counter::longest_gap);
    const std::uint64_t before = worker.get(worker::Counter::frames_in);
    const std::uint64_t start = rte_rdtsc();
    generator.run(plan.seconds, true);
    result.seconds = static_cast<double>(rte_rdtsc() - start) / static_cast<double>(rte_get_tsc_hz());
    generator.settle();
    result.longest_gap = worker.get(worker::Counter::longest_gap);
    result.others = generator.others() - calm_to;
    result.lost = generator.lost();
    result.flood_taken = worker.get(worker::Counter::frames_in) - before - result.others;
    result.tx_dropped = worker.get(worker::Counter::tx_dropped);
    result.flood_dropped =
        worker.counters(0).outcome[static_cast<std::size_t>(core::Outcome::inspect_budget)].get();
    worker.stop();
    thread.join();
    result.calm = generator.tail(calm_from, calm_to);
    result.flooded = generator.tail(calm_to, generator.others());
    return result;
}

}  // namespace kmsgate::bench

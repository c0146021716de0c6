// SPDX-License-Identifier: BSD-3-Clause
#include "bench/cold/cold.hpp"

#include <emmintrin.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "bench/stages/allocations.hpp"
#include "bench/stages/policy.hpp"
#include "bench/stages/random.hpp"
#include "dataplane/memory/uid_owner.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::size_t kBurst = 32;        // frames, as a worker takes them
constexpr std::size_t kIpPayload = 1480;  // bytes behind the IPv4 header, a multiple of 8
constexpr std::size_t kPayloadAt = 42;
constexpr std::size_t kDigits = 8;
constexpr core::Time kLife = 201 * core::kSecond;  // longer than a transaction lives
constexpr std::size_t kMegabyte = std::size_t{1} << 20;
constexpr memory::Key kKey = {0x636F6C64, 1};

std::uint64_t cpu_ns() noexcept {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

/// DPDK's memory on large pages where the kernel gives them: live it lies on hugepages.
void use_large_pages() {
    rte_memseg_list_walk(
        [](const rte_memseg_list* list, void*) {
            madvise(list->base_va, list->len, MADV_HUGEPAGE);
            return 0;
        },
        nullptr);
}

void put16(std::uint8_t* at, std::size_t value) noexcept {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

/// Ethernet and IPv4 around a piece of a UDP datagram.
std::vector<std::uint8_t> frame_of(std::span<const std::uint8_t> piece, std::size_t offset, bool more,
                                   std::size_t id, const Invite& in) {
    std::vector<std::uint8_t> f = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0};
    f.resize(34);
    put16(f.data() + 16, 20 + piece.size());
    put16(f.data() + 18, id);
    put16(f.data() + 20, (more ? 0x2000U : 0U) | offset / 8);
    f[22] = 64;
    f[23] = 17;
    std::copy_n(in.source.address.begin() + 12, 4, f.begin() + 26);
    std::copy_n(in.destination.address.begin() + 12, 4, f.begin() + 30);
    unsigned sum = 0;
    for (std::size_t i = 14; i < 34; i += 2) sum += static_cast<unsigned>(f[i]) << 8U | f[i + 1];
    sum = (sum & 0xFFFFU) + (sum >> 16U);
    put16(f.data() + 24, ~(sum + (sum >> 16U)) & 0xFFFFU);
    f.insert(f.end(), piece.begin(), piece.end());
    return f;
}

replay::Pool pool_of(const char* name, std::size_t buffers) {
    auto made = replay::make_pool(name, static_cast<unsigned>(buffers));
    if (!made) throw std::logic_error(made.error());
    return std::move(*made);
}

std::unique_ptr<memory::UserTags> tags_of(std::string_view name, std::size_t capacity) {
    auto made = memory::UserTags::create(name, capacity, kKey);
    if (!made) throw std::logic_error(made.error());
    return std::move(*made);
}

}  // namespace

Cold::Cold(const ColdPlan& plan) : watch_(0), live_(plan.live) {
    const std::size_t buffers = plan.messages * 2;
    const std::size_t need =
        memory::UserTags::eal_bytes(plan.users + plan.messages) + buffers * 2'560 + 128 * kMegabyte;
    if (const auto started = replay::start_eal(need / kMegabyte); !started)
        throw std::logic_error(started.error());
    use_large_pages();
    auto compiled = policy::compile::compile_text(policy_text());
    blob_ = std::move(compiled.blob);
    auto table = policy::table::Table::open(blob_);
    if (!table) throw std::logic_error(table.error().what);
    table_ = std::make_unique<policy::table::Table>(*table);
    hits_.resize(table_->rules().size());

    const auto invites = make_invites(kSeed, plan.messages);
    open_tags(plan, invites);
    pool_ = pool_of("cold", buffers);
    answers_ = pool_of("coldout", 8'191);
    for (const Invite& in : invites) add(in);
    order_.resize(plan.messages - kWarm);
    std::iota(order_.begin(), order_.end(), kWarm);
    Random random(kSeed + 2);
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);

    watch_.set_events(watch::Events::refusals,
                      0);  // a busy gate has told all that it may tell in this second
    warm_ = road(4 * kWarm);
    cold_ = road(live_ + live_ / 2);
    cold_.flush = true;
    for (std::size_t filled = 0; filled < live_; filled += kSlice) static_cast<void>(cold());
    static_cast<void>(warm());
    allocations_ = 0;
}

void Cold::open_tags(const ColdPlan& plan, std::span<const Invite> invites) {
    tags_ = tags_of("cold", plan.users + plan.messages);
    rostered_ = tags_of("coldr", kWarm);
    // Nobody reads while the roster works: hash_users() runs between bursts.
    roster_ = std::make_unique<memory::LiveRoster>(*rostered_, nullptr, kKey);
    for (const auto& kms : table_->kms())
        kms_.push_back({table_->text(kms.uri), kms.key_period, kms.key_offset, true});
    memory::prepare_owners();
    const auto roaming = table_->find_tag("roaming");
    bool ok = roaming.has_value();
    for (const Invite& in : invites)
        if (in.roaming && ok) ok = tags_->set(in.caller_domain, in.caller, 1U << *roaming);
    for (std::size_t i = 0; i < plan.users && ok; ++i)
        ok = tags_->set(domain_name(i % kDomains),
                        fmt::format("sip:other-{}@{}.example", i, domain_name(i % kDomains)), 1U << *roaming);
    for (std::size_t i = 0; i < kWarm / 2 && ok; ++i)
        if (invites[i].roaming) ok = rostered_->set(invites[i].caller_domain, invites[i].caller, 0);
    if (!ok) throw std::logic_error("tags");
}

void Cold::add(const Invite& in) {
    const auto edge = table_->find_edge(in.edge);
    if (!edge) throw std::logic_error("edge " + in.edge);
    Message m;
    while (m.group < judges_.size() && (judges_[m.group].edge != *edge || arrivals_[m.group] != in.arrival))
        ++m.group;
    if (m.group == judges_.size()) {
        core::Judge judge;
        judge.table = table_.get();
        judge.edge = *edge;
        judge.generation = 1;
        judge.tags = tags_.get();
        judge.roster = roster_.get();
        judge.rule_hits = hits_;
        judges_.push_back(judge);
        arrivals_.push_back(in.arrival);
    }
    std::vector<std::uint8_t> datagram(8);
    put16(datagram.data(), in.source.port);
    put16(datagram.data() + 2, in.destination.port);
    put16(datagram.data() + 4, 8 + in.text.size());
    datagram.insert(datagram.end(), in.text.begin(), in.text.end());
    for (std::size_t from = 0; from < datagram.size(); from += kIpPayload) {
        const std::size_t size = std::min(kIpPayload, datagram.size() - from);
        const auto bytes = frame_of(std::span(datagram).subspan(from, size), from,
                                    from + size < datagram.size(), messages_.size(), in);
        m.frames.push_back(core::make_frame(pool_.get(), bytes));
        if (!m.frames.back()) throw std::logic_error("packet buffers");
        message_bytes_ += bytes.size();
    }
    char* first = rte_pktmbuf_mtod_offset(m.frames[0].get(), char*, kPayloadAt);
    for (const std::string_view mark : {"branch=z9hG4bK", "Call-ID: "})
        m.numbers.push_back(first + in.text.find(mark) + mark.size());
    messages_.push_back(std::move(m));
}

Cold::Road Cold::road(std::size_t transactions) {
    core::Config config;
    config.pool = answers_.get();
    config.transactions = transactions;
    config.tap = &watch_;
    return {std::make_unique<core::Pipeline>(config, watch_), kNow, false};
}

/// What a port does that is not measured: a new number for the transaction, the frame's own facts.
std::vector<core::Mbuf> Cold::burst_of(std::span<const std::size_t> messages, const Road& road) {
    std::vector<core::Mbuf> burst;
    for (const std::size_t i : messages) {
        const Message& m = messages_[i];
        ++number_;
        for (char* at : m.numbers) {
            fmt::format_to_n(at, kDigits, "{:08x}", number_);
            if (road.flush) _mm_clflush(at);  // writing it has brought it back
        }
        for (const core::Mbuf& frame : m.frames) {
            rte_mbuf_refcnt_update(frame.get(), 1);
            core::FrameMeta& meta = core::meta(frame.get());
            meta = {};
            meta.time = road.now;
            meta.arrival = arrivals_[m.group];
            burst.emplace_back(frame.get());
        }
    }
    return burst;
}

/// What a live dataplane's other thread does all the time: users of the roster are hashed.
void Cold::hash_users(core::Time now) {
    while (roster_->work(now, kms_)) {
    }
}

/// Messages of one edge and port at a time, in bursts.
double Cold::run(Road& road, std::span<const std::size_t> messages) {
    const auto ended = [&] {
        const auto& outcome = road.pipeline->counters().outcome;
        return outcome[static_cast<std::size_t>(core::Outcome::forward)].get() +
               outcome[static_cast<std::size_t>(core::Outcome::redirect)].get();
    };
    hash_users(road.now);
    std::uint64_t ns = 0;
    std::size_t frames = 0;
    const std::uint64_t before = ended();
    for (std::size_t group = 0; group < judges_.size(); ++group) {
        std::vector<std::size_t> of_group;
        for (const std::size_t i : messages)
            if (messages_[i].group == group) of_group.push_back(i);
        std::vector<std::vector<core::Mbuf>> bursts;
        for (std::size_t from = 0; from < of_group.size(); from += kBurst / 2)
            bursts.push_back(burst_of(
                std::span(of_group).subspan(from, std::min(kBurst / 2, of_group.size() - from)), road));
        for (auto& burst : bursts) {
            frames += burst.size();
            const Allocations asked = bench::allocations();
            const std::uint64_t start = cpu_ns();
            road.pipeline->process(burst, judges_[group], out_);
            ns += cpu_ns() - start;
            const Allocations after = bench::allocations();
            allocations_ += after.by_new - asked.by_new + after.by_malloc - asked.by_malloc;
            out_.clear();
        }
    }
    if (ended() - before != frames)
        throw std::logic_error(
            fmt::format("{} of {} frames end as forwarded or redirected", ended() - before, frames));
    return static_cast<double>(ns) / static_cast<double>(messages.size());
}

double Cold::cold() {
    if (next_ + kSlice > order_.size()) next_ = 0;
    const auto slice = std::span(order_).subspan(next_, kSlice);
    next_ += kSlice;
    cold_.now += kLife / (live_ / kSlice);
    return run(cold_, slice);
}

double Cold::warm() {
    std::array<std::size_t, kWarm> set{};
    std::iota(set.begin(), set.end(), std::size_t{0});
    double sum = 0;
    for (std::size_t n = 0; n < kSlice / kWarm; ++n) {
        warm_.now += kLife;
        sum += run(warm_, set);
    }
    return sum / (static_cast<double>(kSlice) / kWarm);
}

}  // namespace kmsgate::bench

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "bench/stages/random.hpp"

namespace kmsgate::bench {

namespace {

using core::Outcome;

constexpr std::array<PathStage, 4> kStages{{
    {"path-forward", "INVITEs in two fragments each, allowed: two fragments out", Outcome::forward},
    {"path-refuse", "INVITEs in two fragments each, refused: 488 and KRR out", Outcome::redirect},
    {"path-rewrite", "488s with a KRR, answers to known requests: the narrowed 488 out", Outcome::rewrite},
    {"path-other", "media, SRTP of 1,400 bytes: out as it came", Outcome::passed},
}};

constexpr std::size_t kBurst = 32;        // frames, as a worker takes them
constexpr std::size_t kIpPayload = 1480;  // bytes behind the IPv4 header, a multiple of 8
constexpr std::size_t kIdAt = 18, kSumAt = 24, kPayloadAt = 42;
constexpr std::size_t kDigits = 8;
constexpr core::Time kLater = 201 * core::kSecond;  // longer than any transaction lives
constexpr std::size_t kWarmSlots = 4096, kColdSlots = 65'536;

void put16(std::uint8_t* at, std::size_t value) noexcept {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

void set_id(std::uint8_t* frame, std::size_t id) noexcept {
    put16(frame + kIdAt, id);
    put16(frame + kSumAt, 0);
    unsigned sum = 0;
    for (std::size_t i = 14; i < 34; i += 2) sum += static_cast<unsigned>(frame[i]) << 8U | frame[i + 1];
    sum = (sum & 0xFFFFU) + (sum >> 16U);
    put16(frame + kSumAt, ~(sum + (sum >> 16U)) & 0xFFFFU);
}

/// Ethernet and IPv4 around a piece of a UDP datagram.
std::vector<std::uint8_t> frame_of(std::span<const std::uint8_t> piece, std::size_t offset, bool more,
                                   const core::Endpoint& source, const core::Endpoint& destination) {
    std::vector<std::uint8_t> f = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0};
    f.resize(34);
    put16(f.data() + 16, 20 + piece.size());
    put16(f.data() + 20, (more ? 0x2000U : 0U) | offset / 8);
    f[22] = 64;
    f[23] = 17;
    std::copy_n(source.address.begin() + 12, 4, f.begin() + 26);
    std::copy_n(destination.address.begin() + 12, 4, f.begin() + 30);
    f.insert(f.end(), piece.begin(), piece.end());
    set_id(f.data(), 0);
    return f;
}

}  // namespace

std::span<const PathStage> path_stages() noexcept {
    return kStages;
}

Path::Path(Workload& workload, const PathStage& stage, Memory memory)
    : workload_(workload), stage_(stage), memory_(memory), watch_(0) {
    auto pool = replay::make_pool("path", 8191);
    if (!pool) throw std::logic_error(pool.error());
    pool_ = std::move(*pool);
    // A busy gate has told all that it may tell in this second.
    watch_.set_events(watch::Events::refusals, 0);
    const auto& table = *workload.prepared()[0].context.table;
    hits_.resize(table.rules().size());
    core::Config config;
    config.pool = pool_.get();
    config.transactions = memory == Memory::warm ? kWarmSlots : kColdSlots;
    config.tap = &watch_;
    pipeline_ = std::make_unique<core::Pipeline>(config, watch_);

    const auto prepared = workload.prepared();
    Random random(1);
    for (std::size_t i = 0; i < prepared.size(); ++i) {
        const Prepared& p = prepared[i];
        if (stage.outcome == Outcome::passed)
            add(i, "\x80\x60" + random.bytes(1400 - kPayloadAt - 2), {p.arrived.source.address, 40000, false},
                {p.arrived.destination.address, 40002, false}, p.arrived.arrival, false);
        else
            add(i, p.arrived.payload, p.arrived.source, p.arrived.destination, p.arrived.arrival, true);
    }
    if (stage.outcome == Outcome::rewrite) {  // the requests pass once; from now on their answers do
        for (PathBurst& b : pass()) {
            run(b);
            out_.clear();
        }
        groups_.clear();
        judges_.clear();
        memory_ = Memory::cold;  // the requests' time must not pass
        answers_ = true;
        for (std::size_t i = 0; i < prepared.size(); ++i) {
            const auto& r = prepared[i].response_arrived;
            add(i, r.payload, r.source, r.destination, r.arrival, true);
        }
    }
    keep_those_that_end_so();
}

void Path::add(std::size_t invite, std::string_view payload, const core::Endpoint& source,
               const core::Endpoint& destination, core::Arrival arrival, bool signalling) {
    const inspect::Context& context = workload_.prepared()[invite].context;
    auto at = std::ranges::find_if(
        groups_, [&](const Group& g) { return g.edge == context.edge && g.arrival == arrival; });
    if (at == groups_.end()) {
        groups_.push_back({context.edge, arrival, {}});
        core::Judge judge;
        judge.table = context.table;
        judge.edge = context.edge;
        judge.generation = 1;
        judge.tags = context.tags;
        judge.roster = context.roster;
        judge.rule_hits = hits_;
        judges_.push_back(judge);
        at = groups_.end() - 1;
    }
    std::vector<std::uint8_t> datagram(8);
    put16(datagram.data(), source.port);
    put16(datagram.data() + 2, destination.port);
    put16(datagram.data() + 4, 8 + payload.size());
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    Message m;
    m.invite = invite;
    for (std::size_t from = 0; from < datagram.size(); from += kIpPayload) {
        const std::size_t size = std::min(kIpPayload, datagram.size() - from);
        m.frames.push_back(frame_of(std::span(datagram).subspan(from, size), from,
                                    from + size < datagram.size(), source, destination));
    }
    if (signalling)
        for (const std::string_view mark : {"branch=z9hG4bK", "Call-ID: "})
            m.numbers.push_back(kPayloadAt + payload.find(mark) + mark.size());
    at->messages.push_back(std::move(m));
}

PathBurst Path::burst_of(std::size_t group, std::size_t first, std::size_t count) {
    PathBurst burst;
    burst.group = group;
    burst.messages = count;
    const Group& g = groups_[group];
    for (std::size_t i = first; i < first + count; ++i) {
        ++id_;
        for (std::size_t n = 0; n < g.messages[i].frames.size(); ++n) {
            core::Mbuf frame = core::make_frame(pool_.get(), g.messages[i].frames[n]);
            if (!frame) throw std::logic_error("packet buffers");
            auto* bytes = rte_pktmbuf_mtod(frame.get(), std::uint8_t*);
            set_id(bytes, id_);
            if (n == 0)
                for (const std::size_t at : g.messages[i].numbers) {
                    const std::string digits = fmt::format("{:08x}", number_);
                    std::copy_n(digits.begin(), kDigits, bytes + at);
                }
            core::FrameMeta& meta = core::meta(frame.get());
            meta.time = now_;
            meta.number = id_;
            meta.arrival = g.arrival;
            burst.frames.push_back(std::move(frame));
        }
    }
    return burst;
}

std::vector<PathBurst> Path::pass() {
    if (!answers_) ++number_;
    if (memory_ == Memory::warm) now_ += kLater;
    std::vector<PathBurst> out;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        const auto& messages = groups_[g].messages;
        for (std::size_t first = 0; first < messages.size();) {
            const std::size_t most = std::max<std::size_t>(1, kBurst / messages[first].frames.size());
            const std::size_t count = std::min(most, messages.size() - first);
            out.push_back(burst_of(g, first, count));
            first += count;
        }
    }
    return out;
}

/// Leaves the messages that the stage is about.
void Path::keep_those_that_end_so() {
    if (!answers_) ++number_;
    if (memory_ == Memory::warm) now_ += kLater;
    messages_ = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        std::vector<Message> kept;
        for (std::size_t i = 0; i < groups_[g].messages.size(); ++i) {
            const auto ended = [&] {
                return pipeline_->counters().outcome[static_cast<std::size_t>(stage_.outcome)].get();
            };
            const std::uint64_t before = ended();
            PathBurst burst = burst_of(g, i, 1);
            const std::size_t frames = burst.frames.size();
            run(burst);
            out_.clear();
            if (ended() - before == frames) kept.push_back(groups_[g].messages[i]);
        }
        messages_ += kept.size();
        groups_[g].messages = std::move(kept);
    }
    if (messages_ < kMessages / 8)
        throw std::logic_error(fmt::format("{}: {} messages end so", stage_.name, messages_));
}

void Path::check(const PathBurst& burst) {
    const auto& g = groups_[burst.group];
    if (out_.to[0].empty() && out_.to[1].empty())
        throw std::logic_error(
            fmt::format("{}: nothing left of {} messages of edge {}", stage_.name, burst.messages, g.edge));
    out_.clear();
}

void Path::floor(const PathBurst& burst) noexcept {
    for (std::size_t i = 0; i < burst.messages; ++i) workload_.floor(groups_[burst.group].messages[i].invite);
}

}  // namespace kmsgate::bench

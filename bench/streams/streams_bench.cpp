// SPDX-License-Identifier: BSD-3-Clause
// SIP over TCP through a pipeline: what an allowed INVITE costs in two segments, by how many connections are
// open.
//   streams_bench times ROUNDS FLOWS...      median ns and bytes of memory; asks for no memory on the way
//   streams_bench count MESSAGES FLOWS       for callgrind: --toggle-collect=kmsgate_streams_counted
#include <fmt/format.h>
#include <rte_cycles.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/stages/allocations.hpp"
#include "bench/stages/random.hpp"
#include "bench/stages/stages.hpp"
#include "dataplane/core/pipeline.hpp"
#include "dataplane/stream/make.hpp"
#include "dataplane/watch/worker_watch.hpp"
#include "tools/replay/eal.hpp"

namespace {

using namespace kmsgate;
using stream::Flag;
using stream::Sequence;

constexpr std::size_t kSegment = 1448;
constexpr std::size_t kBatch = 256;  // messages in one measurement

/// An edge with connections open, and messages to send on them.
class Gate {
  public:
    explicit Gate(std::size_t flows) : watch_(0), flows_(flows) {
        auto pool = replay::make_pool("streams", 16'383);
        if (!pool) throw std::logic_error(pool.error());
        pool_ = std::move(*pool);
        watch_.set_events(watch::Events::refusals, 0);
        core::Config config;
        config.pool = pool_.get();
        config.tap = &watch_;
        config.streams.flows = flows;
        pipeline_ = std::make_unique<core::Pipeline>(config, watch_);
        const auto prepared = workload_.prepared();
        hits_.resize(prepared[0].context.table->rules().size());
        choose(prepared);
        for (std::size_t i = 0; i < flows; ++i) open(i);
    }

    /// The next batch: two segments and the acknowledgement of each message, as frames.
    void prepare() {
        burst_.clear();
        for (std::size_t i = 0; i < kBatch; ++i) {
            const std::size_t flow = random_.below(flows_.size());
            Sequence& seq = flows_[flow].seq;
            const std::string digits = fmt::format("{:08x}", ++message_);  // a transaction of its own
            for (const std::string_view mark : {"branch=z9hG4bK", "Call-ID: "})
                std::ranges::copy(
                    digits, text_.begin() + static_cast<std::ptrdiff_t>(text_.find(mark) + mark.size()));
            for (std::size_t from = 0; from < text_.size(); from += kSegment)
                add(flow, false,
                    {.seq = seq + static_cast<Sequence>(from),
                     .ack = 1,
                     .flags = Flag::ack,
                     .window = 60'000,
                     .timestamps = {},
                     .sack = {},
                     .payload = std::string_view(text_).substr(from, kSegment)});
            seq += static_cast<Sequence>(text_.size());
            add(flow, true,
                {.seq = 1,
                 .ack = seq,
                 .flags = Flag::ack,
                 .window = 60'000,
                 .timestamps = {},
                 .sack = {},
                 .payload = {}});
        }
    }
    void run() {
        for (std::size_t at = 0; at < burst_.size(); at += 32)
            pipeline_->process(std::span(burst_).subspan(at, std::min<std::size_t>(32, burst_.size() - at)),
                               judge_, out_);
    }
    void check() {
        const auto forwarded =
            pipeline_->counters().verdict[static_cast<std::size_t>(policy::decide::Verdict::forward)].get();
        expected_ += kBatch;
        if (forwarded != expected_) throw std::logic_error("a message was not forwarded");
        out_.clear();
        now_ += 201 * core::kSecond;  // longer than any transaction lives
    }
    [[nodiscard]] std::size_t frames() const { return (text_.size() + kSegment - 1) / kSegment; }

  private:
    struct Flow {
        Sequence seq = 2;
    };

    /// The first message that passes over UDP, as one datagram.
    void choose(std::span<const bench::Prepared> prepared) {
        for (const bench::Prepared& p : prepared) {
            const std::string_view text = p.arrived.payload;
            if (text.size() <= kSegment || text.size() > 2 * kSegment) continue;
            judge_.table = p.context.table;
            judge_.edge = p.context.edge;
            judge_.generation = 1;
            judge_.tags = p.context.tags;
            judge_.roster = p.context.roster;
            judge_.rule_hits = hits_;
            arrival_ = p.arrived.arrival;
            text_ = text;
            flows_.front().seq = 2;
            open(0);
            add(0, false,
                {.seq = 2,
                 .ack = 1,
                 .flags = Flag::ack,
                 .window = 60'000,
                 .timestamps = {},
                 .sack = {},
                 .payload = std::string_view(text_).substr(0, kSegment)});
            add(0, false,
                {.seq = 2 + kSegment,
                 .ack = 1,
                 .flags = Flag::ack,
                 .window = 60'000,
                 .timestamps = {},
                 .sack = {},
                 .payload = std::string_view(text_).substr(kSegment)});
            run();
            burst_.clear();
            out_.clear();
            const auto n = pipeline_->counters()
                               .verdict[static_cast<std::size_t>(policy::decide::Verdict::forward)]
                               .get();
            if (n == 0) continue;
            expected_ = n;
            return;
        }
        throw std::logic_error("no message that passes");
    }

    void open(std::size_t flow) {
        flows_[flow].seq = 2;
        const stream::Made reset{.seq = 2 + static_cast<Sequence>(text_.size()),
                                 .ack = 1,
                                 .flags = Flag::rst,
                                 .window = 0,
                                 .timestamps = {},
                                 .sack = {},
                                 .payload = {}};
        if (flow == 0) add(flow, false, reset);
        add(flow, false,
            {.seq = 1,
             .ack = 0,
             .flags = Flag::syn,
             .window = 60'000,
             .timestamps = {},
             .sack = {},
             .payload = {}});
        add(flow, true,
            {.seq = 0,
             .ack = 2,
             .flags = Flag::syn | Flag::ack,
             .window = 60'000,
             .timestamps = {},
             .sack = {},
             .payload = {}});
        add(flow, false,
            {.seq = 2,
             .ack = 1,
             .flags = Flag::ack,
             .window = 60'000,
             .timestamps = {},
             .sack = {},
             .payload = {}});
        run();
        burst_.clear();
        out_.clear();
    }

    /// `back`: of the server. Flows differ in the client's address and port.
    void add(std::size_t flow, bool back, const stream::Made& what) {
        std::array<std::uint8_t, 54> like{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40};
        like[22] = 64;
        like[23] = 6;
        like[26] = 10;
        like[27] = static_cast<std::uint8_t>(flow >> 24);
        like[28] = static_cast<std::uint8_t>(flow >> 16);
        like[29] = 1;
        like[30] = 10;
        like[31] = 255;
        like[33] = 1;
        const auto port = static_cast<std::uint16_t>(flow & 0xFFFF);
        like[34] = static_cast<std::uint8_t>(port >> 8);
        like[35] = static_cast<std::uint8_t>(port);
        like[36] = 5060 >> 8;
        like[37] = 5060 & 0xFF;
        like[46] = 0x50;
        unsigned sum = 0;
        for (std::size_t i = 14; i < 34; i += 2) sum += static_cast<unsigned>(like[i]) << 8U | like[i + 1];
        sum = (sum & 0xFFFFU) + (sum >> 16U);
        sum = ~(sum + (sum >> 16U));
        like[24] = static_cast<std::uint8_t>(sum >> 8);
        like[25] = static_cast<std::uint8_t>(sum);
        core::Mbuf frame = stream::make(like, back, what, pool_.get());
        if (!frame) throw std::logic_error("packet buffers");
        core::FrameMeta& m = core::meta(frame.get());
        m.time = now_;
        m.number = ++number_;
        m.arrival = back ? core::opposite(arrival_) : arrival_;
        burst_.push_back(std::move(frame));
    }

    bench::Workload workload_;
    replay::Pool pool_;
    watch::WorkerWatch watch_;
    std::vector<core::RuleHits> hits_;
    core::Judge judge_;
    core::Arrival arrival_ = core::Arrival::inside;
    std::string text_;
    std::vector<Flow> flows_;
    core::Output out_;
    std::unique_ptr<core::Pipeline> pipeline_;
    std::vector<core::Mbuf> burst_;
    bench::Random random_{1};
    core::Time now_ = bench::kNow;
    std::uint64_t number_ = 0;
    std::uint64_t message_ = 0;
    std::uint64_t expected_ = 0;
};

std::size_t number(std::string_view text) {
    std::size_t n = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? n : 0;
}

}  // namespace

/// What callgrind counts: one batch.
extern "C" [[gnu::noinline]] void kmsgate_streams_counted(void* gate);
void kmsgate_streams_counted(void* gate) {
    static_cast<Gate*>(gate)->run();
}

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.size() < 3 || (words[0] != "times" && words[0] != "count") || number(words[1]) == 0) {
        std::fputs("usage: streams_bench times ROUNDS FLOWS... | count BATCHES FLOWS\n", stderr);
        return 2;
    }
    try {
        if (words[0] == "count") {
            Gate gate(number(words[2]));
            gate.prepare();
            gate.run();
            gate.check();
            for (std::size_t i = 0; i < number(words[1]); ++i) {
                gate.prepare();
                kmsgate_streams_counted(&gate);
                gate.check();
            }
            fmt::print("{}\n", number(words[1]) * kBatch);
            return 0;
        }
        bool clean = true;
        for (std::size_t w = 2; w < words.size(); ++w) {
            const std::size_t flows = number(words[w]);
            Gate gate(flows);
            std::vector<double> ns;
            std::uint64_t taken = 0;
            for (std::size_t i = 0; i < number(words[1]) + 4; ++i) {
                gate.prepare();
                const bench::Allocations before = bench::allocations();
                const std::uint64_t start = rte_rdtsc_precise();
                gate.run();
                const std::uint64_t cycles = rte_rdtsc_precise() - start;
                const bench::Allocations after = bench::allocations();
                gate.check();
                if (i < 4) continue;  // what grows once has grown
                taken += after.by_new - before.by_new + after.by_malloc - before.by_malloc;
                ns.push_back(static_cast<double>(cycles) * 1e9 / static_cast<double>(rte_get_tsc_hz()) /
                             kBatch);
            }
            std::ranges::sort(ns);
            fmt::print(
                "{:>9} connections  {:>6.0f} ns a message ({} segments and an ACK)  {} bytes a connection  "
                "allocations {}\n",
                flows, ns[ns.size() / 2], gate.frames(), stream::FlowStore::bytes_each(), taken);
            clean = clean && taken == 0;
        }
        return clean ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "streams_bench: %s\n", e.what());
        return 1;
    }
}

// SPDX-License-Identifier: BSD-3-Clause
// What one worker tells: event lines, traces, captured frames, through a bounded ring to the link thread.
// Nothing here blocks or allocates on the worker but for a trace that an operator asked for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/core/counters.hpp"
#include "dataplane/core/record.hpp"
#include "dataplane/watch/ring.hpp"

namespace kmsgate::watch {

/// Which events a worker writes down at all.
enum class Events : std::uint8_t { none, refusals, all };

/// A wish to see decide's record of messages; empty texts ask for nothing.
struct TraceWish {
    std::uint64_t id = 0;
    std::string edge, method, call_id, user, verdict, reason;
    std::uint32_t count = 1;  ///< messages, over all workers
};
/// A wish to see frames as they end.
struct CaptureWish {
    std::uint64_t id = 0;
    std::string edge;
    std::vector<core::Outcome> outcomes;
    bool generated = false;       ///< and frames made here
    std::uint32_t frames = 1000;  ///< over all workers
    std::uint32_t snap_length = 262144;
};

/// One record out of the ring.
struct Told {
    enum class Kind : std::uint8_t { event, trace, frame } kind = Kind::event;
    std::string_view text;                ///< event: a JSON line; trace: event JSON, line end, tree
    std::span<const std::uint8_t> bytes;  ///< frame: its bytes, cut to the snap length
    core::Time time = 0;
    std::uint32_t length = 0;  ///< frame: bytes on the wire; trace: messages still wished for
    core::Arrival arrival = core::Arrival::inside;
    core::Outcome outcome{};
    bool generated = false;
    std::uint64_t wish = 0;
};

/// Written by its worker, read by the link thread.
class WorkerWatch final : public core::EventSink, public core::FrameTap {
  public:
    /// `ring_bytes`: what the ring holds; beyond it records are lost and counted.
    explicit WorkerWatch(unsigned worker, std::size_t ring_bytes = std::size_t{1} << 20);
    ~WorkerWatch() override;

    // worker
    [[nodiscard]] bool wants(const policy::decide::Decision& decision, core::Time time) override;
    void message(const core::MessageRecord& record) override;
    void drop(const core::DropRecord& record) override;
    policy::decide::Record* recorder() override;
    [[nodiscard]] bool watches() noexcept override {
        return capture_.load(std::memory_order_relaxed) != nullptr;
    }
    void ended(const rte_mbuf* frame, std::string_view edge, core::Outcome outcome) noexcept override;
    void made(const rte_mbuf* frame, std::string_view edge) noexcept override;

    // link thread
    void set_events(Events events, std::uint32_t per_second) noexcept;
    /// Shares the wish among workers; null ends it. The old one is freed by the caller after the workers were
    /// quiescent.
    struct SharedTrace;
    struct SharedCapture;
    void set_trace(SharedTrace* trace) noexcept;
    void set_capture(SharedCapture* capture) noexcept;
    /// Shows what waits, oldest first, until `most` bytes were shown; how many records.
    template <class F>
    std::size_t drain(std::size_t most, F&& f) {
        std::size_t records = 0;
        for (std::size_t shown = 0; shown < most; ++records) {
            const auto bytes = ring_.front();
            if (bytes.data() == nullptr) break;
            f(read(bytes));
            shown += bytes.size();
            ring_.pop();
        }
        return records;
    }

    [[nodiscard]] unsigned worker() const noexcept { return worker_; }
    [[nodiscard]] std::uint64_t lost() const noexcept;        ///< records without room in the ring
    [[nodiscard]] std::uint64_t suppressed() const noexcept;  ///< events beyond the rate

  private:
    /// In front of a record's bytes in the ring.
    struct Lead;
    /// What the operator wished of the events: mode and rate in one word, so that a worker reads both at
    /// once.
    struct Rate {
        double tokens = 0;
        core::Time filled = 0;
    };
    [[nodiscard]] static Told read(std::span<const std::byte> record) noexcept;
    /// May an event of this time be written? Else it is counted as suppressed.
    [[nodiscard]] bool within_rate(core::Time time, std::uint32_t per_second) noexcept;
    /// Is an event line to be written of it? Takes it from the rate.
    [[nodiscard]] bool admits(const policy::decide::Decision& decision, core::Time time) noexcept;
    void write_line(core::Time time);
    [[nodiscard]] bool write(const Lead& lead, std::string_view bytes) noexcept;
    void trace(const core::MessageRecord& record, SharedTrace& wish);
    void capture(const rte_mbuf* frame, SharedCapture& wish, core::Outcome outcome, bool generated) noexcept;

    unsigned worker_;
    ByteRing ring_;
    std::atomic<std::uint64_t> events_;  ///< Events above the events per second
    std::atomic<SharedTrace*> trace_ = nullptr;
    std::atomic<SharedCapture*> capture_ = nullptr;
    core::Count lost_;
    core::Count suppressed_;
    // worker
    Rate rate_;
    std::string line_;                ///< reused
    policy::decide::Record record_;   ///< of the message at hand, while a trace is wished for
    SharedTrace* tracing_ = nullptr;  ///< the wish that record_ is for
    std::optional<bool> admitted_;    ///< what admits() said of the message that comes next
};

/// A wish and what is left of it, for all workers.
struct WorkerWatch::SharedTrace {
    explicit SharedTrace(TraceWish w) : wish(std::move(w)), left(wish.count) {}
    const TraceWish wish;
    std::atomic<std::uint32_t> left;
};
struct WorkerWatch::SharedCapture {
    explicit SharedCapture(CaptureWish w);
    const CaptureWish wish;
    std::uint64_t outcomes = 0;  ///< bit by outcome
    std::atomic<std::uint32_t> left;
};

}  // namespace kmsgate::watch

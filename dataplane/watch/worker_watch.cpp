// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/watch/worker_watch.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/watch/event_json.hpp"
#include "policy/explain/explain.hpp"

namespace kmsgate::watch {
namespace {

using policy::decide::Decision;
using policy::decide::Reason;
using policy::decide::Verdict;

constexpr std::uint32_t kPerSecond = 1000;
constexpr std::size_t kLine = std::size_t{16} << 10;  // most lines are shorter: the buffer rarely grows

[[nodiscard]] constexpr std::uint64_t pack(Events events, std::uint32_t per_second) noexcept {
    return static_cast<std::uint64_t>(events) << 32 | per_second;
}

[[nodiscard]] bool remarkable(const Decision& d) noexcept {
    return d.verdict != Verdict::forward || d.would.has_value() || d.reason == Reason::cause || d.alarm;
}

[[nodiscard]] bool fits(std::string_view wished, std::string_view is) noexcept {
    return wished.empty() || wished == is;
}

[[nodiscard]] bool fits(const TraceWish& wish, const core::MessageRecord& r) noexcept {
    const Decision& d = *r.decision;
    const bool verdict =
        fits(wish.verdict, to_string(d.verdict)) || (d.would && wish.verdict == to_string(*d.would));
    const bool user = wish.user.empty() || wish.user == r.users[0] || wish.user == r.users[1];
    return verdict && user && fits(wish.edge, r.edge) && fits(wish.method, r.message->method) &&
           fits(wish.call_id, r.message->call_id) && fits(wish.reason, reason_text(d));
}

/// Takes one of what is left; how many are left then, or none to take.
[[nodiscard]] std::optional<std::uint32_t> take(std::atomic<std::uint32_t>& left) noexcept {
    std::uint32_t n = left.load(std::memory_order_relaxed);
    while (n != 0)
        if (left.compare_exchange_weak(n, n - 1, std::memory_order_relaxed)) return n - 1;
    return std::nullopt;
}

}  // namespace

struct WorkerWatch::Lead {
    Told::Kind kind{};
    core::Arrival arrival{};
    core::Outcome outcome{};
    bool generated = false;
    std::uint32_t length = 0;
    core::Time time = 0;
    std::uint64_t wish = 0;
};

WorkerWatch::SharedCapture::SharedCapture(CaptureWish w) : wish(std::move(w)), left(wish.frames) {
    static_assert(core::kOutcomes <= 64);
    for (const core::Outcome o : wish.outcomes) outcomes |= std::uint64_t{1} << static_cast<unsigned>(o);
}

WorkerWatch::WorkerWatch(unsigned worker, std::size_t ring_bytes)
    : worker_(worker), ring_(ring_bytes), events_(pack(Events::refusals, kPerSecond)) {
    line_.reserve(kLine);
}

WorkerWatch::~WorkerWatch() = default;

bool WorkerWatch::admits(const Decision& decision, core::Time time) noexcept {
    const std::uint64_t events = events_.load(std::memory_order_relaxed);
    const auto mode = static_cast<Events>(events >> 32);
    if (mode == Events::none || (mode == Events::refusals && !remarkable(decision))) return false;
    return within_rate(time, static_cast<std::uint32_t>(events));
}

bool WorkerWatch::wants(const Decision& decision, core::Time time) {
    const bool admitted = admits(decision, time);
    const bool wanted = admitted || tracing_ != nullptr;
    if (wanted) admitted_ = admitted;
    return wanted;
}

void WorkerWatch::message(const core::MessageRecord& record) {
    if (SharedTrace* wish = std::exchange(tracing_, nullptr); wish != nullptr) trace(record, *wish);
    const std::optional<bool> asked = std::exchange(admitted_, std::nullopt);
    if (!(asked ? *asked : admits(*record.decision, record.time))) return;
    line_.clear();
    append_message(line_, record);
    write_line(record.time);
}

void WorkerWatch::drop(const core::DropRecord& record) {
    const std::uint64_t events = events_.load(std::memory_order_relaxed);
    if (static_cast<Events>(events >> 32) == Events::none) return;
    if (!within_rate(record.time, static_cast<std::uint32_t>(events))) return;
    line_.clear();
    append_drop(line_, record, true);  // a box has several edges, a replay has one
    write_line(record.time);
}

bool WorkerWatch::within_rate(core::Time time, std::uint32_t per_second) noexcept {
    const double full = per_second;
    if (rate_.filled == 0) {
        rate_.tokens = full;
        rate_.filled = time;
    } else if (time > rate_.filled) {
        const double seconds = static_cast<double>(time - rate_.filled) / static_cast<double>(core::kSecond);
        rate_.tokens = std::min(full, rate_.tokens + seconds * full);
        rate_.filled = time;
    }
    rate_.tokens = std::min(full, rate_.tokens);
    if (rate_.tokens < 1) {
        suppressed_.add();
        return false;
    }
    rate_.tokens -= 1;
    return true;
}

void WorkerWatch::write_line(core::Time time) {
    line_ += '\n';
    if (!write({.kind = Told::Kind::event, .time = time}, line_)) lost_.add();
}

bool WorkerWatch::write(const Lead& lead, std::string_view bytes) noexcept {
    const auto room = ring_.reserve(sizeof lead + bytes.size());
    if (room.empty()) return false;
    std::memcpy(room.data(), &lead, sizeof lead);
    std::memcpy(room.data() + sizeof lead, bytes.data(), bytes.size());
    ring_.commit();
    return true;
}

policy::decide::Record* WorkerWatch::recorder() {
    SharedTrace* wish = trace_.load(std::memory_order_acquire);
    tracing_ = wish != nullptr && wish->left.load(std::memory_order_relaxed) != 0 ? wish : nullptr;
    if (tracing_ == nullptr) return nullptr;
    record_ = {};
    return &record_;
}

void WorkerWatch::trace(const core::MessageRecord& record, SharedTrace& shared) {
    if (!fits(shared.wish, record)) return;
    const auto left = take(shared.left);
    if (!left) return;
    line_.clear();
    append_message(line_, record);
    line_ += '\n';
    line_ += policy::explain::tree(record_);
    Lead lead{.kind = Told::Kind::trace, .time = record.time};
    lead.length = *left;
    lead.wish = shared.wish.id;
    if (write(lead, line_)) return;
    lost_.add();
    shared.left.fetch_add(1, std::memory_order_relaxed);  // another one may come through
}

void WorkerWatch::ended(const rte_mbuf* frame, std::string_view edge, core::Outcome outcome) noexcept {
    SharedCapture* shared = capture_.load(std::memory_order_acquire);
    if (shared == nullptr || (shared->outcomes >> static_cast<unsigned>(outcome) & 1U) == 0) return;
    if (fits(shared->wish.edge, edge)) capture(frame, *shared, outcome, false);
}

void WorkerWatch::made(const rte_mbuf* frame, std::string_view edge) noexcept {
    SharedCapture* shared = capture_.load(std::memory_order_acquire);
    if (shared == nullptr || !shared->wish.generated) return;
    if (fits(shared->wish.edge, edge)) capture(frame, *shared, {}, true);
}

void WorkerWatch::capture(const rte_mbuf* frame, SharedCapture& shared, core::Outcome outcome,
                          bool generated) noexcept {
    if (!take(shared.left)) return;
    const auto& meta = *static_cast<const core::FrameMeta*>(rte_mbuf_to_priv(const_cast<rte_mbuf*>(frame)));
    const std::size_t size = std::min<std::size_t>(frame->pkt_len, shared.wish.snap_length);
    const Lead lead{Told::Kind::frame, meta.arrival, outcome,       generated,
                    frame->pkt_len,    meta.time,    shared.wish.id};
    const auto room = ring_.reserve(sizeof lead + size);
    if (room.empty()) {
        lost_.add();
        shared.left.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    std::memcpy(room.data(), &lead, sizeof lead);
    std::size_t at = sizeof lead;
    for (const rte_mbuf* part = frame; part != nullptr && at < room.size(); part = part->next) {
        const std::size_t n = std::min<std::size_t>(part->data_len, room.size() - at);
        std::memcpy(room.data() + at, rte_pktmbuf_mtod(part, const std::uint8_t*), n);
        at += n;
    }
    ring_.commit();
}

void WorkerWatch::set_events(Events events, std::uint32_t per_second) noexcept {
    events_.store(pack(events, per_second), std::memory_order_relaxed);
}
void WorkerWatch::set_trace(SharedTrace* trace) noexcept {
    trace_.store(trace, std::memory_order_release);
}
void WorkerWatch::set_capture(SharedCapture* capture) noexcept {
    capture_.store(capture, std::memory_order_release);
}
std::uint64_t WorkerWatch::lost() const noexcept {
    return lost_.get();
}
std::uint64_t WorkerWatch::suppressed() const noexcept {
    return suppressed_.get();
}

Told WorkerWatch::read(std::span<const std::byte> record) noexcept {
    Lead lead;
    std::memcpy(&lead, record.data(), sizeof lead);
    const auto rest = record.subspan(sizeof lead);
    Told told;
    told.kind = lead.kind;
    told.time = lead.time;
    told.length = lead.length;
    told.arrival = lead.arrival;
    told.outcome = lead.outcome;
    told.generated = lead.generated;
    told.wish = lead.wish;
    if (lead.kind == Told::Kind::frame)
        told.bytes = {reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()};
    else
        told.text = {reinterpret_cast<const char*>(rest.data()), rest.size()};
    return told;
}

}  // namespace kmsgate::watch

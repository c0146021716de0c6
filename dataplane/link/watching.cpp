// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/watching.hpp"

#include <fmt/format.h>

#include <iterator>

#include "dataplane/link/pcapng.hpp"
#include "dataplane/watch/event_json.hpp"

namespace kmsgate::link {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDrain = std::size_t{512} << 10;  // of one ring at once
constexpr std::size_t kEventRoom = std::size_t{1}
                                   << 20;  // queued for control: more events wait in the backlog
constexpr std::size_t kWishRoom = std::size_t{32} << 20;     // .. traces and captured frames are lost
constexpr std::size_t kCaptureFrame = std::size_t{1} << 20;  // attachment of captured frames, about

}  // namespace

Watching::Watching(std::span<watch::WorkerWatch* const> watches, publish::Publisher& publisher)
    : watches_(watches), publisher_(publisher) {}

Watching::~Watching() {
    abandon();
}

void Watching::events(watch::Events mode, std::uint32_t per_second) noexcept {
    for (watch::WorkerWatch* w : watches_) w->set_events(mode, per_second);
}

std::uint64_t Watching::trace(watch::TraceWish wish, std::chrono::seconds life, Peer& control) {
    end_trace(&control, "replaced");
    wish.id = next_++;
    trace_ =
        Trace{std::make_unique<watch::WorkerWatch::SharedTrace>(std::move(wish)), Steady::now() + life, 0};
    for (watch::WorkerWatch* w : watches_) w->set_trace(trace_->shared.get());
    return trace_->shared->wish.id;
}

std::uint64_t Watching::capture(watch::CaptureWish wish, std::chrono::seconds life, Peer& control) {
    end_capture(&control, "replaced");
    wish.id = next_++;
    capture_bytes_ = pcapng_head("kmsgate-dataplane", wish.edge, wish.snap_length);
    capture_ = Capture{std::make_unique<watch::WorkerWatch::SharedCapture>(std::move(wish)),
                       Steady::now() + life, 0};
    for (watch::WorkerWatch* w : watches_) w->set_capture(capture_->shared.get());
    return capture_->shared->wish.id;
}

bool Watching::stop_trace(Peer& control) {
    if (!trace_) return false;
    end_trace(&control, "stopped");
    return true;
}
bool Watching::stop_capture(Peer& control) {
    if (!capture_) return false;
    end_capture(&control, "stopped");
    return true;
}
void Watching::abandon() {
    end_trace(nullptr, {});
    end_capture(nullptr, {});
}

void Watching::end_trace(Peer* control, std::string_view why) {
    if (!trace_) return;
    for (watch::WorkerWatch* w : watches_) w->set_trace(nullptr);
    publisher_.settle();  // a worker may be at a message that it was asked to trace
    empty_rings(control);
    if (control != nullptr)
        control->send(fmt::format(R"({{"op":"trace","trace":{},"end":"{}"}})", trace_->shared->wish.id, why));
    trace_.reset();
}

void Watching::end_capture(Peer* control, std::string_view why) {
    if (!capture_) return;
    for (watch::WorkerWatch* w : watches_) w->set_capture(nullptr);
    publisher_.settle();
    empty_rings(control);
    if (control != nullptr) {
        send_capture(*control);
        control->send(fmt::format(R"({{"op":"capture","capture":{},"last":true,"end":"{}","frames":{}}})",
                                  capture_->shared->wish.id, why, capture_->told));
    }
    capture_.reset();
    capture_bytes_.clear();
}

/// All that the rings hold now. Their writers may add to them meanwhile: what they hold at most is shown.
void Watching::empty_rings(Peer* control) {
    constexpr std::size_t kRing = std::size_t{2} << 20;
    for (watch::WorkerWatch* w : watches_)
        w->drain(kRing, [&](const watch::Told& told) { take(told, control); });
}

bool Watching::drain(Peer* control) {
    bool more = false;
    for (watch::WorkerWatch* w : watches_) {
        std::size_t shown = 0;
        w->drain(kDrain, [&](const watch::Told& told) {
            shown += told.text.size() + told.bytes.size();
            take(told, control);
        });
        more = more || shown >= kDrain;
    }
    if (control == nullptr) return more;
    if (trace_ && trace_->told >= trace_->shared->wish.count) end_trace(control, "count");
    if (capture_) send_capture(*control);
    if (capture_ && capture_->told >= capture_->shared->wish.frames) end_capture(control, "count");
    send_events(*control);
    return more;
}

void Watching::take(const watch::Told& told, Peer* control) {
    switch (told.kind) {
        case watch::Told::Kind::event:
            backlog_.add(told.text);
            break;
        case watch::Told::Kind::trace:
            if (control == nullptr || !trace_ || trace_->shared->wish.id != told.wish) break;
            ++trace_->told;
            send_trace(told, *control);
            break;
        case watch::Told::Kind::frame:
            if (control == nullptr || !capture_ || capture_->shared->wish.id != told.wish) break;
            ++capture_->told;
            if (control->queued() + capture_bytes_.size() > kWishRoom) {
                ++lost_;
                break;
            }
            append_pcapng(
                capture_bytes_,
                {static_cast<std::uint32_t>(told.arrival), told.time, told.length, told.generated, told.bytes,
                 told.generated ? std::string_view("generated") : to_string(told.outcome)});
            if (capture_bytes_.size() >= kCaptureFrame) send_capture(*control);
            break;
    }
}

void Watching::send_trace(const watch::Told& told, Peer& control) {
    const std::size_t line = told.text.find('\n');
    std::string json = fmt::format(R"({{"op":"trace","trace":{},"event":{},"left":{},"tree":)", told.wish,
                                   told.text.substr(0, line), told.length);
    watch::append_json(json, told.text.substr(line + 1));
    json += '}';
    if (json.size() > kMaxJson || control.queued() > kWishRoom)
        ++lost_;
    else
        control.send(json);
}

void Watching::send_capture(Peer& control) {
    if (capture_bytes_.empty()) return;
    control.send(fmt::format(R"({{"op":"capture","capture":{},"last":false}})", capture_->shared->wish.id),
                 std::exchange(capture_bytes_, {}));
}

void Watching::send_events(Peer& control) {
    while (!backlog_.empty() && control.queued() < kEventRoom)
        control.send(R"({"op":"events"})", backlog_.take());
}

void Watching::announce(std::string_view event, std::uint64_t count, core::Time now) {
    std::string line = fmt::format(R"({{"event":"{}","time":)", event);
    watch::append_time(line, now);
    fmt::format_to(std::back_inserter(line), ",\"count\":{}}}\n", count);
    backlog_.add(line);
}

void Watching::welcome(Peer& control, core::Time now) {
    const std::uint64_t all = lost();
    if (all == told_lost_) return;
    std::string line = R"({"event":"lost","time":)";
    watch::append_time(line, now);
    fmt::format_to(std::back_inserter(line), ",\"count\":{}}}\n", all - told_lost_);
    told_lost_ = all;
    control.send(R"({"op":"events"})", std::move(line));
}

void Watching::tick(Peer* control, core::Time now) {
    const auto steady = Steady::now();
    if (trace_ && steady >= trace_->deadline) end_trace(control, "time");
    if (capture_ && steady >= capture_->deadline) end_capture(control, "time");
    if (steady - announced_ < 1s || control == nullptr) return;
    announced_ = steady;
    if (const std::uint64_t all = suppressed(); all != told_suppressed_) {
        announce("suppressed", all - told_suppressed_, now);
        told_suppressed_ = all;
    }
    if (const std::uint64_t all = lost(); all != told_lost_) {
        announce("lost", all - told_lost_, now);
        told_lost_ = all;
    }
}

std::uint64_t Watching::lost() const noexcept {
    std::uint64_t sum = lost_ + backlog_.lost();
    for (const watch::WorkerWatch* w : watches_) sum += w->lost();
    return sum;
}

std::uint64_t Watching::suppressed() const noexcept {
    std::uint64_t sum = 0;
    for (const watch::WorkerWatch* w : watches_) sum += w->suppressed();
    return sum;
}

}  // namespace kmsgate::link

// SPDX-License-Identifier: BSD-3-Clause
// Live load: one loop that sends what is due, takes what arrives, and says once a second how it goes.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // NOLINT: sigaction

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "tools/traffic/acknowledge.hpp"
#include "tools/traffic/generator.hpp"
#include "tools/traffic/interface.hpp"
#include "tools/traffic/make.hpp"
#include "tools/traffic/match.hpp"
#include "tools/traffic/outcome_text.hpp"
#include "tools/traffic/pacer.hpp"

namespace kmsgate::traffic {

namespace {

volatile sig_atomic_t interrupted = 0;

Time now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<Time>(t.tv_sec) * kSecond + static_cast<Time>(t.tv_nsec);
}

void catch_signals() {
    struct sigaction action{};
    action.sa_handler = [](int) { interrupted = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

class Run {
  public:
    Run(const Options& options, Generator& generator, std::array<Interface, 2>& ports)
        : options_(options),
          generator_(generator),
          ports_(ports),
          matcher_(static_cast<Time>(options.timeout * 1e9), true),
          pacer_(options.rate, options.burst) {
        matcher_.on_answer([this](const Head& head, const Packet& packet,
                                  std::span<const std::uint8_t> frame) { answer(head, packet, frame); });
    }

    const Outcome& run() {
        begun_ = reported_ = now();
        std::optional<Emitted> next = generator_.next();
        while (next && interrupted == 0) {
            const Time at = now();
            if (pacer_.due(next->time) <= at) {
                send(next->outside, at, next->bytes, std::move(next->note));
                pacer_.left(next->time, at);
                next = generator_.next();
                if (++since_receive_ < kSendsAtOnce) continue;
            }
            since_receive_ = 0;
            const bool idle = receive() == 0;
            if (idle && next) wait(pacer_.due(next->time));
            housekeeping(at);
        }
        // what is under way arrives or never will
        constexpr Time kQuiet = 300 * kMillisecond;
        const Time end = now() + static_cast<Time>(options_.timeout * 1e9);
        Time heard = now();
        for (Time at = heard; at < end && matcher_.waiting() != 0; at = now()) {
            if (receive() != 0)
                heard = at;
            else if (at > heard + kQuiet && matcher_.settled())
                break;
            else
                wait(end);
            housekeeping(at);
        }
        for (Interface& port : ports_) overrun_ += port.overrun();
        return matcher_.finish();
    }
    [[nodiscard]] std::uint64_t overrun() const noexcept { return overrun_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
    [[nodiscard]] Time late() const noexcept { return pacer_.shift(); }
    [[nodiscard]] double seconds() const noexcept { return static_cast<double>(last_ - begun_) / 1e9; }

  private:
    static constexpr unsigned kSendsAtOnce = 16;
    static constexpr std::size_t kReceivesAtOnce = 256;

    void send(bool outside, Time at, std::span<const std::uint8_t> frame, NoteRef note) {
        last_ = at;
        if (ports_[outside ? 1 : 0].send(frame))
            matcher_.sent(at, outside, frame, std::move(note));
        else
            ++refused_;
    }
    std::size_t receive() {
        std::size_t count = 0;
        for (const bool outside : {false, true})
            count += ports_[outside ? 1 : 0].receive(kReceivesAtOnce,
                                                     [&](Time time, std::span<const std::uint8_t> frame) {
                                                         from_outside_ = outside;
                                                         matcher_.received(time, outside, frame);
                                                     });
        return count;
    }
    /// The caller acknowledges a refusal of the box as it would its callee's.
    void answer(const Head& head, const Packet& packet, std::span<const std::uint8_t> frame) {
        if (head.cseq_method != "INVITE" || head.status < 300) return;
        const auto ack = acknowledge(head, packet, frame);
        if (!ack) return;
        auto note = std::make_shared<Note>();
        note->kind = "answer";
        note->label = note->method = "ACK";
        note->call_id = head.call_id;
        note->cseq = head.cseq;
        note->outcome = "absorb";
        for (const Frame& f : *ack) send(from_outside_, now(), f, note);
    }
    void wait(Time until) {
        constexpr Time kMost = kMillisecond, kSpin = 60'000;
        const Time at = now();
        if (until < at + kSpin) return;
        std::array<pollfd, 2> sockets = {
            {{ports_[0].descriptor(), POLLIN, 0}, {ports_[1].descriptor(), POLLIN, 0}}};
        const timespec most{0, static_cast<long>(std::min(until - at - kSpin / 2, kMost))};
        ::ppoll(sockets.data(), sockets.size(), &most, nullptr);
    }
    void housekeeping(Time at) {
        matcher_.expire(at);
        if (options_.quiet || at < reported_ + kSecond) return;
        reported_ = at;
        const Outcome& o = matcher_.outcome();
        fmt::print(stderr, "{:6.1f} s  {} frames out, {} in, {} under way, {} lost, {} not as expected\n",
                   static_cast<double>(at - begun_) / 1e9, o.frames_sent, o.frames_received,
                   matcher_.waiting(), o.lost, o.mismatches);
    }

    const Options& options_;
    Generator& generator_;
    std::array<Interface, 2>& ports_;
    Matcher matcher_;
    Pacer pacer_;
    Time begun_ = 0, last_ = 0, reported_ = 0;
    unsigned since_receive_ = 0;
    bool from_outside_ = false;
    std::uint64_t overrun_ = 0, refused_ = 0;
};

bool met(const Options& o, const Outcome& outcome) {
    if (o.max_loss && loss(outcome) > *o.max_loss) return false;
    if (!o.expect) return true;
    return outcome.mismatches == 0 && (o.max_loss || outcome.lost == 0);
}

}  // namespace

int live(const Options& o) {
    const auto load = load_of(o);
    if (!load) return load.error();
    auto inside = Interface::open(o.inside_interface);
    if (!inside) return fail(kNotReached, inside.error());
    auto outside = Interface::open(o.outside_interface);
    if (!outside) return fail(kNotReached, outside.error());
    std::array<Interface, 2> ports = {std::move(*inside), std::move(*outside)};
    const std::size_t mtu = std::min(ports[0].mtu(), ports[1].mtu());
    if (mtu < load->profile.mtu)
        return fail(kUsage,
                    fmt::format("the profile makes packets of {} bytes, an interface takes {}; give --mtu {}",
                                load->profile.mtu, mtu, mtu));
    Plan plan;
    plan.seed = o.seed;
    plan.start = now() + 100 * kMillisecond;
    plan.rate = o.rate;
    // both ends are played from the plan: far enough apart that no box turns their order round
    plan.one_way = 40 * kMillisecond;
    plan.count = o.count;
    if (o.duration) plan.duration = static_cast<Time>(*o.duration * 1e9);
    Generator generator(load->profile, load->guide.get(), plan);
    if (const auto code = write_tags(o, generator.population())) return *code;
    catch_signals();
    Run run(o, generator, ports);
    const Outcome& outcome = run.run();
    const double rate = run.seconds() > 0 ? static_cast<double>(outcome.frames_sent) / run.seconds() : 0;
    if (o.json) {
        auto json = to_json(outcome, true);
        json["seconds"] = run.seconds();
        json["rate"] = rate;
        json["late_ns"] = run.late();
        json["not_taken"] = run.refused();
        json["overrun"] = run.overrun();
        json["interrupted"] = interrupted != 0;
        fmt::print("{}\n", json.dump());
    } else {
        fmt::print("{}rate       {:.0f} frames/s over {:.3f} s, {:.3f} s behind the plan\n",
                   to_text(outcome, true), rate, run.seconds(), static_cast<double>(run.late()) / 1e9);
        if (run.refused() != 0)
            fmt::print("           {} frames were not taken by an interface\n", run.refused());
        if (run.overrun() != 0)
            fmt::print("           {} frames arrived faster than they were read here: no loss of the box\n",
                       run.overrun());
    }
    return met(o, outcome) ? kDone : kNotMet;
}

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
#include "control/events/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/events/target.hpp"

namespace kmsgate::control::events {
namespace {

using Steady = std::chrono::steady_clock::time_point;

double system_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Token bucket: `rate` lines a second, twice as many at once.
class Bucket {
  public:
    Bucket(unsigned rate, Steady now) : rate_(rate), tokens_(2.0 * rate), last_(now) {}
    bool take(Steady now) {
        if (rate_ == 0) return true;
        const double passed = std::chrono::duration<double>(now - last_).count();
        last_ = now;
        tokens_ = std::min(2.0 * rate_, tokens_ + std::max(passed, 0.0) * rate_);
        if (tokens_ < 1) return false;
        tokens_ -= 1;
        return true;
    }

  private:
    unsigned rate_;
    double tokens_;
    Steady last_;
};

}  // namespace

struct Sink::Inside {
    Inside(std::unique_ptr<Target> t, const Settings& settings, Clock c)
        : target(std::move(t)), clock(std::move(c)), bucket(settings.per_second, clock.steady()) {}

    std::unique_ptr<Target> target;
    Clock clock;
    Bucket bucket;
    Counts counts;
    std::string waiting;   ///< lines not yet taken; the first one may have lost its head to the target
    std::size_t done = 0;  ///< bytes of `waiting` that were taken
    std::uint64_t suppressed = 0;  ///< since the last line that told
    double since = 0;

    bool add(std::string_view line) {
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
        if (line.size() >= kMaxLine || waiting.size() - done + line.size() >= kMaxWaiting) {
            ++counts.lost;
            return false;
        }
        const std::size_t at = waiting.size();
        waiting += line;
        std::replace_if(
            waiting.begin() + static_cast<std::ptrdiff_t>(at), waiting.end(),
            [](char c) { return c == '\n' || c == '\r'; }, ' ');
        waiting += '\n';
        return true;
    }
    /// Where the line starts whose bytes are taken next.
    [[nodiscard]] std::size_t line_start() const noexcept {
        const std::size_t before = done == 0 ? std::string::npos : waiting.rfind('\n', done - 1);
        return before == std::string::npos ? 0 : before + 1;
    }

    void flush() {
        while (done < waiting.size()) {
            const auto took = target->write(std::string_view(waiting).substr(done));
            if (took.failed) ++counts.errors;
            if (took.bytes == 0) break;
            const auto from = waiting.begin() + static_cast<std::ptrdiff_t>(done);
            counts.written += static_cast<std::uint64_t>(
                std::count(from, from + static_cast<std::ptrdiff_t>(took.bytes), '\n'));
            done += took.bytes;
        }
        if (done == waiting.size()) {
            waiting.clear();
            done = 0;
        } else if (done > kMaxWaiting / 2) {
            const std::size_t start = line_start();
            waiting.erase(0, start);
            done -= start;
        }
    }

    void reopen() {
        if (target->reopen()) {
            ++counts.reopened;
            done = line_start();  // a line whose head went to the old file is written whole to the new one
        } else {
            ++counts.errors;
        }
    }
};

Sink::Sink() = default;
Sink::~Sink() {
    if (inside_) inside_->flush();
}

std::expected<std::unique_ptr<Sink>, std::string> Sink::open(Settings settings, Clock clock) {
    auto target = open_target(settings.file, settings.identity);
    if (!target) return std::unexpected(std::move(target.error()));
    if (!clock.wall) clock.wall = system_seconds;
    std::unique_ptr<Sink> sink(new Sink);
    sink->inside_ = std::make_unique<Inside>(std::move(*target), settings, std::move(clock));
    return sink;
}

void Sink::write(std::string_view line) {
    Inside& in = *inside_;
    if (!in.bucket.take(in.clock.steady())) {
        ++in.counts.suppressed;
        if (in.suppressed++ == 0) in.since = in.clock.wall();
        return;
    }
    in.add(line);
    in.flush();
}

void Sink::tick() {
    Inside& in = *inside_;
    if (in.target->stale()) in.reopen();
    if (in.suppressed > 0) {
        const bool told = in.add(
            fmt::format(R"({{"event":"suppressed","count":{},"since":{:.9f}}})", in.suppressed, in.since));
        if (told) in.suppressed = 0;
    }
    in.flush();
}

void Sink::reopen() {
    inside_->reopen();
    inside_->flush();
}

const Counts& Sink::counts() const noexcept {
    return inside_->counts;
}

}  // namespace kmsgate::control::events

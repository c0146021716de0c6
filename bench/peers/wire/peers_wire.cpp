// SPDX-License-Identifier: BSD-3-Clause
// Sender and receiver of the socket group: both in one process, one clock, one thread, a socket in each
// namespace.
#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/peers/common/messages.hpp"
#include "bench/peers/wire/options.hpp"
#include "bench/peers/wire/trial.hpp"

namespace {

using namespace kmsgate::peers;

constexpr double kStep = 1.5;        // how a search climbs
constexpr double kPrecision = 1.05;  // .. and how near the two ends come together
constexpr int kConfirmations = 8;
constexpr double kHopeless = 0.1;  // no second look at a rate that loses more

double percentile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return 0;
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

std::string json(const Result& r) {
    const double rate = r.seconds > 0 ? static_cast<double>(r.arrived) / r.seconds : 0;
    const double cpu_us = r.arrived == 0 ? 0 : 1e6 * r.cpu / static_cast<double>(r.arrived);
    std::string out = fmt::format(
        R"({{"asked": {:.0f}, "offered": {:.0f}, "sent": {}, "arrived": {}, "other": {}, "loss": {:.6f}, )"
        R"("rate": {:.0f}, "seconds": {:.4f}, "cpu_us": {:.3f}, "good": {})",
        r.asked, r.offered, r.sent, r.arrived, r.other, r.loss(), rate, r.seconds, cpu_us, r.good());
    if (!r.microseconds.empty()) {
        constexpr std::string_view kForm =
            R"(, "us": {{"p50": {:.1f}, "p90": {:.1f}, "p99": {:.1f}, "max": {:.1f}}})";
        out += fmt::format(kForm, percentile(r.microseconds, 0.5), percentile(r.microseconds, 0.9),
                           percentile(r.microseconds, 0.99), r.microseconds.back());
    }
    return out + "}";
}

/// Climbs until messages are lost, closes in, and confirms with a trial twice as long: the highest rate
/// confirmed.
class Search {
  public:
    Search(Bed& bed, const Options& options) : bed_(bed), options_(options) {}

    std::expected<std::string, std::string> run() {
        double good = 0, bad = options_.rate;
        for (; bad < options_.most && passes(bad); bad *= kStep) good = bad;
        if (good == 0)
            for (good = bad / kStep; good > options_.rate / 16 && !passes(good); good /= kStep) bad = good;
        while (bad / good > kPrecision && fault_.empty()) {
            const double middle = (bad + good) / 2;
            (passes(middle) ? good : bad) = middle;
        }
        for (int i = 0; i < kConfirmations && !trial(good, 2 * options_.seconds).good(); ++i) good *= 0.95;
        if (!fault_.empty()) return std::unexpected(fault_);
        std::string out =
            fmt::format(R"({{"best": {}, "ends": "{}", "trials": [)", json(trials_.back()), ends_);
        for (std::size_t i = 0; i < trials_.size(); ++i) out += (i == 0 ? "" : ", ") + json(trials_[i]);
        return out + "]}";
    }

  private:
    const Result& trial(double rate, double seconds) {
        auto made = bed_.run(rate, seconds, false);
        if (!made) fault_ = made.error();
        return trials_.emplace_back(made ? std::move(*made) : Result{});
    }
    /// A shared machine looks away now and then: a rate gets a second chance, unless it is hopeless.
    bool passes(double rate) {
        const Result& first = trial(rate, options_.seconds);
        const Result& last = first.good() || first.loss() > kHopeless ? first : trial(rate, options_.seconds);
        if (!last.good()) ends_ = last.kept_up() ? "loss" : "sender";
        return last.good();
    }

    Bed& bed_;
    const Options& options_;
    std::deque<Result> trials_;  // they stay where they are
    std::string fault_;
    std::string_view ends_ = "most";  ///< what the rate just above the found one suffers from
};

std::string once(Bed& bed, std::size_t count, bool as_is) {
    std::string out = "[";
    for (std::size_t i = 0; i < count; ++i) {
        const char* word = "none";
        switch (bed.once(i, as_is)) {
            case Exit::far:
                word = "far";
                break;
            case Exit::refused:
                word = "refused";
                break;
            case Exit::other:
                word = "other";
                break;
            case Exit::none:
                break;
        }
        out += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", word);
    }
    return out + "]";
}

int failed(const std::string& what) {
    std::fputs(fmt::format("peers_wire: {}\n", what).c_str(), stderr);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = read_options(argc, argv);
    if (!options) {
        std::fputs(fmt::format("peers_wire: {}\n{}", options.error(), usage()).c_str(), stderr);
        return 2;
    }
    auto messages = read_messages(options->messages);
    if (!messages) return failed(messages.error());
    const std::size_t count = messages->size();
    auto bed = Bed::open(*options, std::move(*messages));
    if (!bed) return failed(bed.error());
    std::expected<std::string, std::string> said;
    switch (options->job) {
        case Job::once:
        case Job::as_is:
            said = once(*bed, count, options->job == Job::as_is);
            break;
        case Job::rate:
            if (const auto result = bed->run(options->rate, options->seconds, true))
                said = json(*result);
            else
                said = std::unexpected(result.error());
            break;
        case Job::search:
            said = Search(*bed, *options).run();
    }
    if (!said) return failed(said.error());
    std::puts(said->c_str());
    return 0;
}

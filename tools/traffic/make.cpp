// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/make.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/replay/capture.hpp"
#include "tools/replay/tag_key.hpp"
#include "tools/traffic/expectation.hpp"
#include "tools/traffic/file.hpp"
#include "tools/traffic/generator.hpp"
#include "tools/traffic/tally.hpp"

namespace kmsgate::traffic {

namespace {

/// 2026-11-21 12:00:00 UTC.
constexpr Time kStart = 1'795'262'400;

/// The captures of one run: one for both ports, or one each.
class Captures {
  public:
    /// What cannot be written, else empty.
    std::string open(const Options& o) {
        const std::array<const std::string*, 2> paths = {o.out.empty() ? &o.inside : &o.out, &o.outside};
        for (std::size_t i = 0; i < 2; ++i) {
            if (paths[i]->empty()) continue;
            auto writer = replay::Writer::create(*paths[i]);
            if (!writer) return writer.error();
            writers_[i] = std::move(*writer);
        }
        one_ = !o.out.empty();
        return {};
    }
    /// The frame's number in its capture, from 1; counted also where none is written.
    std::uint64_t write(const Emitted& frame) {
        const std::size_t port = frame.outside && !one_ ? 1 : 0;
        if (auto& writer = writers_[port]) writer->write(frame.time, frame.bytes);
        return ++numbers_[port];
    }
    [[nodiscard]] bool finish() {
        bool good = true;
        for (auto& w : writers_) good = (!w || w->finish()) && good;
        return good;
    }

  private:
    std::array<std::optional<replay::Writer>, 2> writers_;
    std::array<std::uint64_t, 2> numbers_{};
    bool one_ = false;
};

}  // namespace

int fail(int code, const std::vector<std::string>& lines) {
    std::fflush(stdout);
    for (const std::string& line : lines) fmt::print(stderr, "kmsgate-traffic: {}\n", line);
    return code;
}
int fail(int code, const std::string& line) {
    return fail(code, std::vector{line});
}

std::expected<Load, int> load_of(const Options& o) {
    Load out;
    auto profile = profile_of(o);
    if (!profile) return std::unexpected(fail(kUsage, profile.error()));
    out.profile = *std::move(profile);
    if (o.policy.empty()) return out;
    const auto yaml = read_file(o.policy);
    if (!yaml) return std::unexpected(fail(kUsage, o.policy + ": cannot be read"));
    auto guide = Guide::open(*yaml, o.policy, o.edge);
    if (!guide) return std::unexpected(fail(kUsage, guide.error()));
    out.guide = *std::move(guide);
    return out;
}

std::optional<int> write_tags(const Options& o, const Population& population) {
    if (o.tags.empty()) return std::nullopt;
    std::ofstream file(o.tags);
    if (!file) return fail(kNotReached, o.tags + ": cannot be written");
    file << "domain,user,tags\n";
    population.each_tagged([&](std::string_view domain, const User& user, std::string_view tags) {
        file << domain << ',' << user.uri << ',' << tags << '\n';
    });
    if (!file.flush()) return fail(kNotReached, o.tags + ": cannot be written whole");
    return std::nullopt;
}

int make(const Options& o) {
    const auto load = load_of(o);
    if (!load) return load.error();
    Plan plan;
    plan.seed = o.seed;
    plan.start = o.start.value_or(kStart) * kSecond;
    plan.rate = o.rate;
    plan.count = o.count;
    if (o.duration) plan.duration = static_cast<Time>(*o.duration * 1e9);
    // kmsgate-replay answers with a key that is known: its refusals are acknowledged
    if (load->guide != nullptr) plan.tag_key = replay::kTagKey;
    Generator generator(load->profile, load->guide.get(), plan);
    if (const auto code = write_tags(o, generator.population())) return *code;
    Captures captures;
    if (const std::string fault = captures.open(o); !fault.empty()) return fail(kNotReached, fault);
    std::ofstream expected;
    const bool tells = !o.expected.empty();
    if (tells) {
        expected.open(o.expected);
        if (!expected) return fail(kNotReached, o.expected + ": cannot be written");
    }
    Tally tally;
    const auto tell = [&](const Note& note, bool outside) {
        expected << to_json(note, outside).dump() << '\n';
    };
    while (const auto frame = generator.next()) {
        const std::uint64_t number = captures.write(*frame);
        Note& note = *frame->note;
        const bool whole = --note.left == 0;
        tally.add(*frame, whole);
        if (!frame->copy) note.frames.push_back(number);
        if (tells && whole && note.message) tell(note, frame->outside);
        for (const NoteRef& part : note.parts) {
            part->frames.push_back(number);
            if (--part->left != 0) continue;
            tally.add(*part);
            if (tells) tell(*part, frame->outside);
        }
    }
    if (!captures.finish()) return fail(kNotReached, "a capture could not be written whole");
    if (tells && !expected.flush()) return fail(kNotReached, o.expected + ": could not be written whole");
    const bool policy = load->guide != nullptr;
    if (o.json)
        fmt::print("{}\n", to_json(tally, policy).dump());
    else
        fmt::print("{}", to_text(tally, policy));
    return kDone;
}

}  // namespace kmsgate::traffic

// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-lab: the KMS Discovery use cases, run and drawn.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tools/lab/draw.hpp"
#include "tools/lab/live_process.hpp"
#include "tools/lab/live_run.hpp"
#include "tools/lab/options.hpp"
#include "tools/lab/run.hpp"

namespace kmsgate::lab {

namespace {

constexpr int kDone = 0, kFailed = 1, kUsage = 2, kFile = 3;
constexpr std::string_view kShipped = KMSGATE_SCENARIOS;

template <class... Args>
int fail(int code, fmt::format_string<Args...> format, Args&&... args) {
    std::fflush(stdout);
    fmt::print(stderr, "kmsgate-lab: {}\n", fmt::format(format, std::forward<Args>(args)...));
    return code;
}

std::string stem_of(const Scenario& s) {
    std::string out = s.name;
    std::ranges::transform(out, out.begin(), [](char c) {
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
        return plain ? c : '-';
    });
    return out;
}

bool write_file(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    return static_cast<bool>(out.flush());
}

std::vector<Variant> variants_of(const Scenario& s, const Options& o) {
    std::vector<Variant> out;
    const bool all = o.variant == "all", bare = s.path.empty();
    for (const bool tcp : {false, true}) {
        if (o.transport != "both" && o.transport != (tcp ? "tcp" : "udp")) continue;
        if (all || o.variant == "clear") out.push_back({false, false, tcp});
        if (all || o.variant == "hashed") out.push_back({true, false, tcp});
        if (bare && (all || o.variant == "ruleless")) out.push_back({false, true, tcp});
        if (bare && all) out.push_back({true, true, tcp});
    }
    return out;
}

/// Every KRR that went over a wire, once, as files: SCENARIO-VARIANT-NN.xml.
bool write_krrs(const Scenario& s, const Result& r, const std::string& folder) {
    unsigned number = 0;
    for (const Step& step : r.steps) {
        if (step.krr.empty() || !(step.created || step.rewritten)) continue;
        std::string variant = r.variant.name();
        std::ranges::replace(variant, ' ', '-');
        if (!write_file(fmt::format("{}/{}-{}-{:02}.xml", folder, stem_of(s), variant, ++number), step.krr))
            return false;
    }
    return true;
}

class Program {
  public:
    explicit Program(Options options) : o_(std::move(options)) {}

    int go() {
        const auto files =
            find_scenarios(o_.scenarios, o_.folder.empty() ? std::string(kShipped) : o_.folder);
        if (!files) return fail(missing_file() ? kFile : kUsage, "{}", files.error());
        if (const int code = read(*files); code != kDone) return code;
        switch (o_.command) {
            case Options::Command::list:
                for (const Scenario& s : scenarios_) fmt::print("{:<18} {}\n", s.name, s.title);
                return kDone;
            case Options::Command::check:
            case Options::Command::run:
                return run_all();
        }
        return kDone;
    }

  private:
    /// Was a path asked for that is not there, rather than a name that nobody knows?
    [[nodiscard]] bool missing_file() const {
        return std::ranges::any_of(o_.scenarios, [](const std::string& s) {
            std::error_code ignored;
            return s.find('/') != std::string::npos && !std::filesystem::exists(s, ignored);
        });
    }

    int read(const std::vector<std::string>& files) {
        int code = kDone;
        for (const std::string& file : files) {
            std::ifstream in(file, std::ios::binary);
            if (!in || std::filesystem::is_directory(file)) return fail(kFile, "{}: cannot be read", file);
            auto scenario = read_scenario(std::string(std::istreambuf_iterator<char>(in), {}), file);
            if (scenario) {
                scenarios_.push_back(std::move(*scenario));
                continue;
            }
            for (const std::string& fault : scenario.error()) fmt::print(stderr, "{}\n", fault);
            code = fail(kUsage, "{} has faults; nothing was run", file);
        }
        return code;
    }

    int run_all() {
        for (const std::string* folder : {&o_.output, &o_.captures, &o_.krrs}) {
            std::error_code error;
            if (!folder->empty() && !std::filesystem::create_directories(*folder, error) && error)
                return fail(kFile, "{}: cannot be made: {}", *folder, error.message());
        }
        if (const auto why = o_.live ? cannot_run_live() : std::nullopt) return fail(kUsage, "{}", *why);
        if (o_.live) catch_signals();
        auto lab = Laboratory::open();
        if (!lab) return fail(kFile, "{}", lab.error());
        for (const Scenario& s : scenarios_)
            if (const int code = run_scenario(s, *lab); code != kDone) return code;
        if (o_.command == Options::Command::check) {
            fmt::print("{} of {} can be run\n", scenarios_.size(), scenarios_.size());
            return kDone;
        }
        if (o_.json)
            fmt::print("{{\"event\":\"summary\",\"passed\":{},\"runs\":{}}}\n", passed_, runs_);
        else  // a picture has standard output for itself
            fmt::print(picture() ? stderr : stdout, "{} of {}\n", passed_, runs_);
        return passed_ == runs_ ? kDone : kFailed;
    }

    [[nodiscard]] bool picture() const { return o_.diagram != "text" && o_.output.empty(); }

    int run_scenario(const Scenario& s, Laboratory& lab) {
        if (o_.command == Options::Command::check) {
            const auto checked = check_edges(s, lab);
            return checked ? kDone : fail(kUsage, "{}", checked.error());
        }
        for (const Variant& v : variants_of(s, o_)) {
            const auto result =
                o_.live ? run_live(s, v, lab, {o_.dataplane, o_.captures}) : run(s, v, lab, {o_.captures});
            if (!result) return fail(o_.live ? kFile : kUsage, "{}", result.error());
            ++runs_;
            passed_ += result->passed();
            if (!show(s, *result)) return fail(kFile, "{}: the diagram could not be written", o_.output);
            if (!o_.krrs.empty() && !write_krrs(s, *result, o_.krrs))
                return fail(kFile, "{}: a KRR could not be written", o_.krrs);
        }
        return kDone;
    }

    /// The run in clear is drawn whole, the others are a line each, unless they went wrong.
    bool show(const Scenario& s, const Result& r) {
        if (o_.json) {
            fmt::print("{}\n", to_json(s, r));
            return true;
        }
        const bool first =
            !r.variant.hashed && !r.variant.ruleless_edges && (!r.variant.tcp || o_.transport == "tcp");
        if (!o_.output.empty() && first) {
            const std::string path = fmt::format("{}/{}.{}", o_.output, stem_of(s),
                                                 o_.diagram == "mermaid" ? "mmd"
                                                 : o_.diagram == "svg"   ? "svg"
                                                                         : "txt");
            if (!write_file(path, draw(s, r, false))) return false;
        } else if ((first && !o_.quiet) || (!r.passed() && o_.diagram == "text")) {
            fmt::print("{}", draw(s, r, isatty(STDOUT_FILENO) != 0));
        }
        if (!picture() || !r.passed())
            fmt::print(picture() ? stderr : stdout, "{} {}, {}: {}\n", r.passed() ? "ok  " : "FAIL", s.name,
                       r.variant.name(),
                       r.accepted ? "accepted " + s.to_text(r.final_pair) : "failed, " + r.failure);
        if (!r.passed() && o_.diagram == "text" && o_.quiet)
            for (const std::string& fault : r.faults) fmt::print("     {}\n", fault);
        std::fflush(stdout);
        return true;
    }

    [[nodiscard]] std::string draw(const Scenario& s, const Result& r, bool colour) const {
        if (o_.diagram == "mermaid") return draw_mermaid(s, r);
        if (o_.diagram == "svg") return draw_svg(s, r);
        return draw_text(s, r, 120, colour);
    }

    Options o_;
    std::vector<Scenario> scenarios_;
    unsigned runs_ = 0, passed_ = 0;
};

}  // namespace
}  // namespace kmsgate::lab

int main(int argc, char** argv) {
    kmsgate::lab::Options options;
    if (const auto code = kmsgate::lab::read_options(argc, argv, options)) return *code;
    return kmsgate::lab::Program(std::move(options)).go();
}

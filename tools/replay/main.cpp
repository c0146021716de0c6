// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-replay: the pipeline over captures.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/watch/event_json.hpp"
#include "policy/compile/compile.hpp"
#include "tools/replay/capture.hpp"
#include "tools/replay/eal.hpp"
#include "tools/replay/options.hpp"
#include "tools/replay/sinks.hpp"
#include "tools/replay/tag_key.hpp"
#include "tools/replay/tags.hpp"

namespace kmsgate::replay {

namespace {

constexpr int kDone = 0, kUsage = 2, kInput = 3;
constexpr unsigned kBuffers = 16383;

template <class... Args>
int fail(int code, fmt::format_string<Args...> format, Args&&... args) {
    fmt::print(stderr, "kmsgate-replay: {}\n", fmt::format(format, std::forward<Args>(args)...));
    return code;
}

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    // reading a folder throws
    if (!in || std::filesystem::is_directory(path)) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string edge_names(const policy::table::Table& table) {
    std::string out;
    for (const auto& e : table.edges()) out += (out.empty() ? "" : ", ") + std::string(table.text(e.name));
    return out;
}

/// What is open for writing; nothing is before every input has been found good.
struct Outputs {
    std::array<std::optional<Writer>, 2> captures;  ///< by port
    File events;
};

std::expected<Outputs, std::string> open_outputs(const Options& o) {
    Outputs out;
    const std::array<const std::string*, 2> paths = {&o.inside_out, &o.outside_out};
    for (std::size_t i = 0; i < 2; ++i) {
        if (paths[i]->empty()) continue;
        auto w = Writer::create(*paths[i]);
        if (!w) return std::unexpected(w.error());
        out.captures[i] = std::move(*w);
    }
    if (o.events == "-") {
        out.events.reset(stdout);
    } else if (!o.events.empty()) {
        out.events.reset(std::fopen(o.events.c_str(), "w"));
        if (!out.events) return std::unexpected(o.events + ": cannot be written");
    }
    return out;
}

/// Feeds frames in order of time, inside first on a tie, and writes what leaves.
class Run {
  public:
    Run(core::Pipeline& pipeline, const core::Judge& judge, rte_mempool* pool,
        std::array<std::optional<Writer>, 2>& captures)
        : pipeline_(pipeline), judge_(judge), pool_(pool), captures_(captures) {}

    bool feed(std::array<std::optional<Reader>, 2>& readers) {
        for (;;) {
            const CapturedFrame* next = nullptr;
            std::size_t from = 0;
            for (std::size_t i = 0; i < 2; ++i) {
                if (!readers[i]) continue;
                const auto& frame = readers[i]->peek();
                if (frame && (next == nullptr || frame->time < next->time)) {
                    next = &*frame;
                    from = i;
                }
            }
            if (next == nullptr) return true;
            core::Mbuf mbuf = core::make_frame(pool_, next->bytes);
            if (!mbuf) return false;
            core::meta(mbuf.get()).time = next->time;
            core::meta(mbuf.get()).number = next->number;
            core::meta(mbuf.get()).arrival = from == 0 ? core::Arrival::inside : core::Arrival::outside;
            now_ = std::max(now_, next->time);
            const core::Time time = next->time;
            readers[from]->take();
            pipeline_.process({&mbuf, 1}, judge_, out_);
            write(time);
        }
    }
    void finish() {
        pipeline_.drain(now_, judge_, out_);
        write(now_);
    }

  private:
    void write(core::Time time) {
        for (std::size_t port = 0; port < 2; ++port)
            for (const core::Mbuf& m : out_.to[port])
                if (captures_[port]) captures_[port]->write(time, core::linear(m.get(), scratch_));
        out_.clear();
    }

    core::Pipeline& pipeline_;
    const core::Judge& judge_;
    rte_mempool* pool_;
    std::array<std::optional<Writer>, 2>& captures_;
    core::Output out_;
    core::Time now_ = 0;
    std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(300'000);
};

void print_summary(const core::Counters& c) {
    using core::Counter;
    using core::Fate;
    fmt::print("\n{} frames in, {} made here, {} out, {} absorbed, {} dropped, {} held; {} messages:",
               c.get(Counter::frames_in), c.get(Counter::generated), c.get(Counter::frames_out),
               c.frames(Fate::absorbed), c.frames(Fate::dropped), c.frames(Fate::held),
               c.get(Counter::messages));
    for (std::size_t i = 0; i < c.verdict.size(); ++i)
        if (c.verdict[i] != 0)
            fmt::print(" {} {}", c.verdict[i],
                       policy::decide::to_string(static_cast<policy::decide::Verdict>(i)));
    fmt::print("\n");
}

int run(const Options& o) {
    const auto yaml = read_file(o.policy);
    if (!yaml) return fail(kUsage, "{}: cannot be read", o.policy);
    const auto compiled = policy::compile::compile_text(*yaml);
    for (const auto& problem : compiled.problems)
        fmt::print(stderr, "{}\n", policy::language::to_string(problem, o.policy));
    if (compiled.blob.empty()) return fail(kUsage, "{} has faults; nothing was replayed", o.policy);
    const auto table = policy::table::Table::open(compiled.blob);
    if (!table)
        return fail(kUsage, "{}: the compiled table does not verify: {}", o.policy, table.error().what);
    const auto edge = table->find_edge(o.edge);
    if (!edge) return fail(kUsage, "{} has no edge `{}`; it has: {}", o.policy, o.edge, edge_names(*table));

    std::optional<std::string> csv;
    if (!o.tags.empty() && !(csv = read_file(o.tags))) return fail(kUsage, "{}: cannot be read", o.tags);
    const std::size_t users = csv ? count_users(*csv) : 0;
    const std::size_t megabytes = (memory::UserTags::eal_bytes(users) >> 20) + 1;
    if (const auto started = start_eal(kEalMegabytes + megabytes); !started)
        return fail(kInput, "{}", started.error());
    const auto tags = memory::UserTags::create("replay", users, kTagKey);
    if (!tags) return fail(kInput, "{}", tags.error());
    if (csv) {
        const auto faults = load_tags(*csv, o.tags, *table, **tags);
        for (const std::string& f : faults) fmt::print(stderr, "{}\n", f);
        if (!faults.empty()) return fail(kUsage, "{} has faults; nothing was replayed", o.tags);
        csv.reset();
    }
    memory::UidRoster roster(**tags);
    std::array<std::optional<Reader>, 2> readers;
    std::array<std::string, 2> unreadable;
    const std::array<const std::string*, 2> inputs = {&o.inside_in, &o.outside_in};
    for (std::size_t i = 0; i < 2; ++i) {
        if (inputs[i]->empty()) continue;
        auto r = Reader::open(*inputs[i]);
        if (r)
            readers[i] = std::move(*r);
        else
            unreadable[i] = r.error();  // the other input is judged all the same
    }
    const auto pool = make_pool("replay", kBuffers);
    if (!pool) return fail(kInput, "{}", pool.error());
    auto outputs = open_outputs(o);
    if (!outputs) return fail(kInput, "{}", outputs.error());

    Sink sink(std::move(outputs->events), o.pretty, o.explain);
    core::Config config;
    config.pool = pool->get();
    config.mtu = o.mtu;
    config.tag_key = config.table_key = kTagKey;
    core::Pipeline pipeline(config, sink);
    core::Judge judge;
    const std::string digest = table->digest();
    judge.table = &*table;
    judge.edge = *edge;
    judge.mode = o.mode == "shadow"    ? policy::table::Mode::shadow
                 : o.mode == "enforce" ? policy::table::Mode::enforce
                                       : table->edges()[*edge].mode;
    judge.digest = digest;
    judge.generation = 1;
    judge.tags = tags->get();
    judge.roster = &roster;

    Run feed(pipeline, judge, pool->get(), outputs->captures);
    if (!feed.feed(readers)) return fail(kInput, "out of packet buffers");
    feed.finish();
    sink.line(watch::summary_json(pipeline.counters()));
    if (o.pretty) print_summary(pipeline.counters());

    int code = kDone;
    if (!pipeline.counters().identity_holds())
        code = fail(1, "frames are not accounted for: this is a fault of kmsgate");
    if (o.explain) {
        const auto text = sink.explanation();
        if (!text)
            return fail(kUsage, "--explain {}: the input holds {} messages", *o.explain, sink.messages());
        fmt::print("{}", *text);
    }
    for (std::size_t i = 0; i < 2; ++i)
        if (readers[i] && !readers[i]->fault().empty())
            code = fail(kInput, "{}: {}", *inputs[i], readers[i]->fault());
    for (std::size_t i = 0; i < 2; ++i)
        if (!unreadable[i].empty()) code = fail(kInput, "{}: {}", *inputs[i], unreadable[i]);
    bool written = sink.finish();
    for (auto& capture : outputs->captures) written = (!capture || capture->finish()) && written;
    return written ? code : fail(kInput, "an output could not be written whole");
}

}  // namespace
}  // namespace kmsgate::replay

int main(int argc, char** argv) {
    kmsgate::replay::Options options;
    if (const auto code = kmsgate::replay::read_options(argc, argv, options)) return *code;
    return kmsgate::replay::run(options);
}

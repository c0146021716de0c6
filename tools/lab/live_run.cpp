// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/live_run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "tools/lab/live_edge.hpp"

namespace kmsgate::lab {

namespace {

namespace fs = std::filesystem;

/// Longest run, and how long nothing may pass before it counts as over.
constexpr core::Time kLongest = 60 * core::kSecond, kQuiet = 300 * core::kMillisecond;

core::Time clock_now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<core::Time>(t.tv_sec) * core::kSecond + static_cast<core::Time>(t.tv_nsec);
}

/// A folder that goes with the object.
class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "kmsgate-lab-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

/// Beside this program, where the build puts it, or anywhere in PATH.
std::string find_dataplane(const std::string& asked) {
    if (!asked.empty()) return fs::absolute(asked).string();
    std::error_code error;
    const fs::path own = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const fs::path& at : {own / "kmsgate-dataplane", own / "../../dataplane/main/kmsgate-dataplane"})
        if (::access(at.c_str(), X_OK) == 0) return fs::weakly_canonical(at, error).string();
    return "kmsgate-dataplane";
}

class LiveRun {
  public:
    LiveRun(Session& session, LiveWires& wires, std::vector<std::unique_ptr<LiveEdge>>& edges)
        : session_(session), wires_(wires), edges_(edges) {}

    std::expected<void, std::string> run() {
        const core::Time end = clock_now() + kLongest;
        quiet_since_ = clock_now();
        while (!session_.over() || clock_now() < quiet_since_ + kQuiet) {
            if (interrupted()) return std::unexpected(std::string("interrupted"));
            if (clock_now() > end) {
                session_.witness().fault("the run does not come to an end");
                break;
            }
            session_.flush(clock_now(), [this](bool initiator, const std::string& message) {
                if (::send(wires_.client(initiator), message.data(), message.size(), 0) < 0)
                    session_.witness().fault(fmt::format("a client cannot send: {}", std::strerror(errno)));
            });
            wait();
            hear();
            session_.tick(clock_now());
        }
        watch();
        conclude();
        return {};
    }

  private:
    struct Passed {
        core::Time when = 0;
        std::size_t actor = 0;
        Toward toward = Toward::receiver;
        Frame frame;
    };

    void wait() {
        std::vector<pollfd> all = {{wires_.client(true), POLLIN, 0}, {wires_.client(false), POLLIN, 0}};
        for (const auto& tap : wires_.taps()) all.push_back({tap.socket.get(), POLLIN, 0});
        core::Time patience = 20 * core::kMillisecond;
        if (const auto timer = session_.next_timer())
            patience = std::min(patience, *timer - std::min(*timer, clock_now()));
        ::poll(all.data(), all.size(), static_cast<int>(patience / core::kMillisecond) + 1);
    }

    /// What led to a message was on the wires before it came: the witness sees it first.
    void hear() {
        watch();
        std::string message(65'536, '\0');
        for (const bool initiator : {true, false})
            for (ssize_t n;
                 (n = ::recv(wires_.client(initiator), message.data(), message.size(), MSG_DONTWAIT)) > 0;) {
                watch();
                session_.receive(initiator, message.substr(0, static_cast<std::size_t>(n)), clock_now());
            }
        for (const auto& edge : edges_) edge->pump();
    }

    /// Shows the witness what has passed, over all taps in the order of time. What passes while the taps are
    /// read waits for the next time: its cause may be on a tap that was read already.
    void watch() {
        const core::Time until = clock_now();
        for (const auto& tap : wires_.taps())
            for (Passed p; LiveWires::read(tap, p.frame, p.when);) {
                p.actor = tap.actor;
                p.toward = tap.toward;
                quiet_since_ = clock_now();
                waiting_.push_back(std::move(p));
                p = {};
            }
        std::ranges::stable_sort(waiting_, {}, &Passed::when);
        const auto settled =
            std::ranges::find_if(waiting_, [until](const Passed& p) { return p.when > until; });
        for (auto p = waiting_.begin(); p != settled; ++p)
            session_.witness().saw(p->actor, p->toward, p->frame, p->when);
        waiting_.erase(waiting_.begin(), settled);
    }

    /// Steps get the words of the edges' events, which came by another way; what edges found wrong is told.
    void conclude() {
        for (std::size_t e = 0; e < edges_.size(); ++e) {
            edges_[e]->pump();
            auto words = edges_[e]->words().begin();
            for (Step& step : session_.result().steps) {
                if (step.kind != Step::Kind::krr || step.from != e + 1) continue;
                if (!step.created && !step.rewritten) continue;
                if (words == edges_[e]->words().end()) {
                    session_.witness().fault(
                        fmt::format("{} made a KRR and told no event", session_.actors()[e + 1]));
                    break;
                }
                step.text = *words++;
            }
            if (words != edges_[e]->words().end())
                session_.witness().fault(
                    fmt::format("{} told of a KRR that nobody saw: {}", session_.actors()[e + 1], *words));
            for (const std::string& text : edges_[e]->faults())
                session_.witness().fault(fmt::format("{}: {}", session_.actors()[e + 1], text));
        }
        if (session_.untouched() && !session_.witness().same_on_all_wires())
            session_.witness().fault("edges without rules did not let everything leave as it came");
    }

    Session& session_;
    LiveWires& wires_;
    std::vector<std::unique_ptr<LiveEdge>>& edges_;
    std::vector<Passed> waiting_;
    core::Time quiet_since_ = 0;
};

}  // namespace

std::optional<std::string> cannot_run_live() {
    if (::geteuid() != 0) return "--live needs root: it makes network namespaces and opens AF_XDP sockets";
    if (const auto list = run_command({"ip", "netns", "list"}); !list)
        return "--live needs network namespaces: " + list.error();
    return std::nullopt;
}

std::expected<Result, std::string> run_live(const Scenario& scenario, const Variant& variant, Laboratory& lab,
                                            const LiveOptions& options) {
    Session session(scenario, variant, lab);
    // the virtual edges are thrown away: they show that policies and tags are in order
    if (const auto tried = session.plan(options.captures); !tried) return std::unexpected(tried.error());
    const Folder folder;
    if (folder.path().empty()) return std::unexpected(std::string("no folder can be made for the run"));
    auto wires = LiveWires::make(session.planned().size(), kInitiator, kReceiver);
    if (!wires) return std::unexpected(wires.error());
    const LivePlaces places{find_dataplane(options.dataplane), folder.path(), wires->edge_space()};
    std::vector<std::unique_ptr<LiveEdge>> edges;
    for (const Planned& planned : session.planned()) {
        auto edge = LiveEdge::start(planned, edges.size() + 1, places);
        if (!edge) return std::unexpected(edge.error());
        edges.push_back(std::move(*edge));
    }
    for (const auto& edge : edges)
        if (const auto ready = edge->prepare(scenario.tags, session.roster()); !ready)
            return std::unexpected(ready.error());
    session.witness().allow_repeats();
    if (const auto begun = session.begin(clock_now()); !begun) return std::unexpected(begun.error());
    if (const auto done = LiveRun(session, *wires, edges).run(); !done) return std::unexpected(done.error());
    return session.conclude();
}

}  // namespace kmsgate::lab

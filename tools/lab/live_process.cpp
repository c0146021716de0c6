// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/live_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "tools/lab/live_wires.hpp"

extern char** environ;

namespace kmsgate::lab {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

volatile sig_atomic_t asked_to_end = 0;

/// Standard streams of a child.
class Streams {
  public:
    Streams() { posix_spawn_file_actions_init(&actions_); }
    ~Streams() { posix_spawn_file_actions_destroy(&actions_); }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;
    void use(int from, int as) { posix_spawn_file_actions_adddup2(&actions_, from, as); }
    void open(int as, const char* path, int flags) {
        posix_spawn_file_actions_addopen(&actions_, as, path, flags, 0644);
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

/// The child gets every CPU: DPDK has bound this thread to one.
pid_t spawn(const std::vector<std::string>& words, const Streams& streams, int& error) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    cpu_set_t own, all;
    CPU_ZERO(&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(static_cast<unsigned>(cpu), &all);
    ::sched_getaffinity(0, sizeof own, &own);
    ::sched_setaffinity(0, sizeof all, &all);
    pid_t pid = -1;
    error = ::posix_spawnp(&pid, argv[0], streams.get(), nullptr, argv.data(), environ);
    ::sched_setaffinity(0, sizeof own, &own);
    return error == 0 ? pid : -1;
}

}  // namespace

std::expected<std::string, std::string> run_command(const std::vector<std::string>& words,
                                                    const std::string& input) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) return std::unexpected(std::string(std::strerror(errno)));
    Descriptor in_read(in[0]), in_write(in[1]);
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return std::unexpected(std::string(std::strerror(errno)));
    Descriptor out_read(out[0]), out_write(out[1]);
    Streams streams;
    streams.use(in_read.get(), STDIN_FILENO);
    streams.use(out_write.get(), STDOUT_FILENO);
    streams.use(out_write.get(), STDERR_FILENO);
    int error = 0;
    const pid_t pid = spawn(words, streams, error);
    const std::string shown = fmt::format("{}", fmt::join(words, " "));
    if (pid < 0) return std::unexpected(fmt::format("{}: {}", shown, std::strerror(error)));
    out_write = Descriptor();
    in_read = Descriptor();
    // what we feed is far smaller than a pipe holds
    const ssize_t fed = ::write(in_write.get(), input.data(), input.size());
    in_write = Descriptor();
    std::string said;
    std::array<char, 4096> piece{};
    for (ssize_t n; (n = ::read(out_read.get(), piece.data(), piece.size())) > 0;)
        said.append(piece.data(), static_cast<std::size_t>(n));
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (fed != static_cast<ssize_t>(input.size()) || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return std::unexpected(fmt::format("{}: {}", shown, said));
    return said;
}

bool interrupted() noexcept {
    return asked_to_end != 0;
}

void catch_signals() noexcept {
    struct sigaction action{};
    action.sa_handler = [](int) { asked_to_end = 1; };
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

std::expected<LiveProcess, std::string> LiveProcess::start(const std::string& space,
                                                           const std::vector<std::string>& words,
                                                           const std::string& log) {
    // should the lab be killed, nothing of it goes on
    std::vector<std::string> all = {"setpriv", "--pdeathsig", "TERM", "nsenter", "--net=/run/netns/" + space,
                                    "--"};
    all.insert(all.end(), words.begin(), words.end());
    Streams streams;
    streams.open(STDIN_FILENO, "/dev/null", O_RDONLY);
    streams.open(STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
    streams.use(STDOUT_FILENO, STDERR_FILENO);
    int error = 0;
    LiveProcess out;
    out.pid_ = spawn(all, streams, error);
    out.name_ = words.front();
    out.log_ = log;
    if (out.pid_ < 0) return std::unexpected(fmt::format("{}: {}", out.name_, std::strerror(error)));
    return out;
}

LiveProcess::LiveProcess(LiveProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), name_(std::move(other.name_)), log_(std::move(other.log_)) {}

LiveProcess::~LiveProcess() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGTERM);
    const auto end = steady_clock::now() + std::chrono::seconds(5);
    while (!ended() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(10));
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool LiveProcess::ended() noexcept {
    if (pid_ >= 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
}

std::string LiveProcess::output() const {
    std::ifstream in(log_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::expected<void, std::string> LiveProcess::wait_line(const std::string& line, std::chrono::seconds most) {
    const auto end = steady_clock::now() + most;
    for (;;) {
        const bool over = ended();
        const std::string said = output();
        if (("\n" + said).find("\n" + line + "\n") != std::string::npos) return {};
        if (over) return std::unexpected(fmt::format("{} ended:\n{}", name_, said));
        if (interrupted()) return std::unexpected(std::string("interrupted"));
        if (steady_clock::now() > end)
            return std::unexpected(
                fmt::format("{} did not say `{}` in {} s:\n{}", name_, line, most.count(), said));
        std::this_thread::sleep_for(milliseconds(20));
    }
}

}  // namespace kmsgate::lab

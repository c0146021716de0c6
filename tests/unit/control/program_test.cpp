// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-control as a process: exit codes, what it prints, signals, the service manager.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/unit/control/box.hpp"

namespace kmsgate::control::test {
namespace {

/// One run; its output goes to a file.
class Process {
  public:
    Process(const std::string& output, const std::vector<std::string>& arguments,
            const std::string& notify = "")
        : output_(output) {
        std::vector<std::string> words = {KMSGATE_CONTROL};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        std::string socket = "NOTIFY_SOCKET=" + notify;
        std::array<char*, 2> environment = {notify.empty() ? nullptr : socket.data(), nullptr};
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::posix_spawn_file_actions_adddup2(&files, 1, 2);
        EXPECT_EQ(::posix_spawn(&pid_, KMSGATE_CONTROL, &files, nullptr, argv.data(), environment.data()), 0);
        ::posix_spawn_file_actions_destroy(&files);
    }
    ~Process() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    int end() {
        int status = 0;
        EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    void signal(int number) const { ::kill(pid_, number); }
    [[nodiscard]] std::string text() const {
        std::ifstream in(output_);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] bool says(const std::string& what) const {
        return eventually([&] { return text().find(what) != std::string::npos; });
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    std::string output_;
    pid_t pid_ = -1;
};

class Program : public Box {
  protected:
    void SetUp() override {
        write("kmsgate.yaml",
              "version: 1\nports: {a: net_null0, b: net_null1}\nedges: {north: [{inside: a, outside: b, "
              "vlan: 7}], south: "
              "[{inside: a, outside: b}]}\nstate: .\nsockets: {metrics: none}\n");
        write("policy.yaml", policy());
    }
    void write(const std::string& name, const std::string& text) { std::ofstream(path(name)) << text; }
    int run(std::vector<std::string> arguments, std::string* text = nullptr) {
        Process process(path("output"), arguments);
        const int code = process.end();
        if (text != nullptr) *text = process.text();
        return code;
    }
};

TEST_F(Program, ExitCodes) {
    std::string text;
    EXPECT_EQ(run({"--help"}, &text), 0);
    EXPECT_NE(text.find("Examples:"), std::string::npos);
    EXPECT_EQ(run({}, &text), 2);
    EXPECT_EQ(run({"--config", path("kmsgate.yaml"), "--polcy", "x"}), 2);
    EXPECT_EQ(run({"--config", path("none.yaml")}, &text), 3);
    EXPECT_NE(text.find("none.yaml: cannot be read"), std::string::npos);
    EXPECT_EQ(run({"--config", path("kmsgate.yaml"), "--policy", path("none.yaml")}), 3);
    write("bad.yaml", "version: 2\nports: {}\n");
    EXPECT_EQ(run({"--config", path("bad.yaml")}, &text), 2);
    EXPECT_NE(text.find("bad.yaml:1:10: "), std::string::npos) << text;
    EXPECT_EQ(run({"--config", path("kmsgate.yaml"), "--policy", path("bad.yaml")}, &text), 2);
    EXPECT_NE(text.find("bad.yaml:1:10: error: "), std::string::npos) << text;
    EXPECT_FALSE(std::filesystem::exists(path("control.db")));
}

TEST_F(Program, CheckOpensNothing) {
    std::string text;
    EXPECT_EQ(run({"--config", path("kmsgate.yaml"), "--policy", path("policy.yaml"), "--check"}, &text), 0);
    EXPECT_NE(text.find("control socket  "), std::string::npos) << text;
    EXPECT_FALSE(std::filesystem::exists(path("control.db")));
    EXPECT_FALSE(std::filesystem::exists(path("control.lock")));
    EXPECT_EQ(run({"--config", path("kmsgate.yaml"), "--policy", path("kmsgate.yaml"), "--check"}), 2);
}

TEST_F(Program, RunsUntilItIsTold) {
    const int notified = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path("notify");
    std::memcpy(address.sun_path, name.data(), name.size());
    ASSERT_EQ(::bind(notified, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto told = [&] {
        std::array<char, 100> buffer;
        ssize_t n = -1;
        static_cast<void>(
            eventually([&] { return (n = ::recv(notified, buffer.data(), buffer.size(), 0)) > 0; }));
        return std::string(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    };
    const std::vector<std::string> arguments = {"--config", path("kmsgate.yaml"), "--policy",
                                                path("policy.yaml")};
    Process control(path("first"), arguments, name);
    ASSERT_TRUE(control.says("ready\n"));
    EXPECT_EQ(told(), "READY=1");
    Client c = client();
    EXPECT_EQ(c.result("status")["control"]["pid"], control.pid());

    std::string text;
    EXPECT_EQ(run(arguments, &text), 1);
    EXPECT_NE(text.find(fmt::format("pid {}", control.pid())), std::string::npos) << text;
    EXPECT_NE(text.find("state:"), std::string::npos) << text;

    dataplane_.start();
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 1; }));
    write("policy.yaml", policy("[B]"));
    control.signal(SIGHUP);
    ASSERT_TRUE(eventually([&] { return c.result("policy.history")["running"] == 2; }));
    write("policy.yaml", "version: 9\n");
    control.signal(SIGHUP);
    EXPECT_TRUE(control.says("was not committed"));
    std::filesystem::remove(path("policy.yaml"));
    control.signal(SIGHUP);
    EXPECT_TRUE(control.says("cannot be read; the running policy stays"));
    EXPECT_EQ(c.result("policy.history")["running"], 2);

    control.signal(SIGTERM);
    EXPECT_EQ(control.end(), 0);
    EXPECT_EQ(told(), "STOPPING=1");
    ::close(notified);
    EXPECT_FALSE(std::filesystem::exists(path("control.sock")));
}

TEST_F(Program, AKilledOneLeavesNothingInTheWay) {
    {
        Process control(path("first"), {"--config", path("kmsgate.yaml")});
        ASSERT_TRUE(control.says("ready\n"));
        control.signal(SIGKILL);
        EXPECT_EQ(control.end(), -SIGKILL);
    }
    EXPECT_TRUE(std::filesystem::exists(path("control.sock")));
    Process control(path("second"), {"--config", path("kmsgate.yaml")});
    ASSERT_TRUE(control.says("ready\n"));
    control.signal(SIGINT);
    EXPECT_EQ(control.end(), 0);
}

}  // namespace
}  // namespace kmsgate::control::test

// SPDX-License-Identifier: BSD-3-Clause
// The parts of kmsgate-dataplane that need no ports: DPDK's words, state folder, service manager, heartbeats.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "dataplane/main/eal.hpp"
#include "dataplane/main/loop.hpp"
#include "dataplane/main/notify.hpp"
#include "dataplane/main/state.hpp"
#include "dataplane/main/table_file.hpp"

namespace kmsgate::box {
namespace {

namespace fs = std::filesystem;

startup::Startup two_ports(unsigned workers = 1) {
    startup::Startup s;
    s.ports = {{"a", "net_null0"}, {"b", "net_null1"}};
    s.pairs = {{"e", "a", "b", {}}, {"f", "a", "b", 7}, {"e", "b", "a", 8}};
    s.workers = workers;
    s.state = "/var/lib/kmsgate";
    return s;
}
bool has(const EalPlan& plan, std::string_view word) {
    return std::ranges::find(plan.arguments, word) != plan.arguments.end();
}

TEST(EalPlan, MainOnTheFirstCpuWorkersBehindIt) {
    EalPlan plan = plan_eal(two_ports(2), {3, 5, 9, 11}, 0);
    EXPECT_EQ(plan.cpus, (std::vector<int>{3, 5, 9}));
    EXPECT_TRUE(has(plan, "--lcores=0@3,1@5,2@9"));
    EXPECT_TRUE(has(plan, "--main-lcore=0"));
    EXPECT_TRUE(plan.remarks.empty());
    plan = plan_eal(two_ports(3), {0, 1}, 0);
    EXPECT_TRUE(has(plan, "--lcores=0@0,1@1,2@0,3@1"));
    ASSERT_EQ(plan.remarks.size(), 1U);
    EXPECT_NE(plan.remarks[0].find("3 workers and the main thread share 2 CPUs"), std::string::npos);
    EXPECT_EQ(plan_eal(two_ports(1), {0, 1}, 0).remarks.size(), 0U);
    EXPECT_EQ(plan_eal(two_ports(1), {4}, 0).remarks.size(), 1U);
}

TEST(EalPlan, RunTimeFolderOfAnOrdinaryAccount) {
    EXPECT_EQ(runtime_folder("/s", true, nullptr, nullptr), "");
    EXPECT_EQ(runtime_folder("/s", true, nullptr, ""), "");
    EXPECT_EQ(runtime_folder("/s", true, "", nullptr), "/run");
    EXPECT_EQ(runtime_folder("/s", false, "/run/kmsgate", ""), "");
    EXPECT_EQ(runtime_folder("/s", false, nullptr, "/run/user/7"), "");
    EXPECT_EQ(runtime_folder("/s", false, nullptr, nullptr), "/s");
    EXPECT_EQ(runtime_folder("/s", false, nullptr, ""), "/s");
    EXPECT_EQ(runtime_folder("/s", false, "", "/run/user/7"), "/s");
    EXPECT_EQ(runtime_folder(std::string(67, '/'), false, nullptr, nullptr).size(), 67U);
    EXPECT_EQ(runtime_folder(std::string(68, '/'), false, nullptr, nullptr), "/tmp");
}

TEST(EalPlan, ALargeFrameTakesSeveralBuffersWhileItIsKept) {
    startup::Startup startup = two_ports();
    const std::size_t usual = sizes_for(startup).buffers;
    startup.mtu = 9'000;
    const std::size_t kept = startup.workers * startup.segments + sizes_for(startup).fragments;
    EXPECT_GE(sizes_for(startup).buffers, usual + 4 * kept);
}

TEST(EalPlan, HugepagesWhenThereAreEnough) {
    const std::size_t needed = sizes_for(two_ports()).megabytes;
    EalPlan plan = plan_eal(two_ports(), {0, 1}, needed);
    EXPECT_TRUE(plan.hugepages);
    EXPECT_TRUE(has(plan, "--in-memory"));
    EXPECT_FALSE(has(plan, "--no-huge"));
    const auto all = std::ranges::find(plan.arguments, "-m");
    ASSERT_NE(all, plan.arguments.end());
    EXPECT_EQ(*(all + 1), std::to_string(needed)) << "taken at the start";
    plan = plan_eal(two_ports(), {0, 1}, needed - 1);
    EXPECT_FALSE(plan.hugepages);
    EXPECT_FALSE(has(plan, "--in-memory"));
    EXPECT_TRUE(has(plan, "--no-huge"));
    const auto m = std::ranges::find(plan.arguments, "-m");
    ASSERT_NE(m, plan.arguments.end());
    EXPECT_EQ(*(m + 1), "512");
    startup::Startup small = two_ports();
    small.memory_megabytes = 64;
    ASSERT_EQ(plan_eal(small, {0, 1}, 0).remarks.size(), 1U);
    EXPECT_NE(plan_eal(small, {0, 1}, 0).remarks[0].find("memory.megabytes says 64"), std::string::npos);
}

TEST(EalPlan, TheEnvironmentHasTheLastWord) {
    setenv(kHugepages, "no", 1);
    EXPECT_FALSE(plan_eal(two_ports()).hugepages);
    setenv(kHugepages, "yes", 1);
    EXPECT_TRUE(plan_eal(two_ports()).hugepages);
    unsetenv(kHugepages);
}

TEST(EalPlan, OnlyThePciDevicesOfTheFile) {
    startup::Startup s = two_ports();
    EXPECT_TRUE(has(plan_eal(s, {0, 1}, 0), "--no-pci"));
    s.ports = {{"a", "0000:3b:00.0,arg=1"}, {"b", "net_null1"}};
    const EalPlan plan = plan_eal(s, {0, 1}, 0);
    EXPECT_FALSE(has(plan, "--no-pci"));
    const auto allow = std::ranges::find(plan.arguments, "--allow");
    ASSERT_NE(allow, plan.arguments.end());
    EXPECT_EQ(*(allow + 1), "0000:3b:00.0,arg=1");
    EXPECT_EQ(std::ranges::count(plan.arguments, "--allow"), 1);
}

TEST(EalPlan, TwoStateFoldersTwoPrefixes) {
    startup::Startup s = two_ports();
    const std::string one = plan_eal(s, {0}, 0).prefix;
    EXPECT_EQ(plan_eal(s, {0}, 0).prefix, one);
    EXPECT_TRUE(has(plan_eal(s, {0}, 0), "--file-prefix=" + one));
    s.state = "/var/lib/kmsgate2";
    EXPECT_NE(plan_eal(s, {0}, 0).prefix, one);
}

TEST(Sizes, GrowWithWhatIsAsked) {
    const Sizes one = sizes_for(two_ports(1)), four = sizes_for(two_ports(4));
    EXPECT_GE(one.buffers, 2U * 4096U);
    EXPECT_GT(four.buffers, one.buffers);
    EXPECT_EQ(one.fragments, 2048U) << "two edges share 4,096";
    EXPECT_EQ(four.fragments, 512U);
    startup::Startup s = two_ports(4);
    s.fragments = 1;
    EXPECT_EQ(sizes_for(s).fragments, 256U);
    s.fragments = 1'000'000;
    EXPECT_GT(sizes_for(s).buffers, 1'000'000U);
    s.fragments = 1;
    s.segments = 1'000'000;
    EXPECT_GT(sizes_for(s).buffers, 4'000'000U) << "of each worker";
    s.user_tags = 10'000'000;
    EXPECT_GT(sizes_for(s).megabytes, sizes_for(two_ports(4)).megabytes + 500);
    EXPECT_EQ(edges_of(s), (std::vector<std::string>{"e", "f"}));
}

struct Folder {
    std::string path = (fs::temp_directory_path() / "kmsgate_parts_XXXXXX").string();
    Folder() { EXPECT_NE(mkdtemp(path.data()), nullptr); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
};
mode_t mode_of(const std::string& path) {
    struct stat about{};
    EXPECT_EQ(stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 0777;
}

TEST(State, MakesFolderAndKeyOnceAndForItsOwnerAlone) {
    const Folder folder;
    const std::string path = folder.path + "/state";
    memory::Key key{};
    {
        const auto state = State::open(path, {});
        ASSERT_TRUE(state.has_value()) << state.error();
        key = state->tag_key();
        EXPECT_EQ(mode_of(path), 0700U);
        EXPECT_EQ(mode_of(path + "/tag.key"), 0600U);
        EXPECT_EQ(fs::file_size(path + "/tag.key"), 16U);
        EXPECT_NE(key, memory::Key{});
    }
    const auto again = State::open(path, {});
    ASSERT_TRUE(again.has_value()) << again.error();
    EXPECT_EQ(again->tag_key(), key);
    const auto other = State::open(folder.path + "/other", {});
    ASSERT_TRUE(other.has_value());
    EXPECT_NE(other->tag_key(), key);
}

TEST(State, OneDataplaneAtATime) {
    const Folder folder;
    {
        const auto first = State::open(folder.path + "/s", {});
        ASSERT_TRUE(first.has_value());
        const auto second = State::open(folder.path + "/s", {});
        ASSERT_FALSE(second.has_value());
        EXPECT_NE(second.error().find("another kmsgate-dataplane"), std::string::npos);
    }
    EXPECT_TRUE(State::open(folder.path + "/s", {}).has_value());
}

TEST(State, RefusesKeysThatAreNone) {
    const Folder folder;
    const std::string key = folder.path + "/tag.key";
    for (const std::size_t size : {0U, 1U, 15U, 17U, 32U}) {
        std::ofstream(key) << std::string(size, 'k');
        chmod(key.c_str(), 0600);
        const auto state = State::open(folder.path, {});
        ASSERT_FALSE(state.has_value()) << size;
        EXPECT_NE(state.error().find("16 bytes"), std::string::npos);
    }
    std::ofstream(key) << std::string(16, 'k');
    chmod(key.c_str(), 0640);
    EXPECT_NE(State::open(folder.path, {}).error().find("chmod 600"), std::string::npos);
    chmod(key.c_str(), 0600);
    EXPECT_TRUE(State::open(folder.path, {}).has_value());
    // not a file, and a link to somewhere else
    fs::remove(key);
    fs::create_symlink("/dev/zero", key);
    EXPECT_FALSE(State::open(folder.path, {}).has_value());
}

TEST(State, WhereNothingCanBeMade) {
    const Folder folder;
    EXPECT_FALSE(State::open(folder.path + "/no/such", {}).has_value());
    std::ofstream(folder.path + "/file") << "x";
    EXPECT_FALSE(State::open(folder.path + "/file", {}).has_value());
    EXPECT_TRUE(make_socket_folder(folder.path + "/run/x.sock", {}).has_value());
    EXPECT_TRUE(fs::is_directory(folder.path + "/run"));
    EXPECT_TRUE(make_socket_folder(folder.path + "/run/y.sock", {}).has_value());
    EXPECT_FALSE(make_socket_folder(folder.path + "/file/x.sock", {}).has_value());
}

TEST(Account, ThatIsNotThere) {
    const auto account = find_account("kmsgate-no-such-account");
    ASSERT_FALSE(account.has_value());
    EXPECT_NE(account.error().find("no such account"), std::string::npos);
    ASSERT_TRUE(find_account("nobody").has_value());
    EXPECT_NE(find_account("nobody")->user, 0U);
}

/// A datagram socket that a service manager would listen on.
class Manager {
  public:
    explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
                  0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() {
        unsetenv("NOTIFY_SOCKET");
        close(fd_);
    }
    [[nodiscard]] std::string heard() const {
        std::array<char, 256> b{};
        const ssize_t n = recv(fd_, b.data(), b.size(), MSG_DONTWAIT);
        return n < 0 ? "" : std::string(b.data(), static_cast<std::size_t>(n));
    }

  private:
    int fd_;
};

TEST(Notify, PathsAndAbstractAddresses) {
    const Folder folder;
    for (const std::string& name : {folder.path + "/n.sock", "@kmsgate-test-" + std::to_string(getpid())}) {
        const Manager manager(name);
        EXPECT_TRUE(notify("READY=1\nSTATUS=2 ports\n")) << name;
        EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=2 ports\n");
    }
    EXPECT_FALSE(notify("READY=1\n")) << "nobody asked";
    for (const std::string& name : {std::string(), std::string("@"), std::string("relative"),
                                    std::string(300, '/'), folder.path + "/nobody.sock"}) {
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
        EXPECT_FALSE(notify("READY=1\n")) << name;
    }
    unsetenv("NOTIFY_SOCKET");
}

TEST(Notify, WatchdogOfThisProcess) {
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    EXPECT_FALSE(watchdog_interval());
    setenv("WATCHDOG_USEC", "2000000", 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(2));
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(2));
    setenv("WATCHDOG_PID", "1", 1);
    EXPECT_FALSE(watchdog_interval());
    unsetenv("WATCHDOG_PID");
    for (const char* value : {"0", "", "2s", "-1", "99999999999999999999"}) {
        setenv("WATCHDOG_USEC", value, 1);
        EXPECT_FALSE(watchdog_interval()) << value;
    }
    unsetenv("WATCHDOG_USEC");
}

TEST(Heartbeats, StandingStill) {
    using State = Heartbeats::State;
    constexpr std::uint64_t s = 1'000'000'000;
    Heartbeats beats(2, 100 * s);
    EXPECT_EQ(beats.look(0, 0, 104 * s), State::moves) << "not yet 5 seconds";
    EXPECT_EQ(beats.look(0, 0, 105 * s), State::hangs) << "one that never began";
    EXPECT_EQ(beats.look(1, 7, 105 * s), State::moves);
    EXPECT_EQ(beats.look(0, 1, 106 * s), State::moves);
    EXPECT_EQ(beats.look(0, 1, 110 * s), State::moves);
    EXPECT_EQ(beats.look(0, 1, 111 * s), State::hangs);
    EXPECT_EQ(beats.look(0, 1, 135 * s), State::hangs);
    EXPECT_EQ(beats.look(0, 1, 136 * s), State::gone);
    EXPECT_EQ(beats.look(1, 7, 136 * s), State::gone);
    EXPECT_EQ(beats.look(0, 2, 136 * s), State::moves);
}

}  // namespace
}  // namespace kmsgate::box

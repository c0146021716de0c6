// SPDX-License-Identifier: BSD-3-Clause
// Where event lines go, and what happens when the place does not take them.
#include "control/events/sink.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kmsgate::control::events {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class SinkTest : public testing::Test {
  protected:
    void SetUp() override {
        ::signal(SIGPIPE, SIG_IGN);
        std::string name = (fs::temp_directory_path() / "kmsgate-sink-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name = "events.jsonl") const {
        return folder_ + "/" + name;
    }
    [[nodiscard]] static std::string read(const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    std::unique_ptr<Sink> open(const std::string& file, unsigned per_second = 0) {
        Clock clock;
        clock.steady = [this] { return now_; };
        clock.wall = [this] { return wall_; };
        auto sink = Sink::open({.file = file, .per_second = per_second}, clock);
        EXPECT_TRUE(sink) << sink.error();
        return sink ? std::move(*sink) : nullptr;
    }

    std::string folder_;
    std::chrono::steady_clock::time_point now_{1000s};
    double wall_ = 1800000000.5;
};

/// Standard output is something else while it lives.
class OtherOutput {
  public:
    explicit OtherOutput(int fd) : before_(::dup(STDOUT_FILENO)) { ::dup2(fd, STDOUT_FILENO); }
    ~OtherOutput() {
        ::dup2(before_, STDOUT_FILENO);
        ::close(before_);
    }
    OtherOutput(const OtherOutput&) = delete;
    OtherOutput& operator=(const OtherOutput&) = delete;

  private:
    int before_;
};

TEST_F(SinkTest, lines_are_added_to_a_file) {
    std::ofstream(path()) << "{\"old\":1}\n";
    const auto sink = open(path());
    sink->write(R"({"a":1})");
    sink->write("{\"b\":2}\n");
    EXPECT_EQ(read(path()), "{\"old\":1}\n{\"a\":1}\n{\"b\":2}\n");
    EXPECT_EQ(sink->counts().written, 2U);
    const auto other = open(path("new"));
    struct stat st{};
    ASSERT_EQ(::stat(path("new").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0007U, 0U);  // nothing for others: events name users
}

TEST_F(SinkTest, a_line_stays_one_line) {
    const auto sink = open(path());
    sink->write("{\"a\":\n1}\r\n\n");
    EXPECT_EQ(read(path()), "{\"a\": 1}\n");
}

TEST_F(SinkTest, what_cannot_be_opened_is_told) {
    const auto none = Sink::open({.file = path("no/such/folder")});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().find("No such file or directory; name a file"), std::string::npos) << none.error();
    EXPECT_FALSE(Sink::open({.file = ""}));
    EXPECT_FALSE(Sink::open({.file = folder_}));
}

TEST_F(SinkTest, more_than_the_rate_is_suppressed_and_told) {
    const auto sink = open(path(), 10);
    for (int i = 0; i < 25; ++i) sink->write("{}");  // a burst of twice the rate
    EXPECT_EQ(sink->counts().written, 20U);
    EXPECT_EQ(sink->counts().suppressed, 5U);
    wall_ += 100;  // `since` is the time of the first line that was suppressed
    sink->write("{}");
    sink->tick();
    const std::string text = read(path());
    EXPECT_TRUE(text.ends_with("{}\n{\"event\":\"suppressed\",\"count\":6,\"since\":1800000000.500000000}\n"))
        << text;
    sink->tick();
    EXPECT_EQ(read(path()), text);  // told once
    now_ += 500ms;                  // half a second: five lines more
    for (int i = 0; i < 7; ++i) sink->write("{}");
    EXPECT_EQ(sink->counts().suppressed, 8U);
    now_ += 1h;
    for (int i = 0; i < 21; ++i) sink->write("{}");
    EXPECT_EQ(sink->counts().suppressed, 9U);
}

TEST_F(SinkTest, no_rate_no_limit) {
    const auto sink = open(path(), 0);
    for (int i = 0; i < 5000; ++i) sink->write("{}");
    EXPECT_EQ(sink->counts().written, 5000U);
    EXPECT_EQ(sink->counts().suppressed, 0U);
}

TEST_F(SinkTest, a_moved_file_is_noticed) {
    const auto sink = open(path());
    sink->write(R"({"n":1})");
    fs::rename(path(), path("events.1"));
    sink->write(R"({"n":2})");  // still the old one: the file is looked for once a second
    sink->tick();
    sink->write(R"({"n":3})");
    EXPECT_EQ(read(path("events.1")), "{\"n\":1}\n{\"n\":2}\n");
    EXPECT_EQ(read(path()), "{\"n\":3}\n");
    EXPECT_EQ(sink->counts().reopened, 1U);
    sink->tick();
    EXPECT_EQ(sink->counts().reopened, 1U);
}

TEST_F(SinkTest, a_file_put_in_its_place_is_noticed) {
    const auto sink = open(path());
    std::ofstream(path("other")) << "";
    fs::rename(path("other"), path());
    sink->tick();
    sink->write("{}");
    EXPECT_EQ(read(path()), "{}\n");
}

TEST_F(SinkTest, reopen_on_demand) {
    const auto sink = open(path());
    fs::rename(path(), path("old"));
    sink->reopen();
    sink->write("{}");
    EXPECT_EQ(read(path()), "{}\n");
    EXPECT_EQ(read(path("old")), "");
}

TEST_F(SinkTest, a_folder_that_goes_away_and_comes_back) {
    fs::create_directory(path("log"));
    const auto sink = open(path("log/e"));
    fs::remove_all(path("log"));
    sink->tick();
    EXPECT_GE(sink->counts().errors, 1U);
    EXPECT_EQ(sink->counts().reopened, 0U);
    fs::create_directory(path("log"));
    sink->tick();
    sink->write("{}");
    EXPECT_EQ(read(path("log/e")), "{}\n");
}

TEST_F(SinkTest, a_full_disk_costs_lines_beyond_a_bound_but_no_memory) {
    fs::create_symlink("/dev/full", path());
    const auto sink = open(path());
    const std::string line(1000, 'x');
    for (int i = 0; i < 3000; ++i) sink->write(line);
    const Counts full = sink->counts();
    EXPECT_EQ(full.written, 0U);
    EXPECT_GE(full.errors, 1000U);
    EXPECT_EQ(full.lost, 3000 - Sink::kMaxWaiting / 1001);
    fs::remove(path());  // room again
    sink->tick();
    EXPECT_EQ(sink->counts().written, Sink::kMaxWaiting / 1001);
    const std::string text = read(path());
    EXPECT_EQ(text.size(), Sink::kMaxWaiting / 1001 * 1001);
    EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(Sink::kMaxWaiting / 1001));
}

TEST_F(SinkTest, too_long_a_line_is_lost) {
    const auto sink = open(path());
    sink->write(std::string(Sink::kMaxLine, 'x'));
    sink->write(std::string(Sink::kMaxLine - 1, 'y'));
    EXPECT_EQ(sink->counts().lost, 1U);
    EXPECT_EQ(read(path()).size(), Sink::kMaxLine);
}

TEST_F(SinkTest, suppressed_lines_are_told_when_there_is_room_again) {
    fs::create_symlink("/dev/full", path());
    const auto sink = open(path(), 10);
    const std::string line(Sink::kMaxLine - 1, 'x');
    for (int i = 0; i < 21; ++i) sink->write(line);
    EXPECT_EQ(sink->counts().suppressed, 1U);
    sink->tick();  // no room
    fs::remove(path());
    sink->tick();
    sink->tick();
    EXPECT_NE(read(path()).find("\"event\":\"suppressed\",\"count\":1,"), std::string::npos);
}

TEST_F(SinkTest, a_pipe_that_nobody_empties_does_not_block) {
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    const OtherOutput other(fds[1]);
    const auto sink = open("stdout");
    const std::string line(999, 'x');
    for (int i = 0; i < 4000; ++i) sink->write(line);
    const Counts counts = sink->counts();
    EXPECT_GT(counts.written, 10U);
    EXPECT_GT(counts.lost, 2000U);
    EXPECT_EQ(counts.errors, 0U);  // full is no error
    EXPECT_EQ(::fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0) << "others who write there must not see a change";
    // What was begun goes on where it was cut, and no line is torn.
    std::string got;
    char bytes[65536];
    ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 100; ++i) {
        for (ssize_t n = 0; (n = ::read(fds[0], bytes, sizeof bytes)) > 0;)
            got.append(bytes, static_cast<std::size_t>(n));
        sink->tick();
    }
    EXPECT_EQ(sink->counts().written + sink->counts().lost, 4000U);
    EXPECT_EQ(got.size(), sink->counts().written * 1000);
    for (std::size_t i = 999; i < got.size(); i += 1000) ASSERT_EQ(got[i], '\n');
    ::close(fds[0]);
    sink->write("{}");
    EXPECT_GE(sink->counts().errors, 1U);
    ::close(fds[1]);
}

TEST_F(SinkTest, standard_output_as_a_file_and_as_a_socket) {
    const int file = ::open(path().c_str(), O_WRONLY | O_CREAT, 0600);
    {
        const OtherOutput other(file);
        const auto sink = open("stdout");
        sink->write("{}");
        sink->reopen();
        sink->write("{}");
    }
    ::close(file);
    EXPECT_EQ(read(path()), "{}\n{}\n");
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    {
        const OtherOutput other(pair[1]);
        const auto sink = open("stdout");
        sink->write("{\"s\":1}");
        const std::string line(999, 'x');
        for (int i = 0; i < 3000; ++i) sink->write(line);
        EXPECT_GT(sink->counts().lost, 0U);
    }
    char bytes[8];
    ASSERT_EQ(::recv(pair[0], bytes, 8, 0), 8);
    EXPECT_EQ(std::string(bytes, 8), "{\"s\":1}\n");
    ::close(pair[0]);
    ::close(pair[1]);
}

TEST_F(SinkTest, a_fifo_without_reader_does_not_block) {
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    EXPECT_FALSE(Sink::open({.file = path("fifo")}));  // nobody reads yet: told at once
    const int reader = ::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK);
    const auto sink = open(path("fifo"));
    sink->write("{}");
    char bytes[8];
    EXPECT_EQ(::read(reader, bytes, sizeof bytes), 3);
    ::close(reader);
    sink->write("{}");
    EXPECT_GE(sink->counts().errors, 1U);
}

TEST_F(SinkTest, syslog_takes_line_by_line) {
    const auto sink = open("syslog");
    sink->write("{\"a\":1}");
    sink->write("100% {\"n\":\"%s%n\"}");  // no format of ours
    sink->tick();
    EXPECT_EQ(sink->counts().written, 2U);
    EXPECT_EQ(sink->counts().lost, 0U);
}

}  // namespace
}  // namespace kmsgate::control::events

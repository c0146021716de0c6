// SPDX-License-Identifier: BSD-3-Clause
// Captures: chosen frames as pcapng that other programs read.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "dataplane/link/pcapng.hpp"
#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

using namespace std::chrono_literals;

/// Everything up to the end of a capture.
struct Caught {
    std::string bytes;
    json end;
};
Caught catch_all(Client& c) {
    Caught out;
    while (auto told = c.told("capture")) {
        out.bytes += told->attachment;
        if (told->body["last"] == true) {
            out.end = told->body;
            return out;
        }
    }
    ADD_FAILURE() << "no end";
    return out;
}

std::string run(const std::string& command) {
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return "no shell";
    char line[512];
    while (std::fgets(line, sizeof line, pipe) != nullptr) out += line;
    return ::pclose(pipe) == 0 ? out : "failed: " + out;
}
bool have_tshark() {
    return run("command -v tshark") != "failed: ";
}
/// Fields of each frame as tshark reads them, one line each.
std::string tshark(const std::string& bytes, std::string_view fields) {
    Folder folder;
    const std::string file = folder.path + "/x.pcapng";
    std::ofstream(file, std::ios::binary) << bytes;
    std::string command = "tshark -r " + file + " -T fields -E separator=/s";
    for (const char c : fields) command += c == ' ' ? std::string(" -e ") : std::string(1, c);
    return run(command + " 2>/dev/null");
}

TEST(Capture, ChosenOutcomesAndGeneratedFrames) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    const json answer = c.call(
        {{"op", "capture"}, {"edge", "e"}, {"outcomes", {"redirect", "ip-malformed"}}, {"generated", true}});
    ASSERT_EQ(answer["ok"], true) << answer;
    kit.message(Kit::request(1));              // forwarded: not chosen
    kit.message(Kit::request(2, kToB));        // redirected, and the answer
    kit.message(Kit::request(3, kToB), 0, 2);  // of edge f
    kit.message(Kit::request(4, kToB), 0, 1);  // from outside: forwarded
    Bytes broken = frame4(bytes("x"));
    broken[17] = 0xFF;
    kit.frame(broken, 0, 1);
    ASSERT_EQ(c.outcome({{"op", "capture-stop"}}), "");
    const Caught caught = catch_all(c);
    EXPECT_EQ(caught.end["end"], "stopped");
    EXPECT_EQ(caught.end["frames"], 3);
    EXPECT_EQ(caught.end["capture"], answer["capture"]);
    EXPECT_EQ(caught.bytes.substr(0, 4), "\x0A\x0D\x0D\x0A");
    if (!have_tshark()) GTEST_SKIP() << "tshark is not installed";
    const std::string read =
        tshark(caught.bytes, " frame.comment frame.interface_name frame.len frame.time_epoch");
    const auto size = frame4(bytes(Kit::request(2, kToB).text())).size();
    EXPECT_NE(read.find(fmt::format("redirect e/inside {} 1700000000.000000000\n", size)), std::string::npos)
        << read;
    EXPECT_NE(read.find("generated e/inside "), std::string::npos) << read;
    EXPECT_NE(read.find("ip-malformed e/outside "), std::string::npos) << read;
    EXPECT_EQ(std::ranges::count(read, '\n'), 3) << read;
    EXPECT_EQ(tshark(caught.bytes, " sip.Status-Code").find("488"),
              tshark(caught.bytes, " sip.Status-Code").find_first_of("0123456789"));
}

TEST(Capture, CountSnapAndTime) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    ASSERT_EQ(c.outcome({{"op", "capture"}, {"outcomes", {"forward"}}, {"frames", 3}, {"snaplen", 60}}), "");
    kit.clock.time += 123'456'789;
    for (unsigned i = 1; i <= 5; ++i) kit.message(Kit::request(i), i % 2);
    const Caught caught = catch_all(c);
    EXPECT_EQ(caught.end["end"], "count");
    EXPECT_EQ(caught.end["frames"], 3);
    if (have_tshark()) {
        const auto size = frame4(bytes(Kit::request(1).text())).size();
        const std::string line = fmt::format("{} 60 1700000000.123456789\n", size);
        EXPECT_EQ(tshark(caught.bytes, " frame.len frame.cap_len frame.time_epoch"), line + line + line);
    }
    ASSERT_EQ(c.outcome({{"op", "capture"}, {"generated", true}, {"seconds", 1}}), "");
    const Caught none = catch_all(c);
    EXPECT_EQ(none.end["end"], "time");
    EXPECT_EQ(none.end["frames"], 0);
    EXPECT_GT(none.bytes.size(), 0U) << "an empty capture is a capture";
    ASSERT_EQ(c.outcome({{"op", "capture"}, {"generated", true}, {"seconds", 60}}), "");
    ASSERT_EQ(c.outcome({{"op", "capture"}, {"generated", true}, {"seconds", 60}}), "");
    EXPECT_EQ(catch_all(c).end["end"], "replaced");
}

TEST(Capture, FramesInPiecesAreWhole) {
    Kit kit;
    kit.publish(table(), 1);
    watch::WorkerWatch::SharedCapture wish(
        {.id = 1, .edge = {}, .outcomes = {core::Outcome::forward}, .frames = 10});
    kit.watches[0]->set_capture(&wish);
    Sip large = Kit::request(1);
    large.extra = "X-Long: " + std::string(5000, 'x') + "\r\n";
    const Bytes sent = frame4(bytes(large.text()));
    kit.frame(sent);
    std::vector<Bytes> got;
    kit.watches[0]->drain(1 << 20, [&](const watch::Told& told) {
        if (told.kind == watch::Told::Kind::frame) got.emplace_back(told.bytes.begin(), told.bytes.end());
    });
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0], sent);
    kit.watches[0]->set_capture(nullptr);
}

TEST(Pcapng, Blocks) {
    std::string out = pcapng_head("p", "edge", 100);
    const Bytes frame = {1, 2, 3, 4, 5};
    append_pcapng(out, {.interface = 1,
                        .time = 0x0102030405060708,
                        .length = 9,
                        .sent = true,
                        .bytes = frame,
                        .comment = "abc"});
    const auto get = [&](std::size_t at) {
        std::uint32_t v = 0;
        for (std::size_t i = 4; i-- > 0;) v = v << 8 | static_cast<unsigned char>(out[at + i]);
        return v;
    };
    // blocks follow each other, each with its length at both ends, in fours
    std::vector<std::uint32_t> types;
    std::size_t at = 0, last = 0;
    while (at < out.size()) {
        types.push_back(get(at));
        const std::uint32_t size = get(at + 4);
        ASSERT_EQ(size % 4, 0U);
        ASSERT_LE(at + size, out.size());
        ASSERT_EQ(get(at + size - 4), size);
        last = at;
        at += size;
    }
    EXPECT_EQ(types, (std::vector<std::uint32_t>{0x0A0D0D0A, 1, 1, 6}));
    EXPECT_EQ(get(last + 8), 1U);
    EXPECT_EQ(get(last + 12), 0x01020304U);
    EXPECT_EQ(get(last + 16), 0x05060708U);
    EXPECT_EQ(get(last + 20), 5U);
    EXPECT_EQ(get(last + 24), 9U);
    EXPECT_EQ(out.substr(last + 28, 8), std::string("\1\2\3\4\5\0\0\0", 8));
    EXPECT_EQ(get(last + 36), 0x00030001U) << "a comment of three bytes";
}

}  // namespace
}  // namespace kmsgate::link::test

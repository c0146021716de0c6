// SPDX-License-Identifier: BSD-3-Clause
// Every peer reads the messages of the bench and comes to the names that stand in them.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/peers/common/messages.hpp"
#include "bench/peers/inproc/contestants.hpp"
#include "bench/peers/inproc/floor_avx2.hpp"
#include "bench/peers/inproc/osip.hpp"
#include "bench/peers/inproc/sofia.hpp"
#include "bench/stages/i_message.hpp"
#include "bench/stages/messages.hpp"

namespace kmsgate::peers {
namespace {

const std::vector<bench::Invite>& invites() {
    static const auto made = bench::make_invites();
    return made;
}

TEST(Peers, EveryContestantFindsBothNamesOfEveryMessage) {
    std::vector<std::uint8_t> scratch(4096);
    std::size_t asked = 0;
    for (const Contestant& c : contestants()) {
        if (c.names == nullptr) continue;  // kmsgate: checked against the message by bench::Workload
        ++asked;
        for (const bench::Invite& in : invites()) {
            const Names found = c.names(in.text, scratch);
            ASSERT_EQ(found.initiator, in.kmsi) << c.name;
            ASSERT_EQ(found.receiver, in.kmsr) << c.name;
        }
    }
    EXPECT_EQ(asked, 3U);
}

TEST(Peers, BothParsersGiveOutOneTextPerMessage) {
    for (const Keys keys : {&sofia_keys, &osip_keys})
        for (const bench::Invite& in : invites()) {
            std::string taken;
            ASSERT_TRUE(keys(in.text, {&taken, [](void* self, std::string_view text) {
                                           static_cast<std::string*>(self)->append(text).append("|");
                                       }}));
            const std::size_t at = in.text.find("key-mgmt:mikey ") + 15;
            EXPECT_EQ(taken, in.text.substr(at, in.text.find('\r', at) - at) + "|");
        }
}

TEST(Peers, AnApplicationOnEitherParserJudgesPlainMessages) {
    const bench::Invite& in = invites()[0];
    for (const Keys keys : {&sofia_keys, &osip_keys}) {
        EXPECT_EQ(sight(keys, in.text, in.kmsi), in.kmsi == in.kmsr ? Sight::allowed : Sight::stopped);
        EXPECT_EQ(sight(keys, in.text, "kms.nobody.example"), Sight::stopped);
        std::string other = in.text;
        other.replace(other.find("key-mgmt:mikey"), 14, "key-mgmt:keyp2");
        EXPECT_EQ(sight(keys, other, in.kmsi), Sight::nothing);
        EXPECT_EQ(sight(keys, "no SIP at all", in.kmsi), Sight::unparsable);
    }
}

TEST(Peers, TheFloorDecodesEveryLengthAndCharacter) {
    bench::Random random(1);
    std::array<std::uint8_t, 512> out{};
    for (std::size_t size = 1; size < 400; ++size) {
        const std::string bytes = random.bytes(size);
        ASSERT_EQ(decode_believed(bench::base64(bytes), out.data()), size);
        ASSERT_EQ(std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)), bytes);
    }
}

TEST(Peers, MessagesSurviveTheirFile) {
    const std::string path = testing::TempDir() + "kmsgate-peers-messages";
    const std::vector<std::string> messages = {"one", std::string("\0\r\n", 3), std::string(70000, 'x')};
    ASSERT_TRUE(write_messages(path, messages));
    EXPECT_EQ(read_messages(path).value(), messages);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    EXPECT_FALSE(read_messages(path));
    std::filesystem::remove(path);
    EXPECT_FALSE(read_messages(path));
}

}  // namespace
}  // namespace kmsgate::peers

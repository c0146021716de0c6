// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/watch/ring.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <thread>

namespace kmsgate::watch {
namespace {

bool put(ByteRing& ring, std::string_view text) {
    const auto room = ring.reserve(text.size());
    if (room.data() == nullptr) return false;
    std::memcpy(room.data(), text.data(), text.size());
    ring.commit();
    return true;
}
/// The next record; "-" for none.
std::string take(ByteRing& ring) {
    const auto bytes = ring.front();
    if (bytes.data() == nullptr) return "-";
    std::string out(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ring.pop();
    return out;
}

TEST(ByteRing, InOrderAndWhole) {
    ByteRing ring(256);
    EXPECT_EQ(take(ring), "-");
    EXPECT_TRUE(put(ring, "one"));
    EXPECT_TRUE(put(ring, ""));
    EXPECT_TRUE(put(ring, "three"));
    EXPECT_EQ(take(ring), "one");
    EXPECT_EQ(take(ring), "");
    EXPECT_EQ(take(ring), "three");
    EXPECT_EQ(take(ring), "-");
}

TEST(ByteRing, UncommittedIsUnseen) {
    ByteRing ring(256);
    const auto room = ring.reserve(8);
    ASSERT_EQ(room.size(), 8U);
    EXPECT_EQ(take(ring), "-");
    std::memcpy(room.data(), "12345678", 8);
    ring.commit();
    EXPECT_EQ(take(ring), "12345678");
}

TEST(ByteRing, FullIsFull) {
    ByteRing ring(128);
    EXPECT_FALSE(put(ring, std::string(65, 'x'))) << "more than half of it";
    int n = 0;
    while (put(ring, "12345678")) ++n;
    EXPECT_EQ(n, 8) << "each takes 16 bytes";
    EXPECT_EQ(take(ring), "12345678");
    EXPECT_TRUE(put(ring, "abcdefgh"));
    EXPECT_FALSE(put(ring, "x"));
}

TEST(ByteRing, EverySizeAtEveryPlace) {
    for (std::size_t size = 0; size <= 64; ++size) {
        ByteRing ring(128);
        for (int i = 0; i < 300; ++i) {
            const std::string text(size, static_cast<char>('a' + i % 26));
            ASSERT_TRUE(put(ring, text)) << size << " " << i;
            ASSERT_EQ(take(ring), text);
        }
    }
}

TEST(ByteRing, TwoThreads) {
    ByteRing ring(4096);
    constexpr int kRecords = 200'000;
    std::uint64_t lost = 0;
    std::thread writer([&] {
        std::mt19937 random(5);
        for (int i = 0; i < kRecords; ++i) {
            std::string text(4 + random() % 200, static_cast<char>(i));
            std::memcpy(text.data(), &i, sizeof i);
            if (!put(ring, text)) {
                ++lost;
                std::this_thread::yield();
            }
        }
        const int end = -1;
        while (!put(ring, {reinterpret_cast<const char*>(&end), sizeof end})) std::this_thread::yield();
    });
    std::uint64_t got = 0;
    for (int last = -1;;) {
        const std::string text = take(ring);
        if (text == "-") {
            std::this_thread::yield();
            continue;
        }
        int number = 0;
        std::memcpy(&number, text.data(), sizeof number);
        if (number == -1) break;
        ++got;
        if (number <= last ||
            text.find_first_not_of(static_cast<char>(number), sizeof number) != std::string::npos) {
            ADD_FAILURE() << "record " << number << " after " << last;
            break;
        }
        last = number;
    }
    writer.join();
    EXPECT_EQ(got + lost, static_cast<std::uint64_t>(kRecords));
    EXPECT_GT(got, 0U);
}

}  // namespace
}  // namespace kmsgate::watch

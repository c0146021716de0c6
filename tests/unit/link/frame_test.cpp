// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/frame.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <span>

namespace kmsgate::link {
namespace {

std::span<const std::byte> as_bytes(std::string_view s) {
    return std::as_bytes(std::span(s));
}
std::string text(const std::vector<std::byte>& b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}
/// A head of any sizes, without looking at limits.
std::string head(std::uint32_t magic, std::uint32_t json, std::uint64_t attachment) {
    std::string out(16, '\0');
    for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(magic >> (8 * i));
    for (std::size_t i = 0; i < 4; ++i) out[4 + i] = static_cast<char>(json >> (8 * i));
    for (std::size_t i = 0; i < 8; ++i) out[8 + i] = static_cast<char>(attachment >> (8 * i));
    return out;
}

TEST(Frame, Layout) {
    // u32 LE magic 0x4b47534b, u32 LE JSON size, u64 LE attachment size, JSON, attachment
    const std::string frame = encode("{}", 0x0102030405);
    EXPECT_EQ(frame, std::string("KSGK\x02\0\0\0\x05\x04\x03\x02\x01\0\0\0{}", 18));
    EXPECT_EQ(frame.substr(0, 16), head(kMagic, 2, 0x0102030405));
}

TEST(Frame, CutAnywhere) {
    const std::string stream =
        encode(R"({"id":1})", 5) + "12345" + encode("{}") + encode(R"({"a":"b"})", 1) + "x";
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        Decoder decoder;
        std::string got;
        for (std::size_t at = 0; at < stream.size();) {
            const auto taken = decoder.take(as_bytes(std::string_view(stream).substr(at, step)));
            ASSERT_TRUE(taken.has_value());
            at += *taken;
            if (decoder.ready()) {
                const Frame f = decoder.fetch();
                got += f.json + "|" + text(f.attachment) + ";";
            }
        }
        EXPECT_EQ(got, "{\"id\":1}|12345;{}|;{\"a\":\"b\"}|x;") << step;
        EXPECT_TRUE(decoder.empty());
    }
}

TEST(Frame, TakesNothingWhileAFrameWaits) {
    Decoder decoder;
    const std::string two = encode("{}") + encode("[]");
    EXPECT_EQ(decoder.take(as_bytes(two)).value(), 18U);
    EXPECT_EQ(decoder.take(as_bytes(two)).value(), 0U);
    EXPECT_EQ(decoder.fetch().json, "{}");
    EXPECT_FALSE(decoder.ready());
}

Fault fault_of(std::string_view bytes, Decoder::Limit limit = {}) {
    Decoder decoder(std::move(limit));
    const auto taken = decoder.take(as_bytes(bytes));
    EXPECT_FALSE(taken.has_value());
    EXPECT_FALSE(decoder.ready());
    EXPECT_FALSE(decoder.take(as_bytes(encode("{}"))).has_value()) << "a broken stream stays broken";
    return taken ? Fault{} : taken.error();
}

TEST(Frame, Limits) {
    EXPECT_EQ(fault_of("X"), Fault::magic) << "told by the first byte";
    EXPECT_EQ(fault_of("KSG "), Fault::magic);
    EXPECT_EQ(fault_of(head(kMagic + 1, 2, 0)), Fault::magic);
    EXPECT_EQ(fault_of(head(kMagic, 0, 0)), Fault::json_size);
    EXPECT_EQ(fault_of(head(kMagic, kMaxJson + 1, 0)), Fault::json_size);
    EXPECT_EQ(fault_of(head(kMagic, ~0U, 0)), Fault::json_size);
    EXPECT_EQ(fault_of(head(kMagic, 2, kMaxAttachment + 1)), Fault::attachment_size);
    EXPECT_EQ(fault_of(head(kMagic, 2, ~std::uint64_t{0})), Fault::attachment_size);
    const auto all = [](std::string_view) { return ~std::uint64_t{0}; };
    EXPECT_EQ(fault_of(head(kMagic, 2, kMaxTable + 1), all), Fault::attachment_size);
    // JSON at its limit is taken
    Decoder decoder;
    const std::string most = encode(std::string(kMaxJson, ' '));
    EXPECT_EQ(decoder.take(as_bytes(most)).value(), most.size());
    EXPECT_EQ(decoder.fetch().json.size(), kMaxJson);
}

TEST(Frame, TheLimitIsAskedOnceTheJsonIsWhole) {
    std::string asked;
    const auto limit = [&](std::string_view json) {
        asked += json;
        return json == "{1}" ? kMaxTable : kMaxAttachment;
    };
    const std::uint64_t large = kMaxAttachment + 1;
    Decoder decoder(limit);
    ASSERT_TRUE(decoder.take(as_bytes(head(kMagic, 3, large) + "{1")).has_value());
    EXPECT_EQ(asked, "");
    ASSERT_TRUE(decoder.take(as_bytes("}")).has_value());
    EXPECT_EQ(asked, "{1}");
    EXPECT_FALSE(decoder.ready());
    EXPECT_EQ(fault_of(head(kMagic, 3, large) + "{2}", limit), Fault::attachment_size);
    asked.clear();
    Decoder small(limit);
    ASSERT_TRUE(small.take(as_bytes(encode("{2}", 2) + "ab")).has_value());
    EXPECT_EQ(asked, "") << "what every frame may carry needs no leave";
    EXPECT_TRUE(small.ready());
}

TEST(Frame, RoomIsTakenAsBytesArrive) {
    // The word of a head costs nothing: a gigabyte is announced again and again, little arrives.
    std::vector<Decoder> many;
    for (int i = 0; i < 1000; ++i) {
        many.emplace_back([](std::string_view) { return kMaxTable; });
        ASSERT_TRUE(many.back().take(as_bytes(head(kMagic, 2, kMaxTable) + "{}abc")).has_value());
    }
    Decoder decoder;
    std::string bytes = encode("{}", 1'000'000);
    bytes.append(1000, 'x');
    ASSERT_TRUE(decoder.take(as_bytes(bytes)).has_value());
    for (int i = 0; i < 998; ++i) ASSERT_TRUE(decoder.take(as_bytes(std::string(1000, 'x'))).has_value());
    EXPECT_FALSE(decoder.ready());
    ASSERT_TRUE(decoder.take(as_bytes(std::string(1000, 'x'))).has_value());
    const Frame frame = decoder.fetch();
    EXPECT_EQ(frame.attachment.size(), 1'000'000U);
    EXPECT_LE(frame.attachment.capacity(), 1'000'000U);
}

}  // namespace
}  // namespace kmsgate::link

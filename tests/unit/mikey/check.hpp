// SPDX-License-Identifier: BSD-3-Clause
// Shared assertions: what a message reads as, in both spellings.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/message.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/simd/level.hpp"
#include "tests/unit/mikey/builder.hpp"

namespace kmsgate::mikey::test {

inline std::string name(const std::optional<Rule>& r) {
    return r ? std::string(to_string(*r)) : std::string("-");
}

inline void expect_same(const Message& a, const Message& b) {
    EXPECT_EQ(name(a.fault), name(b.fault));
    EXPECT_EQ(a.relaxed, b.relaxed);
    EXPECT_EQ(a.header_read, b.header_read);
    EXPECT_EQ(a.data_type, b.data_type);
    EXPECT_EQ(a.csb_id, b.csb_id);
    EXPECT_EQ(a.present, b.present);
    EXPECT_EQ(a.idr_type, b.idr_type);
    for (std::size_t i = 0; i < kRoles; ++i)
        EXPECT_TRUE(std::ranges::equal(a.idr[i], b.idr[i])) << "role " << i;
}

/// An answer together with the bytes that its views point into.
struct Look : Message {
    Octets bytes;
};

/// The plain reader at every level that this CPU has: it takes what breaks no rule, and only that, and says
/// the same of it.
inline void expect_plain(const std::string& text, const Message& unrelaxed) {
    const simd::Level before = simd::level();
    for (const simd::Level level : simd::kLevels) {
        if (!simd::force(level)) continue;
        const std::vector<char> exact(text.begin(), text.end());
        std::vector<std::uint8_t> scratch(plain_bytes(text.size()));
        // whatever another message left must be gone
        Message m;
        m.fault = Rule::payload_length;
        m.idr.fill(scratch);
        m.idr_type.fill(0xFF);
        m.present = 0xFFFF;
        const bool taken = read_plain({exact.data(), exact.size()}, scratch, m);
        EXPECT_EQ(taken, !unrelaxed.fault && text.size() >= 68) << to_string(level);
        if (taken) expect_same(m, unrelaxed);
    }
    ASSERT_TRUE(simd::force(before));
}

/// Reads the bytes from storage of exactly their size (so that a sanitizer sees one byte too many), and their
/// base64.
inline Look look(Octets data, RuleSet relax = {}) {
    data.shrink_to_fit();
    const Message m = read(data, relax);
    const std::string text = base64(data);
    std::vector<std::uint8_t> scratch(base64_bytes(text.size()));
    expect_same(m, read_base64(text, scratch, relax));
    expect_plain(text, read(data));
    return {m, std::move(data)};
}

/// `rule` is the fault; when it is relaxed alone, the message is read and the rule recorded, or `then` is the
/// fault.
inline void expect_rule(const Octets& data, Rule rule, std::optional<Rule> then = std::nullopt) {
    EXPECT_EQ(name(look(data).fault), to_string(rule));
    const Look relaxed = look(data, rules({rule}));
    if (!relaxable(rule)) then = rule;
    EXPECT_EQ(name(relaxed.fault), name(then)) << "with " << to_string(rule) << " relaxed";
    if (!then) {
        EXPECT_EQ(relaxed.relaxed, rules({rule}));
    }
}

/// A real message with one part replaced or added.
inline Octets with_part(std::size_t at, const Part& part) {
    Parts parts = real_parts();
    parts[at] = part;
    return chain(parts);
}
inline Octets with_inserted(std::size_t before, const Part& part) {
    Parts parts = real_parts();
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(before), part);
    return chain(parts);
}

}  // namespace kmsgate::mikey::test

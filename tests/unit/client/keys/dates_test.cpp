// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/dates.hpp"

#include <gtest/gtest.h>

#include "dataplane/mikey/uid.hpp"

namespace kmsgate::client::keys {
namespace {

TEST(Dates, ReadsXsdDateTime) {
    EXPECT_EQ(parse_date_time("1970-01-01T00:00:00Z"), Time{0});
    EXPECT_EQ(parse_date_time("2001-09-09T01:46:40Z"), 1'000'000'000 * kSecond);
    EXPECT_EQ(parse_date_time("2001-09-09T01:46:40"), 1'000'000'000 * kSecond);
    EXPECT_EQ(parse_date_time("2001-09-09T03:46:40+02:00"), 1'000'000'000 * kSecond);
    EXPECT_EQ(parse_date_time("2001-09-08T20:16:40-05:30"), 1'000'000'000 * kSecond);
    EXPECT_EQ(parse_date_time("2001-09-09T01:46:40.25Z"), 1'000'000'000 * kSecond + kSecond / 4);
    EXPECT_EQ(parse_date_time("2001-09-09T01:46:40.0000000019Z"), 1'000'000'000 * kSecond + 1);
    EXPECT_EQ(parse_date_time("2024-02-29T00:00:00Z"), 1709164800 * kSecond);
}

TEST(Dates, RefusesEverythingElse) {
    for (const char* text : {"",
                             "2026",
                             "2026-01-01",
                             "2026-01-01T00:00Z",
                             "2026-01-01 00:00:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-02-30T00:00:00Z",
                             "2025-02-29T00:00:00Z",
                             "2026-01-01T24:00:00Z",
                             "2026-01-01T00:60:00Z",
                             "2026-01-01T00:00:60Z",
                             "2026-01-01T00:00:00ZZ",
                             "2026-01-01T00:00:00+1:00",
                             "2026-01-01T00:00:00+15:00",
                             "2026-01-01T00:00:00+01:60",
                             "2026-01-01T00:00:00.Z",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:00:00+00:01",
                             "2500-01-01T00:00:00Z",
                             "9999-12-31T23:59:59Z",
                             "-026-01-01T00:00:00Z"})
        EXPECT_FALSE(parse_date_time(text)) << text;
}

TEST(Dates, WritesWhatItReads) {
    EXPECT_EQ(to_date_time(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_date_time(1'000'000'000 * kSecond + 999), "2001-09-09T01:46:40Z");
    EXPECT_EQ(to_date_time(1709164800 * kSecond), "2024-02-29T00:00:00Z");
}

TEST(Dates, PeriodsStartWhereTheirNumberBegins) {
    // TS 33.180 F.2.1: NTP time 3599719634 lies in period 1388 of 2592000 seconds
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{86400}}) {
        const auto start = start_of_period(1388, 2592000, offset);
        ASSERT_TRUE(start);
        EXPECT_EQ(*start / kSecond, 1388U * 2592000 + offset - 2208988800);
        EXPECT_EQ(mikey::period_number(*start, 2592000, offset), 1388U);
        EXPECT_EQ(mikey::period_number(*start - 1, 2592000, offset), 1387U);
    }
    EXPECT_FALSE(start_of_period(0, 2592000, 0));
    EXPECT_FALSE(start_of_period(18446744073709551615U, 2592000, 0));
    EXPECT_FALSE(start_of_period(1, 18446744073709551615U, 1));
    EXPECT_FALSE(start_of_period(1'000'000'000'000, 2592000, 0));
}

}  // namespace
}  // namespace kmsgate::client::keys

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/dates.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace kmsgate::client::keys {

namespace {

constexpr std::int64_t kMostSeconds = 16725225600;  // 2500-01-01, inside 64 bits of nanoseconds
constexpr std::uint64_t kNtpToUnix = 2208988800;    // RFC 5905 6: the NTP clock starts in 1900

/// Exactly `digits` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = 10 * value + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

/// Seconds that the text behind the time says it is ahead of UTC.
std::optional<std::int64_t> take_offset(std::string_view& text) {
    if (text.empty() || take(text, 'Z')) return 0;
    const bool west = take(text, '-');
    if (!west && !take(text, '+')) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *hours > 14 || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60;
    return west ? -seconds : seconds;
}

}  // namespace

std::optional<Time> parse_date_time(std::string_view text) {
    using namespace std::chrono;
    const auto y = take_number(text, 4);
    if (!y || !take(text, '-')) return std::nullopt;
    const auto mo = take_number(text, 2);
    if (!mo || !take(text, '-')) return std::nullopt;
    const auto d = take_number(text, 2);
    if (!d || !take(text, 'T')) return std::nullopt;
    const auto h = take_number(text, 2);
    if (!h || !take(text, ':')) return std::nullopt;
    const auto mi = take_number(text, 2);
    if (!mi || !take(text, ':')) return std::nullopt;
    const auto s = take_number(text, 2);
    if (!s) return std::nullopt;
    std::uint64_t fraction = 0;
    if (take(text, '.')) {
        std::uint64_t unit = kSecond / 10;
        if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
        for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10)
            fraction += unit * static_cast<std::uint64_t>(text.front() - '0');
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
    const std::int64_t seconds = sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                                 std::int64_t{*h} * 3600 + std::int64_t{*mi} * 60 + *s - *offset;
    if (seconds < 0 || seconds >= kMostSeconds) return std::nullopt;
    return static_cast<Time>(seconds) * kSecond + fraction;
}

std::string to_date_time(Time time) {
    using namespace std::chrono;
    const auto seconds_since = static_cast<std::int64_t>(time / kSecond);
    const sys_days date{days(seconds_since / 86400)};
    const year_month_day ymd(date);
    const auto rest = static_cast<int>(seconds_since % 86400);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), rest / 3600,
                  rest / 60 % 60, rest % 60);
    return text.data();
}

std::optional<Time> start_of_period(std::uint64_t number, std::uint64_t period, std::uint64_t offset) {
    std::uint64_t ntp = 0;
    if (__builtin_mul_overflow(number, period, &ntp) || __builtin_add_overflow(ntp, offset, &ntp))
        return std::nullopt;
    if (ntp < kNtpToUnix || ntp - kNtpToUnix >= static_cast<std::uint64_t>(kMostSeconds)) return std::nullopt;
    return (ntp - kNtpToUnix) * kSecond;
}

}  // namespace kmsgate::client::keys

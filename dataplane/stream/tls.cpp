// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/tls.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::stream {

using sip::LooksLike;

namespace {

constexpr std::uint8_t kFirstType = 20, kAlert = 21, kLastType = 24;
constexpr std::uint8_t kClientHello = 1, kServerHello = 2;
constexpr std::uint8_t kMajor = 3;
constexpr std::uint32_t kHandshakeHeader = 4;
constexpr std::uint32_t kRandom = 32, kMaxSession = 32;
/// Up to the session id's length, then the least that the lists behind it take.
constexpr std::uint32_t kFixed = kOpening - kRecordHeader, kLeastHello = kFixed + 4 + 2;

std::uint32_t number(std::string_view bytes) noexcept {
    std::uint32_t n = 0;
    for (const char c : bytes) n = n << 8 | static_cast<std::uint8_t>(c);
    return n;
}

/// Takes lengths and what they cover off the front of a message.
class Reader {
  public:
    explicit Reader(std::string_view rest) noexcept : rest_(rest) {}
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::optional<std::string_view> take(std::size_t n) noexcept {
        if (n > rest_.size()) return std::nullopt;
        const std::string_view taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }
    /// A vector whose length stands in `width` bytes in front of it (RFC 8446 3.4).
    [[nodiscard]] std::optional<std::string_view> vector(std::size_t width) noexcept {
        const auto length = take(width);
        return length ? take(number(*length)) : std::nullopt;
    }

  private:
    std::string_view rest_;
};

}  // namespace

std::expected<Record, Broken> read_record(std::string_view bytes) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (!bytes.empty() && (at(0) < kFirstType || at(0) > kLastType)) return std::unexpected(Broken::records);
    if (bytes.size() > 1 && at(1) != kMajor) return std::unexpected(Broken::records);
    if (bytes.size() > 2 && at(2) > 4) return std::unexpected(Broken::records);
    if (bytes.size() < kRecordHeader) return Record{};
    const std::uint32_t size = number(bytes.substr(3, 2));
    if (size == 0 || size > kMaxRecord) return std::unexpected(Broken::records);
    return Record{at(0), size};
}

LooksLike opens_tls(std::string_view start) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(start[i]); };
    const auto record = read_record(start.substr(0, kRecordHeader));
    if (!record || (!start.empty() && at(0) != kHandshake)) return LooksLike::no;
    if (record->size != 0 && record->size < kFixed) return LooksLike::no;
    if (start.size() > 5 && at(5) != kClientHello) return LooksLike::no;
    if (start.size() > 8) {
        const std::uint32_t size = hello_size(start);
        if (size < kLeastHello || size > kMaxHello || size < record->size) return LooksLike::no;
    }
    if (start.size() > 9 && at(9) != kMajor) return LooksLike::no;
    if (start.size() > 10 && (at(10) < 1 || at(10) > 3)) return LooksLike::no;
    if (start.size() < kOpening) return LooksLike::need_more;
    return at(kOpening - 1) <= kMaxSession ? LooksLike::yes : LooksLike::no;
}

LooksLike answers_tls(std::string_view start) noexcept {
    const auto record = read_record(start.substr(0, kRecordHeader));
    if (!record) return LooksLike::no;
    if (start.empty()) return LooksLike::need_more;
    if (start[0] != kHandshake && start[0] != kAlert) return LooksLike::no;
    if (start.size() < kAnswer) return LooksLike::need_more;
    return start[0] == kAlert || start[kRecordHeader] == kServerHello ? LooksLike::yes : LooksLike::no;
}

std::uint32_t hello_size(std::string_view start) noexcept {
    return number(start.substr(kRecordHeader + 1, 3)) + kHandshakeHeader;
}

std::string_view content_of(std::string_view records, std::span<char> room) noexcept {
    const auto size = [&] {
        return std::min<std::size_t>(number(records.substr(3, 2)), records.size() - kRecordHeader);
    };
    if (records.size() < kRecordHeader) return {};
    if (kRecordHeader + size() == records.size()) return records.substr(kRecordHeader);
    std::size_t have = 0;
    while (records.size() >= kRecordHeader) {
        const std::size_t n = size();
        std::memmove(room.data() + have, records.data() + kRecordHeader, n);
        have += n;
        records.remove_prefix(kRecordHeader + n);
    }
    return {room.data(), have};
}

bool is_client_hello(std::string_view message) noexcept {
    Reader all(message);
    const auto type = all.take(1);
    const auto body = all.vector(3);
    if (!type || number(*type) != kClientHello || !body || !all.empty()) return false;
    Reader hello(*body);
    const auto version = hello.take(2);
    if (!version || (*version)[0] != kMajor || (*version)[1] < 1 || (*version)[1] > 3) return false;
    if (!hello.take(kRandom)) return false;
    const auto session = hello.vector(1);
    if (!session || session->size() > kMaxSession) return false;
    const auto suites = hello.vector(2);
    if (!suites || suites->empty() || suites->size() % 2 != 0) return false;
    const auto compression = hello.vector(1);
    if (!compression || compression->empty()) return false;
    if (hello.empty()) return true;  // as clients before TLS 1.2 have it
    const auto extensions = hello.vector(2);
    if (!extensions || !hello.empty()) return false;
    for (Reader each(*extensions); !each.empty();)
        if (!each.take(2) || !each.vector(2)) return false;
    return true;
}

bool names_sip(std::string_view bytes) noexcept {
    constexpr std::string_view kVersion = "SIP/2.0";
    constexpr std::size_t kSlash = kVersion.find('/');
    for (std::size_t at = bytes.find('/'); at != std::string_view::npos; at = bytes.find('/', at + 1))
        if (at >= kSlash && sip::istarts_with(bytes.substr(at - kSlash), kVersion)) return true;
    return false;
}

}  // namespace kmsgate::stream

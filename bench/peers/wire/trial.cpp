// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/wire/trial.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace kmsgate::peers {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kDigits = 12;  // hexadecimal, of the number in a message's branch and Call-ID
constexpr double kLoss = 0.001;      // what a rate may lose
constexpr double kBehind = 0.97;     // a sender that reaches less than this share cannot tell
constexpr double kQueued = 1.03;     // what may arrive late, as a share of the trial
constexpr double kHiccup = 0.01;     // .. and in seconds
constexpr auto kQuiet = std::chrono::milliseconds(60);  // nothing came for so long: nothing will
constexpr auto kPatience = std::chrono::milliseconds(50);
constexpr std::size_t kBurst = 16;  // what the pace may send at once
constexpr std::string_view kBranch = "branch=z9hG4bK", kCallId = "Call-ID: ";

void put_number(std::string& message, std::size_t at, std::uint64_t number) noexcept {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t k = kDigits; k-- > 0; number >>= 4) message[at + k] = kHex[number & 15U];
}

std::optional<std::uint64_t> number_of(std::string_view datagram) noexcept {
    const std::size_t at = datagram.find(kCallId);
    if (at == std::string_view::npos || datagram.size() < at + kCallId.size() + kDigits) return {};
    const char* first = datagram.data() + at + kCallId.size();
    std::uint64_t number = 0;
    const auto read = std::from_chars(first, first + kDigits, number, 16);
    if (read.ec != std::errc() || read.ptr != first + kDigits) return {};
    return number;
}

/// A final response to a request: what has to be copied, and no body.
void write_ok(std::string_view request, std::string& out) {
    out = "SIP/2.0 200 OK\r\n";
    for (std::size_t at = request.find("\r\n") + 2; at < request.size();) {
        const std::size_t end = request.find("\r\n", at);
        if (end == std::string_view::npos || end == at) break;
        const std::string_view line = request.substr(at, end - at);
        const bool to = line.starts_with("To:");
        if (to || line.starts_with("Via:") || line.starts_with("From:") || line.starts_with("Call-ID:") ||
            line.starts_with("CSeq:"))
            out.append(line).append(to ? ";tag=far\r\n" : "\r\n");
        at = end + 2;
    }
    out += "Content-Length: 0\r\n\r\n";
}

/// No number of this machine's life comes twice: fewer than a million messages a second are sent.
std::uint64_t fresh_number() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) &
           0xFFFFFFFFFFFF;
}

double seconds_of(Clock::duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace

bool Result::good() const noexcept {
    return loss() <= kLoss && kept_up() && seconds <= kQueued * sending + kHiccup;
}

bool Result::kept_up() const noexcept {
    return offered >= kBehind * asked;
}

struct Bed::Book {
    Result result;
    std::uint64_t first = 0;  ///< number of the first message
    std::uint64_t total = 0;
    bool times = false;
    std::vector<bool> seen;
    std::vector<Clock::time_point> sent_at;
    Clock::time_point last_arrival;

    void arrived(std::optional<std::uint64_t> number, bool expected) {
        if (!expected || !number || *number < first || *number - first >= result.sent ||
            seen[*number - first]) {
            ++result.other;
            return;
        }
        const std::uint64_t i = *number - first;
        seen[i] = true;
        ++result.arrived;
        if (times) result.microseconds.push_back(1e6 * seconds_of(last_arrival - sent_at[i]));
    }
};

std::expected<Bed, std::string> Bed::open(const Options& options, std::vector<std::string> messages) {
    auto near = Port::open(options.near_space, options.near);
    if (!near) return std::unexpected("near side: " + near.error());
    auto far = Port::open(options.far_space, options.far);
    if (!far) return std::unexpected("far side: " + far.error());
    return Bed(std::move(*near), std::move(*far), options, std::move(messages));
}

Bed::Bed(Port near, Port far, const Options& options, std::vector<std::string> messages)
    : near_(std::move(near)), far_(std::move(far)), options_(options), messages_(std::move(messages)) {
    for (const std::string& m : messages_) {
        const std::size_t branch = m.find(kBranch), call_id = m.find(kCallId);
        const bool both = branch != std::string::npos && call_id != std::string::npos;
        places_.push_back({both ? branch + kBranch.size() : 0, both ? call_id + kCallId.size() : 0});
    }
}

void Bed::renumber(std::size_t i, std::uint64_t number) noexcept {
    put_number(messages_[i], places_[i].branch, number);
    put_number(messages_[i], places_[i].call_id, number);
}

void Bed::send_due(Book& book, std::uint64_t due) {
    std::array<const std::string*, kBurst> batch;
    const std::uint64_t from = book.result.sent;
    const std::size_t count = std::min<std::uint64_t>(
        {due - from, kBurst, messages_.size()});  // no message stands twice in a batch
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t i = (from + k) % messages_.size();
        renumber(i, book.first + from + k);
        batch[k] = &messages_[i];
    }
    const auto now = Clock::now();
    for (std::size_t k = 0; book.times && k < count; ++k) book.sent_at[from + k] = now;
    book.result.sent += near_.send(std::span(batch).first(count), options_.target);
}

void Bed::look_far(Book& book, bool& any) {
    const auto datagrams = far_.receive();
    if (datagrams.empty()) return;
    any = true;
    book.last_arrival = Clock::now();
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
        const bool request = datagrams[i].starts_with("INVITE ");
        if (options_.expect == Expect::answered && request) {
            write_ok(datagrams[i], reply_);
            far_.answer(i, reply_);
        } else {
            book.arrived(number_of(datagrams[i]), request && options_.expect == Expect::far);
        }
    }
}

void Bed::look_near(Book& book, bool& any) {
    const auto datagrams = near_.receive();
    if (datagrams.empty()) return;
    any = true;
    book.last_arrival = Clock::now();
    const std::string_view line = options_.expect == Expect::refused ? "SIP/2.0 488 " : "SIP/2.0 200 ";
    for (const std::string_view d : datagrams)
        book.arrived(number_of(d), options_.expect != Expect::far && d.starts_with(line));
}

bool Bed::look(Book& book) {
    bool any = false;
    look_far(book, any);
    look_near(book, any);
    return any;
}

double Bed::cpu_seconds() const {
    std::uint64_t out = 0;
    std::error_code gone;
    for (const int pid : options_.pids)
        for (const auto& task :
             std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
            std::uint64_t nanoseconds = 0;
            std::ifstream(task.path() / "schedstat") >> nanoseconds;
            out += nanoseconds;
        }
    return 1e-9 * static_cast<double>(out);
}

std::expected<Result, std::string> Bed::run(double rate, double seconds, bool times) {
    if (options_.spread > 1) {
        sockaddr_in own = options_.near;
        own.sin_addr.s_addr = htonl(ntohl(own.sin_addr.s_addr) + ++trials_ % options_.spread);
        auto near = Port::open(options_.near_space, own);
        if (!near) return std::unexpected("near side: " + near.error());
        near_ = std::move(*near);
    }
    Book book;
    book.result.asked = rate;
    book.times = times;
    book.total = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rate * seconds));
    book.seen.resize(book.total);
    if (times) {
        book.sent_at.resize(book.total);
        book.result.microseconds.reserve(book.total);
    }
    book.first = fresh_number();
    while (look(book)) {
    }  // what is late from before
    book.result.other = 0;
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    while (book.result.sent < book.total) {
        const double elapsed = seconds_of(Clock::now() - start);
        const auto due = std::min(book.total, static_cast<std::uint64_t>(elapsed * rate) + 1);
        if (due > book.result.sent) send_due(book, due);
        look(book);
        if (elapsed > 3 * seconds + 0.2) break;  // a sender that slow will not get there
    }
    const auto sent = Clock::now();
    book.result.sending = seconds_of(sent - start);
    book.result.offered = static_cast<double>(book.result.sent) / book.result.sending;
    for (auto last = sent; book.result.arrived < book.result.sent && Clock::now() - last < kQuiet;)
        if (look(book)) last = Clock::now();
    book.result.seconds = seconds_of(std::max(book.last_arrival, sent) - start);
    book.result.cpu = cpu_seconds() - cpu;
    std::ranges::sort(book.result.microseconds);
    return std::move(book.result);
}

Exit Bed::once(std::size_t i, bool as_is) {
    if (!as_is) renumber(i, fresh_number());
    while (!near_.receive().empty() || !far_.receive().empty()) {
    }
    const std::string* message = &messages_[i];
    if (near_.send(std::span(&message, 1), options_.target) != 1) return Exit::none;
    for (const auto end = Clock::now() + kPatience; Clock::now() < end;) {
        if (!far_.receive().empty()) return Exit::far;
        if (const auto back = near_.receive(); !back.empty())
            return back[0].starts_with("SIP/2.0 488 ") ? Exit::refused : Exit::other;
    }
    return Exit::none;
}

}  // namespace kmsgate::peers

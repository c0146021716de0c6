// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/multipart.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {
namespace {

constexpr unsigned kByPrefix = 3;  // readings 3-5 go by prefix, 0-2 are exact

bool starts_line(std::string_view text, std::size_t at, Ends ends) noexcept {
    if (at == 0) return true;
    const char before = text[at - 1];
    switch (ends) {
        case Ends::crlf:
            return before == '\n' && at >= 2 && text[at - 2] == '\r';
        case Ends::lf:
            return before == '\n';
        case Ends::any:
            return before == '\n' || before == '\r';
    }
    return false;
}

/// Where the part before a delimiter at `start` ends: the line end belongs to the delimiter.
std::size_t before_line_end(std::string_view text, std::size_t start) noexcept {
    if (start == 0) return 0;
    const bool pair = start >= 2 && text[start - 1] == '\n' && text[start - 2] == '\r';
    return start - (pair ? 2 : 1);
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
}

}  // namespace

std::size_t line_end_at(std::string_view text, std::size_t at, Ends ends) noexcept {
    if (at >= text.size()) return 0;
    const bool pair = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    if (pair) return 2;
    if (text[at] == '\n') return ends == Ends::crlf ? 0 : 1;
    return text[at] == '\r' && ends == Ends::any ? 1 : 0;
}

std::size_t find_line_end(std::string_view text, std::size_t from, Ends ends) noexcept {
    std::size_t at = from;
    while (at < text.size() && (text[at] > '\r' || line_end_at(text, at, ends) == 0)) ++at;
    return std::min(at, text.size());
}

Multipart::Multipart(std::string_view body, std::string_view boundary, std::size_t most,
                     Arena& arena) noexcept
    : body_(body) {
    std::size_t count = 0;
    for (std::size_t at = body.find('-'); at != std::string_view::npos; at = body.find('-', at + 1)) {
        if (!starts_line(body, at, Ends::any) || body.size() - at < boundary.size() + 2 ||
            body[at + 1] != '-' || body.substr(at + 2, boundary.size()) != boundary)
            continue;
        if (lines_.empty()) {
            lines_ = arena.take<Line>(most);
            memory_ = lines_.empty();
            if (memory_) return;
        }
        if (count == most) {
            too_many_ = true;
            break;
        }
        lines_[count++] = classify(at, at + 2 + boundary.size());
    }
    arena.shrink_last(lines_, count);
    lines_ = lines_.first(count);
    find_contents();
}

Multipart::Line Multipart::classify(std::size_t start, std::size_t behind) const noexcept {
    Line line;
    line.start = static_cast<std::uint32_t>(start);
    line.behind = static_cast<std::uint32_t>(behind);
    const bool dashes = body_.substr(behind, 2) == "--";
    const std::size_t end = skip_blanks(body_, dashes ? behind + 2 : behind);
    const auto ends_there = [&](Ends ends) {
        return end == body_.size() || line_end_at(body_, end, ends) > 0;
    };
    line.close = dashes && ends_there(Ends::any);
    for (unsigned reading = 0; reading < kReadings; ++reading) {
        const Ends ends = ends_of(reading);
        if (starts_line(body_, start, ends) && (reading >= kByPrefix || ends_there(ends)))
            line.readings = static_cast<std::uint8_t>(line.readings | 1U << reading);
    }
    return line;
}

void Multipart::find_contents() noexcept {
    // From the last line to the first: each stretch of the body is searched once, however far its line end
    // is.
    for (unsigned kind = 0; kind < 3; ++kind) {
        const auto ends = static_cast<Ends>(kind);
        std::size_t limit = body_.size();
        std::size_t beyond = body_.size();
        for (std::size_t i = lines_.size(); i-- > 0;) {
            const std::string_view stretch = body_.substr(0, limit);
            const std::size_t end = find_line_end(stretch, lines_[i].behind, ends);
            if (end < limit) beyond = end + line_end_at(body_, end, ends);
            lines_[i].content[kind] = static_cast<std::uint32_t>(beyond);
            limit = lines_[i].behind;
        }
    }
}

bool Multipart::worth_reading(unsigned reading) const noexcept {
    const auto takes = [](const Line& l, unsigned r) { return (l.readings >> r & 1U) != 0; };
    const auto behind_close =
        [&] {  // by prefix and exact differ once something stands behind a close delimiter
            bool closed = false;
            for (const Line& l : lines_) {
                if (closed) return true;
                closed = l.close;
            }
            return false;
        }();
    for (unsigned earlier = 0; earlier < reading; ++earlier) {
        if (behind_close && earlier < kByPrefix && reading >= kByPrefix) continue;
        const bool same = std::all_of(lines_.begin(), lines_.end(), [&](const Line& l) {
            return takes(l, earlier) == takes(l, reading) && l.content[earlier % 3] == l.content[reading % 3];
        });
        if (same) return false;
    }
    return true;
}

std::string_view Multipart::outside(std::size_t place) const noexcept {
    if (place > 0 && !lines_[place - 1].close) return {};
    const std::size_t from = place == 0 ? 0 : lines_[place - 1].content[static_cast<std::size_t>(Ends::any)];
    const std::size_t to = place < lines_.size() ? lines_[place].start : body_.size();
    return from < to ? body_.substr(from, to - from) : std::string_view();
}

std::optional<std::string_view> Multipart::Parts::next() noexcept {
    const auto takes = [&](const Line& l) { return (l.readings >> reading_ & 1U) != 0; };
    const std::string_view body = of_->body_;
    while (true) {
        while (at_ < of_->lines_.size() && !takes(of_->lines_[at_])) ++at_;
        if (at_ >= of_->lines_.size()) return std::nullopt;
        const Line& line = of_->lines_[at_++];
        if (line.close) {
            if (reading_ < kByPrefix) at_ = of_->lines_.size();
            continue;  // what follows a close delimiter is no part until the next delimiter
        }
        std::size_t until = at_;
        while (until < of_->lines_.size() && !takes(of_->lines_[until])) ++until;
        const std::size_t start = line.content[reading_ % 3];
        const std::size_t end =
            until == of_->lines_.size() ? body.size() : before_line_end(body, of_->lines_[until].start);
        if (start < end) return body.substr(start, end - start);
    }
}

std::string_view guess_boundary(std::string_view body, bool first_line_only) noexcept {
    std::size_t at = 0;
    while (at < body.size() && is_lws(body[at])) ++at;
    while (at < body.size()) {
        const std::size_t end = find_line_end(body, at, Ends::any);
        const std::size_t next = end + line_end_at(body, end, Ends::any);
        std::string_view line = body.substr(at, end - at);
        if (line.starts_with("--") && istarts_with(body.substr(next), "content-")) {
            line.remove_prefix(2);
            while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
            if (!line.empty()) return line;
        }
        if (first_line_only) break;
        at = next;
    }
    return {};
}

}  // namespace kmsgate::sip

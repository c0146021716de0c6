// SPDX-License-Identifier: BSD-3-Clause
// One plain message from its first byte to its last.
#pragma once

#include "dataplane/sip/plain/xml_tags.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

class Reader {
  public:
    Reader(std::string_view datagram, Arena& arena, Message& message, Contents& contents) noexcept
        : t_(datagram), arena_(arena), message_(message), contents_(contents), at_(t_.begin) {}

    [[nodiscard]] bool read(std::string_view datagram) noexcept {
        message_ = Message{};
        message_.raw = datagram;
        if (!read_start() || !read_head()) return false;
        message_.body = view(at_, t_.end);
        message_.trailing = view(t_.end, t_.end);
        if (message_.content_length && message_.body.size() != *message_.content_length) return false;
        contents_ = Contents{};
        if (at_ == t_.end) return type_ != Type::krr;
        if (!found_.open(arena_) || !read_body()) return false;
        contents_.carriages = found_.carriages();
        contents_.identities = found_.identities();
        contents_.mikey_claim = !contents_.carriages.empty();
        return true;
    }

  private:
    static constexpr std::size_t kHeaders = 64;
    static constexpr unsigned kParts = 16;

    [[nodiscard]] bool read_start() noexcept {
        const char* line = at_;
        const char* end = line_end(t_, line);
        if (end == nullptr || end - line < 13) return false;
        at_ = end + 2;
        message_.start_line = view(line, end);
        if (load64(line) == text64("SIP/2.0 ")) {
            std::uint32_t status = 0;
            if (line[11] != ' ' || !read_digits(line + 8, line + 11, status)) return false;
            message_.kind = Kind::response;
            message_.status = static_cast<std::uint16_t>(status);
            return status >= 100 && status <= 699;
        }
        const char* method = first_outside(t_, line, end, kTokens);
        const char* version = end - 8;
        if (method == line || *method != ' ' || load64(version) != text64(" SIP/2.0")) return false;
        const char* uri = method + 1;
        if (uri >= version || first_of<' ', '?', '&', '\x7f'>(t_, uri, version) != version) return false;
        message_.kind = Kind::request;
        message_.method = view(line, method);
        message_.request_uri = view(uri, version);
        return true;
    }

    [[nodiscard]] bool read_head() noexcept {
        const std::span<Header> headers = arena_.take_raw<Header>(kHeaders);
        if (headers.empty()) return false;
        Header* const first = headers.data();
        Header* const most = first + kHeaders;
        Header* next = first;
        const char* at = at_;
        const auto keep = [&](const Row& row) {
            if (row.name == nullptr || next == most) return false;
            next->id = row.name->id;
            next->folded = false;
            next->name = view(at, row.colon);
            next->value = view(row.value, row.end);
            ++next;
            at = row.end + 2;
            return row.name->work == Work::none || read_value(row.name->work, row.value, row.end);
        };
        while (true) {
            if (at < t_.last64) [[likely]] {
                const Row row = read_row(t_, at);
                if (row.end == at) break;
                if (!keep(row)) return false;
            } else {
                const Row row = read_last_row(t_, at);
                if (row.end == at) break;
                if (!keep(row)) return false;
            }
        }
        at_ = at + 2;
        const auto count = static_cast<std::size_t>(next - first);
        arena_.shrink_last(headers, count);
        message_.headers = {first, count};
        message_.head = view(t_.begin, at_);
        return is_complete();
    }

    [[nodiscard]] bool read_value(Work work, const char* value, const char* end) noexcept {
        switch (work) {
            case Work::none:
                return true;
            case Work::via:
                return message_.via.readable || read_via(t_, value, end, message_.via);
            case Work::from:
                if (message_.from.data() != nullptr) return false;
                message_.from = view(value, end);
                return read_party(t_, value, end, message_.from_uri, message_.from_tag);
            case Work::to:
                if (message_.to.data() != nullptr) return false;
                message_.to = view(value, end);
                return read_party(t_, value, end, message_.to_uri, message_.to_tag);
            case Work::call_id:
                if (message_.call_id.data() != nullptr) return false;
                message_.call_id = view(value, end);
                return first_of<' '>(t_, value, end) == end;
            case Work::cseq:
                return !message_.cseq && read_cseq(value, end, message_);
            case Work::uris:
                return all_in(t_, value, end, kUriHeaders);
            case Work::length: {
                std::uint32_t length = 0;
                if (length_ || !read_digits(value, end, length)) return false;
                message_.content_length = length;
                return length_ = true;
            }
            case Work::type:
                if (typed_) return false;
                typed_ = true;
                type_ = read_type(t_, value, end, boundary_);
                return type_ != Type::none;
            case Work::refuse:
                break;
        }
        return false;
    }

    /// All that a message needs stands in it, and the two methods are one.
    [[nodiscard]] bool is_complete() noexcept {
        if (!message_.via.readable || message_.from.data() == nullptr || message_.to.data() == nullptr ||
            message_.call_id.data() == nullptr || !message_.cseq)
            return false;
        const std::string_view asked = message_.cseq_method;
        if (message_.kind == Kind::request)
            return asked.size() == message_.method.size() &&
                   equal(asked.begin(), message_.method.begin(), asked.size());
        message_.method = asked;
        return all_in(t_, asked.begin(), asked.end(), kTokens);
    }

    [[nodiscard]] bool read_body() noexcept {
        switch (type_) {
            case Type::none:
                return false;
            case Type::sdp:
                return read_sdp(t_, at_, false, found_) != nullptr;
            case Type::xml:
                return read_xml(false);
            case Type::krr:
                return read_krr();
            case Type::multipart:
                return read_parts();
            case Type::text:  // text that could start neither an SDP nor a document
                return (is_alpha(*at_) || is_digit(*at_)) && (*at_ | 0x20) != 'v';
        }
        return false;
    }

    [[nodiscard]] bool read_xml(bool parts) noexcept {
        if (*at_ != '<') return false;
        const char* end = plain::KMSGATE_LEVEL::read_xml(t_, at_, parts, found_);
        if (end == nullptr) return false;
        at_ = parts ? end + 2 : end;
        return true;
    }

    /// The KRR of a 488, which is the caller's to prove. What a proven one may still hold: a URI with a body,
    /// and text that starts like an SDP.
    [[nodiscard]] bool read_krr() noexcept {
        const auto krrs = arena_.take_raw<KrrPart>(1);
        constexpr auto declaration = static_cast<std::ptrdiff_t>(
            std::string_view("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").size());
        if (message_.kind != Kind::response || message_.status != 488 || t_.end - at_ <= declaration ||
            krrs.empty())
            return false;
        for (const char* at = at_ + declaration; at < t_.end; at += 64)
            if ((any_at<'?'>(t_, at) | (any_at<'v', 'V'>(t_, at) & any_at<'>'>(t_, at - 1))) != 0)
                return false;
        krrs[0] = {true, true, false, message_.body, message_.body, Encoding::none, {}};
        contents_.krrs = krrs;
        return true;
    }

    /// The delimiter at `at_`, and how it ends: with CRLF, or as the close delimiter of the whole body.
    [[nodiscard]] bool at_delimiter(bool& close) noexcept {
        const auto size = static_cast<std::ptrdiff_t>(boundary_.size);
        if (t_.end - at_ < size + 4 || load16(at_) != kDashes ||
            !equal(at_ + 2, boundary_.text, boundary_.size))
            return false;
        at_ += size + 2;
        const std::uint16_t next = load16(at_);
        at_ += 2;
        if (next == kCrLf) return true;
        close = true;
        return next == kDashes && (at_ == t_.end || (t_.end - at_ == 2 && load16(at_) == kCrLf));
    }

    [[nodiscard]] bool read_parts() noexcept {
        bool close = false;
        if (!at_delimiter(close)) return false;
        for (unsigned count = 0; !close; ++count) {
            if (count == kParts || !read_part() || !at_delimiter(close)) return false;
        }
        return true;
    }

    [[nodiscard]] bool read_part() noexcept {
        Type type = Type::none;
        while (true) {
            if (at_ >= t_.last64) return false;  // no part starts there and ends, too
            const Row row = read_row(t_, at_);
            if (row.end == at_) break;
            if (row.name == nullptr || row.name->work == Work::refuse) return false;
            if (row.name->work == Work::type) {
                Boundary inner;
                if (type != Type::none) return false;
                type = read_type(t_, row.value, row.end, inner);
                if (type != Type::sdp && type != Type::xml) return false;
            }
            at_ = row.end + 2;
        }
        at_ += 2;
        if (t_.end - at_ < 2 || load16(at_) == kDashes) return false;
        if (type == Type::xml) return read_xml(true);
        if (type != Type::sdp) return false;
        at_ = read_sdp(t_, at_, true, found_);
        return at_ != nullptr;
    }

    const Text t_;
    Arena& arena_;
    Message& message_;
    Contents& contents_;
    const char* at_;
    Type type_ = Type::none;
    bool typed_ = false;
    bool length_ = false;
    Boundary boundary_;
    Found found_;
};

/// See read_plain(). Each level's translation unit defines its own.
// NOLINTNEXTLINE(misc-definitions-in-headers)
[[nodiscard]] bool read(std::string_view datagram, Arena& arena, Message& message,
                        Contents& contents) noexcept {
    return Reader(datagram, arena, message, contents).read(datagram);
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

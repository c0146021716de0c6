// SPDX-License-Identifier: BSD-3-Clause
// One plain message from its first byte to its last.
#pragma once

#include "dataplane/sip/plain/rows.hpp"
#include "dataplane/sip/plain/usual_values.hpp"
#include "dataplane/sip/plain/xml_tags.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

class Reader {
  public:
    Reader(std::string_view datagram, Arena& arena, Message& message, Contents& contents) noexcept
        : t_(datagram), arena_(arena), message_(message), contents_(contents), at_(t_.begin) {}

    /// Every field of the message is written, none is cleared before.
    [[nodiscard]] bool read() noexcept {
        if (!read_start() || !read_head()) return false;
        message_.raw = view(t_.begin, t_.end);
        message_.body = view(at_, t_.end);
        message_.trailing = view(t_.end, t_.end);
        message_.faults = {};
        message_.mixed_line_ends = false;
        if (message_.content_length && message_.body.size() != *message_.content_length) return false;
        contents_.krrs = {};
        contents_.uninspectable = Uninspectable::none;
        contents_.empty_krr = false;
        contents_.nested_faults = {};
        if (at_ == t_.end) {
            if (type_ == Type::krr) return false;
        } else if (!found_.open(arena_) || !(type_ == Type::multipart ? read_parts() : read_body())) {
            return false;
        }
        contents_.carriages = found_.carriages();
        contents_.identities = found_.identities();
        contents_.mikey_claim = !contents_.carriages.empty();
        return true;
    }

  private:
    static constexpr std::size_t kHeaders = 64;
    static constexpr unsigned kParts = 16;
    static constexpr HeaderSet kEncodings = {HeaderId::content_encoding, HeaderId::content_transfer_encoding};

    [[nodiscard, gnu::always_inline]] bool read_start() noexcept {
        const char* const line = at_;
        const char* const end = line_end(t_, line);
        if (end == nullptr || end - line < 13) return false;
        at_ = end + 2;
        message_.start_line = view(line, end);
        if (load64(line) == text64("SIP/2.0 ")) {
            std::uint32_t status = 0;
            if (line[11] != ' ' || !read_digits(line + 8, line + 11, status)) return false;
            message_.kind = Kind::response;
            message_.status = static_cast<std::uint16_t>(status);
            message_.request_uri = {};
            return status >= 100 && status <= 699;
        }
        const char* const method = first_outside(t_, line, end, kTokens);
        const char* const version = end - 8;
        if (method == line || *method != ' ' || load64(version) != text64(" SIP/2.0")) return false;
        const char* const uri = method + 1;
        if (uri >= version || first_of<' ', '?', '&', '\x7f'>(t_, uri, version) != version) return false;
        message_.kind = Kind::request;
        message_.status = 0;
        message_.method = view(line, method);
        message_.request_uri = view(uri, version);
        return true;
    }

    [[nodiscard, gnu::always_inline]] bool read_head() noexcept {
        const std::span<Header> headers = arena_.ahead<Header>(kHeaders);
        if (headers.empty()) return false;
        Header* const first = headers.data();
        Header* const most = first + kHeaders;
        Header* next = first;
        HeaderSet present;
        std::uint64_t times = 0;
        Order order(kBeforeHead);
        const char* at = at_;
        while (true) {
            const Row row = read_row(t_, at, order);
            if (row.name == nullptr) [[unlikely]] {
                if (row.end != at) return false;
                break;
            }
            if (next == most) [[unlikely]]
                return false;
            const HeaderId id = row.name->id;
            next->id = id;
            next->folded = false;
            next->name = view(at, row.colon);
            next->value = view(row.value, row.end);
            last_.data()[static_cast<std::size_t>(id)] = next++;
            times += row.name->once;
            present.add_all(row.name->set);
            at = row.end + 2;
            if (row.name->uris && first_of<'?', '&'>(t_, row.value, row.end) != row.end) return false;
        }
        at_ = at + 2;
        arena_.take_to(next);
        message_.headers = {first, static_cast<std::size_t>(next - first)};
        message_.present = present;
        message_.head = view(t_.begin, at_);
        return read_values(first, present, times);
    }

    [[nodiscard, gnu::always_inline]] std::string_view last(HeaderId id) const noexcept {
        return last_.data()[static_cast<std::size_t>(id)]->value;
    }

    /// The values of the headers that count. All that a message needs stand in it, and of none but Via more
    /// than one.
    [[nodiscard, gnu::always_inline]] bool read_values(const Header* top, HeaderSet present,
                                                       std::uint64_t times) noexcept {
        constexpr HeaderSet needed = {HeaderId::via, HeaderId::from, HeaderId::to, HeaderId::call_id,
                                      HeaderId::cseq};
        if (!present.has_all(needed) || (times & kMoreThanOnce) != 0 || present.has_any(kEncodings))
            return false;
        while (top->id != HeaderId::via) ++top;
        Message& m = message_;
        m.from = last(HeaderId::from);
        m.to = last(HeaderId::to);
        m.call_id = last(HeaderId::call_id);
        if (!(read_usual_via(t_, top->value, m.via) || read_via(t_, top->value, m.via)) ||
            !read_either_party(m.from, m.from_uri, m.from_tag) ||
            !read_either_party(m.to, m.to_uri, m.to_tag) ||
            first_of<' '>(t_, m.call_id.begin(), m.call_id.end()) != m.call_id.end() ||
            !read_any_cseq(last(HeaderId::cseq)))
            return false;
        m.content_length.reset();
        if (present.has(HeaderId::content_length)) {
            const std::string_view value = last(HeaderId::content_length);
            std::uint32_t length = 0;
            if (!read_digits(value.begin(), value.end(), length)) return false;
            m.content_length = length;
        }
        if (!present.has(HeaderId::content_type)) return true;
        const std::string_view value = last(HeaderId::content_type);
        type_ = read_usual_multipart(t_, value, boundary_) ||
                        read_multipart(t_, value.begin(), value.end(), boundary_)
                    ? Type::multipart
                    : read_type(t_, value.begin(), value.end());
        return type_ != Type::none;
    }

    [[nodiscard, gnu::always_inline]] bool read_either_party(std::string_view value, std::string_view& uri,
                                                             std::string_view& tag) noexcept {
        return read_usual_party(t_, value, uri, tag) || read_party(t_, value, uri, tag);
    }

    /// CSeq, whose method is that of a request, or a response's own.
    [[nodiscard, gnu::always_inline]] bool read_any_cseq(std::string_view value) noexcept {
        if (message_.kind == Kind::request && read_usual_cseq(t_, value, message_)) [[likely]]
            return true;
        return read_cseq(t_, value, message_) && read_methods();
    }
    [[nodiscard, gnu::noinline]] bool read_methods() noexcept {
        const std::string_view asked = message_.cseq_method;
        if (message_.kind == Kind::request) {
            const std::string_view method = message_.method;
            const std::uint32_t mask = method.size() < 32 ? (1U << method.size()) - 1 : 0;
            return asked.size() == method.size() && mask != 0 &&
                   bytes::same(bytes::load32(t_.window(asked.begin())), method.begin(), mask);
        }
        message_.method = asked;
        return all_in(t_, asked.begin(), asked.end(), kTokens);
    }

    /// A body that is no multipart.
    [[nodiscard, gnu::noinline]] bool read_body() noexcept {
        switch (type_) {
            case Type::none:
            case Type::multipart:
                return false;
            case Type::sdp:
                return read_sdp(t_, at_, false, found_) != nullptr;
            case Type::xml:
                return read_xml(false);
            case Type::krr:
                return read_krr();
            case Type::text:  // text that could start neither an SDP nor a document
                return (is_alpha(*at_) || is_digit(*at_)) && (*at_ | 0x20) != 'v';
        }
        return false;
    }

    [[nodiscard, gnu::always_inline]] bool read_xml(bool parts) noexcept {
        if (*at_ != '<') return false;
        const char* end = plain::KMSGATE_LEVEL::read_xml(t_, at_, parts, document_, found_);
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
    [[nodiscard, gnu::always_inline]] bool at_delimiter(bool& close) noexcept {
        const char* const here = t_.window(at_);
        const std::size_t size = boundary_.size + 2;
        if (load16(here) != kDashes || !bytes::same(bytes::load32(here + 2), boundary_.text, boundary_.mask))
            return false;
        if (size > 34 && (t_.end - at_ < static_cast<std::ptrdiff_t>(size) ||
                          !equal(at_ + 34, boundary_.text + 32, size - 34)))
            return false;
        at_ += size;
        const std::uint16_t next = load16(t_.window(at_));
        at_ += 2;
        if (next == kCrLf) [[likely]]
            return true;
        close = true;
        return next == kDashes && (at_ == t_.end || (t_.end - at_ == 2 && load16(at_) == kCrLf));
    }

    [[nodiscard, gnu::always_inline]] bool read_parts() noexcept {
        bool close = false;
        if (!at_delimiter(close)) return false;
        for (unsigned count = 0; !close; ++count) {
            if (count == kParts || !read_part() || !at_delimiter(close)) return false;
        }
        return true;
    }

    [[nodiscard, gnu::always_inline]] bool read_part() noexcept {
        const Type type = read_part_head();
        if (load16(t_.window(at_)) == kDashes) return false;
        if (type == Type::xml) return read_xml(true);
        if (type != Type::sdp) return false;
        at_ = read_sdp(t_, at_, true, found_);
        return at_ != nullptr;
    }

    /// Header lines and the empty one behind them. `none`: they are not plain, or name no type.
    [[nodiscard, gnu::always_inline]] Type read_part_head() noexcept {
        const Type usual = read_usual_head();
        return usual != Type::none ? usual : read_part_lines();
    }
    [[nodiscard, gnu::always_inline]] Type read_usual_head() noexcept {
        const char* const here = t_.window(at_);
        const auto start = bytes::load32(here);
        const UsualRun* run = head_;
        while (!is_run(t_, at_, here, start, *run)) {
            run = run->other;
            if (run == nullptr) return Type::none;
        }
        at_ += run->size;
        head_ = run->next;
        document_ = run->document;
        return run->sdp ? Type::sdp : Type::xml;
    }
    [[nodiscard, gnu::noinline]] Type read_part_lines() noexcept {
        Type type = Type::none;
        while (true) {
            const char* const here = t_.window(at_);
            if (load16(here) == kCrLf) break;
            Type named = Type::none;
            const std::size_t usual = read_usual_line(here, named);
            if (usual != 0) [[likely]]
                at_ += usual;
            else if (!read_part_line(named))
                return Type::none;
            if (named == Type::none) continue;
            if (type != Type::none) return Type::none;
            type = named;
        }
        at_ += 2;
        return type;
    }

    /// A usual line: its size with the line end, and the type that it names; else 0.
    [[nodiscard, gnu::always_inline]] static std::size_t read_usual_line(const char* here,
                                                                         Type& named) noexcept {
        const auto start = bytes::load32(here);
        const auto size = static_cast<std::size_t>(std::countr_zero(bytes::odd(start, here)));
        const UsualText& line = usual_text(here, size);
        if (size > 62 || load16(here + size) != kCrLf || line.says < Says::sdp ||
            !bytes::same(start, line.text.data(), line.mask[0]) ||
            !bytes::same(bytes::load32(here + 32), line.text.data() + 32, line.mask[1]))
            return 0;
        if (line.says != Says::line) named = line.says == Says::sdp ? Type::sdp : Type::xml;
        return size + 2;
    }

    /// Any other line. False: not plain, or its type is none of a part.
    [[nodiscard, gnu::noinline]] bool read_part_line(Type& named) noexcept {
        Order order(kBeforePart);
        const Row row = read_row(t_, at_, order);
        if (row.name == nullptr || kEncodings.has(row.name->id)) return false;
        at_ = row.end + 2;
        if (row.name->id != HeaderId::content_type) return true;
        named = read_type(t_, row.value, row.end);
        return named == Type::sdp || named == Type::xml;
    }

    const Text t_;
    Arena& arena_;
    Message& message_;
    Contents& contents_;
    const char* at_;
    std::array<const Header*, kHeaderIds> last_;  // NOLINT(*-member-init): by id, of those that are present
    Type type_ = Type::none;
    const UsualRun* head_ = usual_run(Run::sdp_part);  // of the next part, most often
    const UsualRun* document_ = usual_run(Run::info);  // how the next document starts, most often
    Boundary boundary_;
    Found found_;
};

/// See read_plain(). Each level's translation unit defines its own.
// NOLINTNEXTLINE(misc-definitions-in-headers)
[[nodiscard]] bool read(std::string_view datagram, Arena& arena, Message& message,
                        Contents& contents) noexcept {
    return Reader(datagram, arena, message, contents).read();
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL

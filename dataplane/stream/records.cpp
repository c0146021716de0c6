// SPDX-License-Identifier: BSD-3-Clause
// TLS, which policy lets pass unread: its records are followed as messages are, so that nothing else passes
// in its name. Only the ClientHello is held whole; a byte of another record leaves as soon as it has come.
#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/stream/streams.hpp"
#include "dataplane/stream/tls.hpp"

namespace kmsgate::stream {

using sip::LooksLike;

/// A few bytes at a time of what has come in order, from front to back: no frame is walked past twice.
class Streams::Headers {
  public:
    /// `newest`: where the first of them are likely to stand; may be null.
    Headers(const Kept& kept, rte_mbuf* newest) noexcept : kept_(kept), at_(newest) {}
    /// Never in front of what was asked for before; at most kAnswer bytes, good until the next call.
    [[nodiscard]] std::string_view text(Sequence from, Sequence to) noexcept {
        if (!seek(from)) {
            at_ = kept_.first_with(from);
            if (!seek(from)) return {};
        }
        std::size_t have = 0;
        for (rte_mbuf* m = at_; m != nullptr && before(from, to) && !after(meta(m).offset, from);
             m = Kept::following(m)) {
            if (!after(Kept::end(m), from)) continue;
            const std::uint32_t n = distance(from, earlier(to, Kept::end(m)));
            const char* const bytes = Kept::bytes_of(m, from, n, scratch_.data() + have);
            if (bytes != scratch_.data() + have) std::memcpy(scratch_.data() + have, bytes, n);
            have += n;
            from += n;
        }
        return {scratch_.data(), have};
    }

    /// Where the segment ends that has this byte.
    [[nodiscard]] Sequence end_of(Sequence byte) noexcept {
        static_cast<void>(text(byte, byte + 1));
        return at_ != nullptr ? Kept::end(at_) : byte + 1;
    }

  private:
    bool seek(Sequence from) noexcept {
        while (at_ != nullptr && !after(Kept::end(at_), from)) at_ = Kept::following(at_);
        return at_ != nullptr && !after(meta(at_).offset, from);
    }
    const Kept& kept_;
    rte_mbuf* at_;
    std::array<char, kAnswer> scratch_{};
};

/// Nobody has spoken before, and what is said first begins a ClientHello: policy says what becomes of it.
/// yes: it passes, if it goes on like that. The connection may be no more.
LooksLike Streams::encrypted(Flow& flow, const Now& c) {
    Half& h = flow.from(c.arrival);
    const Half& r = flow.to(c.arrival);
    if (r.next != r.start) return LooksLike::no;
    std::array<char, kOpening> scratch;  // NOLINT: written before it is read
    const std::string_view start =
        Kept::text(h.kept.front(), h.start, earlier(h.next, h.start + kOpening), scratch);
    const LooksLike looks = opens_tls(start);
    if (looks != LooksLike::yes) return looks;
    const Action action = c.host.cause(Cause::encrypted_transport);
    if (c.host.watching()) {
        end_waiting(flow, c.arrival, c.now, c.host, Outcome::passed, false);
        flow.state = Flow::State::passing;
        table_.touch(flow, c.now);
    } else if (action == Action::judge || action == Action::forward) {
        h.tls = h.hello = true;
        h.read = h.start;
        h.body = hello_size(start);
    } else {
        refuse(flow, c.arrival, c.now, c.host, Outcome::encrypted_transport, false, false);
    }
    return LooksLike::yes;
}

/// True: the ClientHello has come whole, in as many records as it takes, and is one. `h.read`: where the last
/// of these records ends, `h.body`: bytes of it that stand in further ones; afterwards, what waits for the
/// answer begins at `h.read`: behind the segment in which it ends.
bool Streams::hello(Flow& flow, const Now& c, Headers& headers) {
    Half& h = flow.from(c.arrival);
    h.between = false;
    const auto no = [&] {
        broken(flow, c.arrival, c.now, c.host, Counter::tcp_tls_records, Outcome::tcp_broken);
        return false;
    };
    while (h.body != 0) {
        if (before(h.next, h.read + kRecordHeader)) return false;
        const auto record = read_record(headers.text(h.read, h.read + kRecordHeader));
        if (!record || record->type != kHandshake || record->size > h.body) return no();
        h.body -= record->size;
        h.read += kRecordHeader + record->size;
        if (distance(h.start, h.read) > kMaxMessage) return no();
    }
    if (before(h.next, h.read)) return false;
    const Sequence whole = earlier(headers.end_of(h.read - 1), h.next);
    const Sequence end = distance(h.start, whole) > kMaxMessage ? h.read : whole;
    // A reader of SIP that skips what it does not know must find nothing in what leaves before the answer.
    const std::string_view text = Kept::text(h.kept.front(), h.start, end, room_.text);
    const std::string_view hello = text.substr(0, distance(h.start, h.read));
    if (names_sip(text) || !is_client_hello(content_of(hello, room_.text))) return no();
    h.hello = false;
    h.message = h.read;
    h.read = end;
    h.between = true;
    return true;
}

/// Behind the segment with its ClientHello the side that opens says nothing until the other side has shown
/// that it speaks TLS: a reader of SIP may have skipped the ClientHello.
void Streams::records(Flow& flow, const Now& c, rte_mbuf* newest) {
    Half& h = flow.from(c.arrival);
    const Half& r = flow.to(c.arrival);
    Headers headers(h.kept, newest);
    if (h.hello && !hello(flow, c, headers)) return;
    const auto no = [&] {
        broken(flow, c.arrival, c.now, c.host, Counter::tcp_tls_records, Outcome::tcp_broken);
    };
    if (!h.tls) {
        h.between = h.message == h.next;
        const LooksLike looks = answers_tls(headers.text(h.message, earlier(h.next, h.message + kAnswer)));
        if (looks == LooksLike::no) return no();
        if (looks != LooksLike::yes) return;
        h.tls = true;
        read(flow, {c.packet, opposite(c.arrival), c.now, c.pair, c.host}, nullptr);
        if (flow.state != Flow::State::open) return;
    }
    const Sequence end = r.tls ? h.next : earlier(h.read, h.next);
    while (before(h.message, end)) {
        if (h.body == 0) {
            // also where a segment that must leave before the answer ends within it
            const auto record =
                read_record(headers.text(h.message, earlier(h.next, h.message + kRecordHeader)));
            if (!record) return no();
            h.between = record->size != 0;
            if (!h.between) return;
            h.body = kRecordHeader + record->size;
        }
        const std::uint32_t n = std::min(h.body, distance(h.message, end));
        h.message += n;
        h.body -= n;
    }
}

}  // namespace kmsgate::stream

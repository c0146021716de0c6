// SPDX-License-Identifier: BSD-3-Clause
// Test help: the plain reader beside the full parser, view by view.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/krr/recognise.hpp"
#include "dataplane/simd/level.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"
#include "dataplane/sip/plain/plain.hpp"

namespace kmsgate::sip::test {

/// The first thing in which what the plain reader gave differs from what the full parser gives for the same
/// bytes; empty when nothing does. Views must be the same bytes of the message, not only equal.
class Difference {
  public:
    Difference(const Message& a, const Contents& x, const Message& b, const Contents& y) {
        messages(a, b);
        contents(x, y);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    template <class T>
    void same(const T& a, const T& b, std::string_view what) {
        if (text_.empty() && !(a == b)) text_ = what;
    }
    void view(std::string_view a, std::string_view b, std::string_view what) {
        same(a, b, what);
        if (!a.empty() && !b.empty()) same(a.data(), b.data(), what);
    }
    void messages(const Message& a, const Message& b) {
        same(a.kind, b.kind, "kind");
        same(a.faults.any(), b.faults.any(), "faults");
        view(a.raw, b.raw, "raw");
        view(a.head, b.head, "head");
        view(a.start_line, b.start_line, "start_line");
        view(a.method, b.method, "method");
        view(a.request_uri, b.request_uri, "request_uri");
        same(a.status, b.status, "status");
        same(a.headers.size(), b.headers.size(), "number of headers");
        for (std::size_t i = 0; text_.empty() && i < a.headers.size(); ++i) {
            same(a.headers[i].id, b.headers[i].id, "header id");
            same(a.headers[i].folded, b.headers[i].folded, "header folded");
            view(a.headers[i].name, b.headers[i].name, "header name");
            view(a.headers[i].value, b.headers[i].value, "header value");
        }
        same(a.present, b.present, "present");
        same(a.content_length, b.content_length, "content_length");
        view(a.body, b.body, "body");
        view(a.trailing, b.trailing, "trailing");
        same(a.via.readable, b.via.readable, "via readable");
        same(a.via.rport, b.via.rport, "via rport");
        same(a.via.port, b.via.port, "via port");
        view(a.via.transport, b.via.transport, "via transport");
        view(a.via.host, b.via.host, "via host");
        view(a.via.sent_by, b.via.sent_by, "via sent_by");
        view(a.via.branch, b.via.branch, "via branch");
        view(a.via.maddr, b.via.maddr, "via maddr");
        view(a.via.value, b.via.value, "via value");
        view(a.via.rport_param, b.via.rport_param, "via rport_param");
        view(a.via.received_param, b.via.received_param, "via received_param");
        view(a.call_id, b.call_id, "call_id");
        same(a.cseq, b.cseq, "cseq");
        view(a.cseq_method, b.cseq_method, "cseq_method");
        view(a.from, b.from, "from");
        view(a.to, b.to, "to");
        view(a.from_uri, b.from_uri, "from_uri");
        view(a.to_uri, b.to_uri, "to_uri");
        view(a.from_tag, b.from_tag, "from_tag");
        view(a.to_tag, b.to_tag, "to_tag");
        same(a.mixed_line_ends, b.mixed_line_ends, "mixed_line_ends");
    }
    void contents(const Contents& a, const Contents& b) {
        same(a.carriages.size(), b.carriages.size(), "number of carriages");
        for (std::size_t i = 0; text_.empty() && i < a.carriages.size(); ++i) {
            same(a.carriages[i].where, b.carriages[i].where, "carriage where");
            same(a.carriages[i].form, b.carriages[i].form, "carriage form");
            view(a.carriages[i].data, b.carriages[i].data, "carriage data");
        }
        same(a.identities.size(), b.identities.size(), "number of identities");
        for (std::size_t i = 0; text_.empty() && i < a.identities.size(); ++i) {
            same(a.identities[i].receiver, b.identities[i].receiver, "identity receiver");
            view(a.identities[i].uri, b.identities[i].uri, "identity uri");
        }
        same(a.krrs.size(), b.krrs.size(), "number of KRRs");
        for (std::size_t i = 0; text_.empty() && i < a.krrs.size(); ++i) {
            const KrrPart &p = a.krrs[i], &q = b.krrs[i];
            same(p.typed, q.typed, "KRR typed");
            same(p.sole_body, q.sole_body, "KRR sole_body");
            same(p.decoded, q.decoded, "KRR decoded");
            view(p.data, q.data, "KRR data");
            view(p.written, q.written, "KRR written");
            same(p.encoding, q.encoding, "KRR encoding");
            same(p.around.size(), q.around.size(), "KRR around");
        }
        same(a.uninspectable, b.uninspectable, "uninspectable");
        same(a.empty_krr, b.empty_krr, "empty_krr");
        same(a.nested_faults.any(), b.nested_faults.any(), "nested_faults");
        same(a.mikey_claim, !b.carriages.empty(), "mikey_claim");
    }

    std::string text_;
};

/// A message and contents in which everything holds what another message left: whoever forgets to write a
/// field shows it.
struct Left {
    Left() {
        constexpr std::string_view old = "left";
        message.kind = Kind::response;
        message.faults.add(Fault::start_line);
        message.raw = message.head = message.start_line = message.method = message.request_uri = old;
        message.status = 699;
        message.headers = headers;
        for (std::size_t i = 0; i < kHeaderIds; ++i) message.present.add(static_cast<HeaderId>(i));
        message.content_length = 4711;
        message.body = message.trailing = old;
        message.via = {true, true, old, old, 1, old, old, old, old, old, old};
        message.call_id = message.cseq_method = message.from = message.to = old;
        message.from_uri = message.to_uri = message.from_tag = message.to_tag = old;
        message.cseq = 4711;
        message.mixed_line_ends = true;
        contents.carriages = carriages;
        contents.krrs = krrs;
        contents.identities = identities;
        contents.uninspectable = Uninspectable::depth;
        contents.empty_krr = contents.mikey_claim = true;
        contents.nested_faults.add(Fault::start_line);
    }
    std::vector<Header> headers{1};
    std::vector<Carriage> carriages{1};
    std::vector<KrrPart> krrs{1};
    std::vector<XmlIdentity> identities{1};
    Message message;
    Contents contents;
};

/// What the plain reader makes of the bytes at the level in use: "slow", "plain", or "wrong: " and the first
/// difference. The bytes stand in a block of exactly their size, so that a sanitizer sees every byte too
/// many.
class PlainCheck {
  public:
    [[nodiscard]] std::string operator()(std::string_view text) {
        const std::vector<char> bytes(text.begin(), text.end());
        const std::string_view exact(bytes.data(), bytes.size());
        Arena fast_arena(fast_), full_arena(full_);
        Message fast = left_.message;
        Contents found = left_.contents;
        if (!read_plain(exact, fast_arena, fast, found)) return "slow";
        krr::View proof;  // as read_plain() says: its KRR counts when it is recognised
        if (!found.krrs.empty() && !krr::recognise(found.krrs[0].data, proof)) return "slow";
        const Message full = parse(exact, full_arena);
        const Contents contents = look_into(full, full_arena);
        const std::string difference = Difference(fast, found, full, contents).text();
        return difference.empty() ? "plain" : "wrong: " + difference;
    }
    /// The answers of all levels that this CPU has: they must be one.
    [[nodiscard]] std::string at_every_level(std::string_view text) {
        std::string answer;
        const simd::Level before = simd::level();
        for (const simd::Level level : simd::kLevels) {
            if (!simd::force(level)) continue;
            const std::string now = (*this)(text);
            if (answer.empty()) answer = now;
            if (now != answer)
                answer.insert(0, std::string("wrong: ")
                                     .append(to_string(level))
                                     .append(" says ")
                                     .append(now)
                                     .append(", others "));
        }
        static_cast<void>(simd::force(before));
        return answer;
    }

  private:
    const Left left_;
    std::vector<std::byte> fast_ = std::vector<std::byte>(std::size_t{64} * 1024);
    std::vector<std::byte> full_ = std::vector<std::byte>(std::size_t{1024} * 1024);
};

}  // namespace kmsgate::sip::test

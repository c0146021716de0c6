// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/response.hpp"

#include <algorithm>

#include "dataplane/emit/via.hpp"
#include "dataplane/emit/writer.hpp"
#include "dataplane/krr/pen.hpp"
#include "dataplane/sip/ascii.hpp"

namespace kmsgate::emit {

namespace {

void write_vias(const sip::Message& request, const core::Endpoint& source, Writer& w) noexcept {
    bool top = true;
    for (const sip::Header& h : request.headers) {
        if (h.id != sip::HeaderId::via) continue;
        w.put("Via: ");
        if (top) {
            write_top_via(request.via, source, w);
            const char* rest = request.via.value.data() + request.via.value.size();
            w.unfolded({rest, static_cast<std::size_t>(h.value.data() + h.value.size() - rest)});
            top = false;
        } else {
            w.unfolded(h.value);
        }
        w.put("\r\n");
    }
}

}  // namespace

memory::Hash128 transaction_key(const sip::Message& m, const memory::TagHash& hash) noexcept {
    return hash({m.via.branch.empty() ? m.request_uri : m.via.branch, m.via.sent_by, m.call_id, m.from_tag},
                m.cseq.value_or(0));
}

ToTag to_tag(const memory::Hash128& transaction) noexcept {
    ToTag tag;  // NOLINT: written next
    tag[0] = 'k';
    tag[1] = 'g';
    krr::put_hex(tag.data() + 2, transaction.high);
    return tag;
}

std::optional<core::Endpoint> answer_destination(const sip::Message& request,
                                                 const core::Endpoint& source) noexcept {
    if (!request.via.maddr.empty()) {
        const auto maddr = literal_address(request.via.maddr);
        if (!maddr || *maddr != source.address) return std::nullopt;
    }
    core::Endpoint to = source;
    if (!request.via.rport) to.port = request.via.port != 0 ? request.via.port : 5060;
    return to;
}

std::string_view write_response(const sip::Message& request, const core::Endpoint& source,
                                const ResponseParts& parts, std::span<char> out) noexcept {
    Writer w(out);
    w.put("SIP/2.0 ").put(parts.status).put(" ").put(parts.reason).put("\r\n");
    write_vias(request, source, w);
    std::uint32_t written = 0;  // a header that stands twice with the same value is said once
    for (const sip::Header& h : request.headers) {
        const std::uint32_t bit = 1U << static_cast<unsigned>(h.id);
        if ((written & bit) != 0) continue;
        written |= bit;
        switch (h.id) {
            case sip::HeaderId::from:
                w.put("From: ").unfolded(h.value).put("\r\n");
                break;
            case sip::HeaderId::to:
                w.put("To: ").unfolded(h.value);
                if (!sip::parameter(request.to, "tag")) w.put(";tag=").put(parts.tag);
                w.put("\r\n");
                break;
            case sip::HeaderId::call_id:
                w.put("Call-ID: ").unfolded(h.value).put("\r\n");
                break;
            case sip::HeaderId::cseq:
                w.put("CSeq: ").unfolded(h.value).put("\r\n");
                break;
            default:
                break;
        }
    }
    if (!parts.warning.empty()) w.put("Warning: 399 kmsgate \"").put(parts.warning).put("\"\r\n");
    if (!parts.content_type.empty()) w.put("Content-Type: ").put(parts.content_type).put("\r\n");
    w.put("Content-Length: ").put(parts.body.size()).put("\r\n\r\n").put(parts.body);
    return w.text();
}

}  // namespace kmsgate::emit

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/response.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "dataplane/emit/writer.hpp"
#include "dataplane/sip/ascii.hpp"

namespace kmsgate::emit {

namespace {

/// Eight characters at once; only A to Z change.
void to_lower(char* at) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
    std::uint64_t w = 0;
    std::memcpy(&w, at, 8);
    const std::uint64_t low = w & ~kHigh;
    const std::uint64_t from_a = low + kOnes * (0x80 - 'A'), beyond_z = low + kOnes * (0x7F - 'Z');
    w |= (from_a & ~beyond_z & ~w & kHigh) >> 2;
    std::memcpy(at, &w, 8);
}

/// The address that a Via host names literally ("192.0.2.1", "[2001:db8::1]"); nullopt for a domain name.
std::optional<policy::table::Address> literal_address(std::string_view host) noexcept {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (host.size() >= text.size()) return std::nullopt;
    std::copy(host.begin(), host.end(), text.begin());
    policy::table::Address out{};
    if (host.find(':') != std::string_view::npos) {
        if (inet_pton(AF_INET6, text.data(), out.data()) == 1) return out;
        return std::nullopt;
    }
    out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (inet_pton(AF_INET, text.data(), out.data() + 12) == 1) return out;
    return std::nullopt;
}

std::string_view address_text(const core::Endpoint& e, std::span<char, INET6_ADDRSTRLEN> out) noexcept {
    if (e.v6) {
        const char* text =
            inet_ntop(AF_INET6, e.address.data(), out.data(), static_cast<socklen_t>(out.size()));
        return text == nullptr ? std::string_view() : std::string_view(text);
    }
    char* at = out.data();  // inet_ntop() takes a detour by printf
    for (std::size_t i = 12; i < 16; ++i) {
        if (i != 12) *at++ = '.';
        at = std::to_chars(at, out.data() + out.size(), e.address[i]).ptr;
    }
    return {out.data(), static_cast<std::size_t>(at - out.data())};
}

/// The top Via value with received and rport as the server transport adds them (18.2.1, RFC 3581 4).
void write_top_via(const sip::Via& via, const core::Endpoint& source, Writer& w) noexcept {
    bool add_received = via.rport;
    if (!add_received) {
        const auto literal = literal_address(via.host);
        add_received = !literal || *literal != source.address;
    }
    std::array<char, INET6_ADDRSTRLEN> buffer;  // NOLINT: written when it is needed
    const std::string_view address = add_received ? address_text(source, buffer) : std::string_view();

    struct Edit {
        std::string_view what;
        bool rport;
    };
    std::array<Edit, 2> edits{};
    std::size_t count = 0;
    if (via.rport && !via.rport_param.empty()) edits[count++] = {via.rport_param, true};
    if (add_received && !via.received_param.empty()) edits[count++] = {via.received_param, false};
    if (count == 2 && edits[1].what.data() < edits[0].what.data()) std::swap(edits[0], edits[1]);

    const char* at = via.value.data();
    const char* const end = at + via.value.size();
    for (std::size_t i = 0; i < count; ++i) {
        const char* from = edits[i].what.data();
        if (from < at || from + edits[i].what.size() > end) continue;
        w.unfolded({at, static_cast<std::size_t>(from - at)});
        if (edits[i].rport)
            w.put("rport=").put(source.port);
        else
            w.put("received=").put(address);
        at = from + edits[i].what.size();
    }
    w.unfolded({at, static_cast<std::size_t>(end - at)});
    if (add_received && via.received_param.empty()) w.put(";received=").put(address);
}

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

memory::Hash128 entry_key(const sip::Message& m, const memory::BulkHash& hash) noexcept {
    return hash.fields(
        {m.via.branch.empty() ? m.request_uri : m.via.branch, m.via.sent_by, m.call_id, m.from_tag},
        m.cseq.value_or(0));
}

std::uint64_t branch_key(const sip::Message& m, core::Arrival request,
                         const memory::BulkHash& hash) noexcept {
    constexpr std::string_view kCookie = "z9hG4bK";
    std::string_view branch = m.via.branch;
    if (branch.size() <= kCookie.size() || !sip::iequal(branch.substr(0, kCookie.size()), kCookie)) return 0;
    memory::Hash128 sum{};
    for (std::uint64_t number = static_cast<std::uint64_t>(request); !branch.empty(); number = sum.low) {
        std::array<char, 64> lower{};
        const std::string_view piece = branch.substr(0, lower.size());
        std::memcpy(lower.data(), piece.data(), piece.size());
        for (std::size_t i = 0; i < piece.size(); i += 8) to_lower(lower.data() + i);
        sum = hash.fields({{lower.data(), piece.size()}}, number);
        branch.remove_prefix(piece.size());
    }
    return std::max<std::uint64_t>(sum.low, 1);
}

ToTag to_tag(const memory::Hash128& transaction) noexcept {
    ToTag tag{'k', 'g'};
    for (std::size_t i = 0; i < 16; ++i)
        tag[2 + i] = "0123456789abcdef"[transaction.high >> (60 - 4 * i) & 0xF];
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

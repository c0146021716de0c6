// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/rewrite/rewrite.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/emit/checksum.hpp"
#include "dataplane/emit/writer.hpp"
#include "dataplane/sip/ascii.hpp"

namespace kmsgate::rewrite {

std::string_view replace_krr(std::string_view payload, const inspect::Inspection& in, std::string_view body,
                             sip::Arena& arena) {
    const sip::Message& m = in.message;
    const std::string_view old = in.contents.krrs[0].data;
    const auto out = arena.take<char>(payload.size() + body.size() + 64);
    emit::Writer w(out);
    const char* at = payload.data();
    const auto copy_to = [&w, &at](const char* to) {
        w.put({at, static_cast<std::size_t>(to - at)});
        at = to;
    };
    if (m.content_length)
        for (const sip::Header& h : m.headers) {
            if (h.id != sip::HeaderId::content_length) continue;
            copy_to(h.value.data());
            w.put(std::uint64_t{*m.content_length} + body.size() - old.size());
            at = h.value.data() + h.value.size();
        }
    copy_to(old.data());
    w.put(body);
    at = old.data() + old.size();
    copy_to(payload.data() + payload.size());
    return w.text();
}

std::string_view without_body(const sip::Message& m, sip::Arena& arena) {
    const auto out = arena.take<char>(m.head.size() + 4 * m.headers.size() + 32);
    emit::Writer w(out);
    w.put(m.start_line).put("\r\n");
    for (const sip::Header& h : m.headers) {
        if (sip::istarts_with(h.name, "content-") || h.id == sip::HeaderId::content_type ||
            h.id == sip::HeaderId::content_length || h.id == sip::HeaderId::content_encoding)
            continue;
        w.put(h.name).put(": ").put(h.value).put("\r\n");
    }
    w.put("Content-Length: 0\r\n\r\n");
    return w.text();
}

core::Mbuf replace_payload(std::span<const std::uint8_t> original, std::size_t l3, std::size_t l4,
                           std::string_view payload, rte_mempool* pool, sip::Arena& arena) {
    const auto head = arena.take<std::uint8_t>(l4 + 8);
    if (head.empty() || original.size() < head.size()) return nullptr;
    std::copy_n(original.begin(), head.size(), head.begin());
    std::uint8_t* ip = head.data() + l3;
    std::uint8_t* udp = head.data() + l4;
    const bool v6 = ip[0] >> 4 == 6;
    policy::table::Address source{}, destination{};
    if (v6) {
        emit::put16(ip + 4, l4 - l3 - 40 + 8 + payload.size());
        std::copy_n(ip + 8, 16, source.begin());
        std::copy_n(ip + 24, 16, destination.begin());
    } else {
        const std::size_t header = static_cast<std::size_t>(ip[0] & 0x0F) * 4;
        emit::put16(ip + 2, header + 8 + payload.size());
        emit::put16(ip + 10, 0);
        emit::put16(ip + 10, emit::checksum_fold(emit::checksum_add(0, {ip, header})));
        std::copy_n(ip + 12, 4, source.begin() + 12);
        std::copy_n(ip + 16, 4, destination.begin() + 12);
    }
    emit::put16(udp + 4, 8 + payload.size());
    emit::put16(udp + 6, 0);
    emit::put16(udp + 6, emit::udp_checksum(source, destination, v6, {udp, 8}, payload));
    core::Mbuf frame = core::make_frame(pool, head);
    if (!frame || !core::append(pool, frame.get(),
                                {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()}))
        return nullptr;
    return frame;
}

}  // namespace kmsgate::rewrite

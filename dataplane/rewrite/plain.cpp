// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/rewrite/plain.hpp"

#include <array>
#include <cstring>

#include "dataplane/emit/answer.hpp"
#include "dataplane/emit/checksum.hpp"
#include "dataplane/krr/pen.hpp"
#include "dataplane/krr/recognise.hpp"

namespace kmsgate::rewrite {

namespace {

using policy::decide::ListOut;

std::size_t digits(std::size_t value) noexcept {
    std::size_t n = 1;
    for (; value >= 10; value /= 10) ++n;
    return n;
}

/// Names that the old KRR held, or ANY: what recognise() took of them it takes again.
bool holds_old_names(const ListOut& list) noexcept {
    return list.kind == ListOut::Kind::any || list.kind == ListOut::Kind::copy ||
           list.kind == ListOut::Kind::names;
}

}  // namespace

PlainRewrite::PlainRewrite(std::string_view payload, const inspect::Inspection& in,
                           const policy::decide::Decision& d, const krr::Pieces& pieces) noexcept
    : pieces_(pieces) {
    if (!in.plain || in.krr == nullptr || !in.krr->canonical || in.contents.krrs.size() != 1) return;
    const sip::Message& m = in.message;
    const std::string_view old = in.contents.krrs[0].written;
    // read_plain() says so of every KRR; what it does not say is checked.
    if (m.body.data() != old.data() || m.body.size() != old.size() || !m.trailing.empty() ||
        m.raw.data() != payload.data() || m.raw.size() != payload.size() || !holds_old_names(d.krr[0]) ||
        !holds_old_names(d.krr[1]) || !krr::recognises_processor(pieces.after_id))
        return;
    for (const std::string_view text :
         {pieces.initiator, pieces.receiver, pieces.initiator_kms, pieces.receiver_kms})
        if (text.size() > emit::kMaxRepeated) return;
    body_ = krr::plain_size(pieces);
    if (body_ > krr::kMaxBody || in.krr->depth + 1 > krr::kMaxDepth) return;
    before_length_ = payload.substr(0, payload.size() - m.body.size());
    if (m.content_length) {
        for (const sip::Header& h : m.headers) {
            if (h.id != sip::HeaderId::content_length) continue;
            if (has_length_) return;
            has_length_ = true;
            const auto at = static_cast<std::size_t>(h.value.data() - payload.data());
            after_length_ = before_length_.substr(at + h.value.size());
            before_length_ = before_length_.substr(0, at);
        }
    }
    size_ = before_length_.size() + (has_length_ ? digits(body_) : 0) + after_length_.size() + body_;
}

bool PlainRewrite::write(char* out) const noexcept {
    krr::Pen pen(out);
    pen.put(before_length_);
    if (has_length_) pen.put(std::uint64_t{body_}).put(after_length_);
    return krr::join_plain(pieces_, pen.at());
}

core::Mbuf replace_plain(std::span<const std::uint8_t> original, std::size_t l3, std::size_t l4,
                         const PlainRewrite& payload, rte_mempool* pool) noexcept {
    const std::size_t head = l4 + 8, udp_size = 8 + payload.size();
    core::Mbuf frame(rte_pktmbuf_alloc(pool));
    if (!frame || original.size() < head ||
        rte_pktmbuf_tailroom(frame.get()) < head + payload.size() + emit::kChecksumPadding)
        return nullptr;
    core::meta(frame.get()) = core::FrameMeta{};
    auto* const start = rte_pktmbuf_mtod(frame.get(), std::uint8_t*);
    std::memcpy(start, original.data(), head);
    if (!payload.write(reinterpret_cast<char*>(start + head))) return nullptr;
    std::uint8_t* const ip = start + l3;
    std::uint8_t* const udp = start + l4;
    const bool v6 = ip[0] >> 4 == 6;
    policy::table::Address source{}, destination{};
    if (v6) {
        emit::put16(ip + 4, l4 - l3 - 40 + udp_size);
        std::memcpy(source.data(), ip + 8, 16);
        std::memcpy(destination.data(), ip + 24, 16);
    } else {
        const std::size_t header = static_cast<std::size_t>(ip[0] & 0x0F) * 4;
        emit::put16(ip + 2, header + udp_size);
        emit::put16(ip + 10, 0);
        emit::put16(ip + 10, header == 20 ? emit::ipv4_checksum(ip)
                                          : emit::checksum_fold(emit::checksum_add(0, {ip, header})));
        std::memcpy(source.data() + 12, ip + 12, 4);
        std::memcpy(destination.data() + 12, ip + 16, 4);
    }
    emit::put16(udp + 4, udp_size);
    emit::put16(udp + 6, 0);
    emit::put16(udp + 6, emit::udp_checksum_in_place(source, destination, v6, udp, udp_size));
    frame->pkt_len = frame->data_len = static_cast<std::uint16_t>(head + payload.size());
    return frame;
}

}  // namespace kmsgate::rewrite

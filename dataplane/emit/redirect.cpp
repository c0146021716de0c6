// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/redirect.hpp"

#include "dataplane/emit/via.hpp"
#include "dataplane/krr/names.hpp"
#include "dataplane/krr/pen.hpp"
#include "dataplane/krr/pieces.hpp"

namespace kmsgate::emit {

namespace {

using krr::pieces::text;

constexpr std::string_view kStatus = "SIP/2.0 488 Not Acceptable Here\r\n";
constexpr std::string_view kType = "Content-Type: ", kLength = "\r\nContent-Length: ", kBlank = "\r\n\r\n";
constexpr std::string_view kVia = "Via: ", kFrom = "From: ", kTo = "To: ", kCallId = "Call-ID: ",
                           kCseq = "CSeq: ", kEnd = "\r\n", kTag = ";tag=";
constexpr const std::string_view& kBeforeLength = text<kType, krr::names::content_type, kLength>;

constexpr std::uint32_t bit(sip::HeaderId id) noexcept {
    return 1U << static_cast<unsigned>(id);
}
constexpr std::uint32_t kOthers = bit(sip::HeaderId::from) | bit(sip::HeaderId::to) |
                                  bit(sip::HeaderId::call_id) | bit(sip::HeaderId::cseq);

/// Of a To that read_plain() took: its parameters stand behind `>`.
bool has_tag(const sip::Message& m) noexcept {
    return !m.to_tag.empty() || (!m.to.ends_with('>') && sip::parameter(m.to, "tag"));
}

}  // namespace

PlainRedirect::PlainRedirect(const sip::Message& request, const core::Endpoint& source, std::string_view tag,
                             const krr::Pieces& krr) noexcept
    : request_(request), source_(source), tag_(tag), krr_(krr), body_(krr::plain_size(krr)) {
    constexpr std::size_t kMostDigits = 20;
    std::size_t size = kStatus.size() + kBeforeLength.size() + kMostDigits + kBlank.size() + body_ +
                       kViaGrowth + kTag.size() + tag.size();
    std::uint32_t wanted = kOthers | bit(sip::HeaderId::via);
    for (const sip::Header& h : request.headers) {
        if ((wanted & bit(h.id)) == 0) continue;
        if (h.id == sip::HeaderId::via) {
            if (via_count_ == kVias) return;
            vias_[via_count_++] = &h;
        } else {
            wanted &= ~bit(h.id);  // a header that stands twice with the same value is said once
            others_[other_count_++] = &h;
        }
        size += kCallId.size() + h.value.size() + kEnd.size();
    }
    most_ = size;
}

std::size_t PlainRedirect::write(char* out) const noexcept {
    krr::Pen pen(out);
    pen.constant<kStatus>();
    for (std::size_t i = 0; i < via_count_; ++i) {
        const std::string_view value = vias_[i]->value;
        pen.constant<kVia>();
        if (i == 0) {
            write_top_via(request_.via, source_, pen);
            const char* rest = request_.via.value.data() + request_.via.value.size();
            pen.put({rest, static_cast<std::size_t>(value.data() + value.size() - rest)});
        } else {
            pen.put(value);
        }
        pen.constant<kEnd>();
    }
    for (std::size_t i = 0; i < other_count_; ++i) {
        const sip::Header& h = *others_[i];
        switch (h.id) {
            case sip::HeaderId::from:
                pen.constant<kFrom>();
                break;
            case sip::HeaderId::to:
                pen.constant<kTo>().put(h.value);
                if (!has_tag(request_)) pen.constant<kTag>().put(tag_);
                pen.constant<kEnd>();
                continue;
            case sip::HeaderId::call_id:
                pen.constant<kCallId>();
                break;
            default:
                pen.constant<kCseq>();
                break;
        }
        pen.put(h.value).constant<kEnd>();
    }
    pen.constant<kBeforeLength>().put(std::uint64_t{body_}).constant<kBlank>();
    if (!krr::join_plain(krr_, pen.at())) return 0;
    return static_cast<std::size_t>(pen.at() - out) + body_;
}

}  // namespace kmsgate::emit

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/incoming.hpp"

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/entity.hpp"
#include "dataplane/sip/multipart.hpp"
#include "tools/client/agent/timers.hpp"

namespace kmsgate::client::agent {
namespace {

/// Parts of a multipart body looked at for a session description.
constexpr std::size_t kMostParts = 64;

/// The reading of a plain MIME reader: lines end with CRLF, delimiters are exact.
constexpr unsigned kPlainReading = 0;

}  // namespace

Incoming::Incoming(std::string_view bytes)
    : size_(std::size_t{256} * 1024 + 4 * std::min(bytes.size(), kMostMessage)),
      storage_(std::make_unique_for_overwrite<std::byte[]>(size_)),
      arena_({storage_.get(), size_}) {
    if (bytes.size() > kMostMessage) return;
    message_ = sip::parse(bytes, arena_);
    // RFC 3261 18.3: bytes behind Content-Length are thrown away
    if (!message_.trailing.empty())
        message_ = sip::parse(message_.raw.substr(0, message_.raw.size() - message_.trailing.size()), arena_);
}

bool Incoming::sound() const noexcept {
    return message_.kind != sip::Kind::unknown && !message_.faults.any() && message_.cseq.has_value() &&
           message_.method == message_.cseq_method;
}

const sip::Contents& Incoming::contents() {
    if (!contents_) contents_ = sip::look_into(message_, arena_);
    return *contents_;
}

std::optional<std::string_view> Incoming::sdp() {
    sip::Entity whole;
    for (const sip::Header& header : message_.headers)
        sip::add_header(header.id, header.value, arena_, whole);
    if (whole.content_encoded) return std::nullopt;
    if (whole.types.kinds.has(sip::Media::sdp)) return message_.body;
    if (!whole.types.kinds.has(sip::Media::multipart) || whole.types.boundary_count == 0) return std::nullopt;
    const sip::Multipart multipart(message_.body, whole.types.boundary[0], kMostParts, arena_);
    sip::Multipart::Parts parts = multipart.parts(kPlainReading);
    while (const std::optional<std::string_view> part = parts.next()) {
        const sip::HeaderBlock block = sip::read_header_block(*part, sip::Ends::crlf, false, arena_);
        if (block.entity.types.kinds.has(sip::Media::sdp) && !block.entity.content_encoded)
            return part->substr(block.body);
    }
    return std::nullopt;
}

std::vector<std::string> Incoming::values(std::string_view name) {
    std::vector<std::string> out;
    for (const sip::Header& header : message_.headers) {
        if (!sip::iequal(header.name, name)) continue;
        std::string_view rest = header.value;
        for (std::string_view element = sip::next_element(rest); !element.empty();
             element = sip::next_element(rest))
            out.push_back(unfolded(element));
    }
    return out;
}

std::string Incoming::unfolded(std::string_view value) {
    return std::string(sip::unfold(value, arena_));
}

}  // namespace kmsgate::client::agent

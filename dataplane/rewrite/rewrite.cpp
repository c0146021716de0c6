// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/rewrite/rewrite.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "dataplane/emit/checksum.hpp"
#include "dataplane/emit/writer.hpp"
#include "dataplane/krr/recognise.hpp"
#include "dataplane/rewrite/encode.hpp"
#include "dataplane/sip/ascii.hpp"

namespace kmsgate::rewrite {

namespace {

/// Puts a message together from pieces of the old one and what takes the place of others, front to back.
class Splice {
  public:
    Splice(std::string_view payload, std::span<char> out) noexcept : rest_(payload), w_(out) {}

    /// Everything up to `old`, then what `put` writes for it. A piece out of order spoils the whole.
    template <class T>
    void replace(std::string_view old, const T& with) noexcept {
        const auto before = static_cast<std::size_t>(old.data() - rest_.data());
        if (std::less<>()(old.data(), rest_.data()) || before > rest_.size() ||
            old.size() > rest_.size() - before) {
            ok_ = false;
            return;
        }
        w_.put(rest_.substr(0, before));
        w_.put(with);
        rest_.remove_prefix(before + old.size());
    }
    [[nodiscard]] std::string_view finish() noexcept {
        w_.put(rest_);
        return ok_ ? w_.text() : std::string_view();
    }

  private:
    std::string_view rest_;
    emit::Writer w_;
    bool ok_ = true;
};

/// Does any reader find this KRR, and no other, in the message? Bodies that nest can go wrong in more ways
/// than one can list (a delimiter inside the new text is one); reading it again finds them all.
bool reads_back(std::string_view text, std::string_view body, sip::Arena& arena) {
    const sip::Contents contents = sip::look_into(sip::parse(text, arena), arena);
    return contents.krrs.size() == 1 && contents.krrs[0].typed && contents.krrs[0].data == body &&
           !contents.krrs[0].written.empty() && !arena.exhausted();
}

/// The same without reading the message again: a KRR in canonical form, the message's own body and written as
/// it stands, made way for another one in canonical form, and Content-Length is all else that changed. What
/// is told of such a text is told by its form: there is nothing in it that any reader could take for more.
bool is_proven(const inspect::Inspection& in, std::string_view body) {
    const sip::KrrPart& old = in.contents.krrs[0];
    return in.krr != nullptr && in.krr->canonical && old.sole_body && old.typed && !old.decoded &&
           old.around.empty() && old.encoding == sip::Encoding::none && !in.message.mixed_line_ends &&
           in.message.trailing.empty() && krr::recognise_around(body, in.krr->root);
}

constexpr std::size_t kNumber = 20;  // digits of a length

std::uint64_t digits(std::uint64_t value) noexcept {
    std::uint64_t n = 1;
    for (; value >= 10; value /= 10) ++n;
    return n;
}

}  // namespace

std::string_view replace_krr(std::string_view payload, const inspect::Inspection& in, std::string_view body,
                             sip::Arena& arena) {
    const sip::Message& m = in.message;
    const sip::KrrPart& old = in.contents.krrs[0];
    const std::string_view text = encode(body, old.encoding, arena);
    if (text.empty() || old.written.empty()) return {};
    std::size_t numbers = m.headers.size();
    for (const sip::Enclosing& e : old.around) numbers += e.lengths.size();
    const auto sizes = arena.take_raw<std::uint64_t>(old.around.size());
    if (sizes.size() < old.around.size()) return {};
    // From the inside out: a length that takes more digits makes what is around it longer, too. Unsigned
    // arithmetic wraps, and wraps back.
    std::uint64_t grown = text.size() - old.written.size();
    for (std::size_t i = sizes.size(); i-- > 0;) {
        sizes[i] = old.around[i].body.size() + grown;
        for (const std::string_view length : old.around[i].lengths) grown += digits(sizes[i]) - length.size();
    }
    Splice splice(payload, arena.take_raw<char>(payload.size() + text.size() + numbers * kNumber));
    if (m.content_length)
        for (const sip::Header& h : m.headers)
            if (h.id == sip::HeaderId::content_length)
                splice.replace(h.value, std::uint64_t{*m.content_length} + grown);
    for (std::size_t i = 0; i < sizes.size(); ++i)
        for (const std::string_view length : old.around[i].lengths) splice.replace(length, sizes[i]);
    splice.replace(old.written, text);
    const std::string_view out = splice.finish();
    return !out.empty() && (is_proven(in, body) || reads_back(out, body, arena)) ? out : std::string_view();
}

std::string_view without_body(const sip::Message& m, sip::Arena& arena) {
    const auto out = arena.take_raw<char>(m.head.size() + 4 * m.headers.size() + 32);
    emit::Writer w(out);
    w.put(m.start_line).put("\r\n");
    for (const sip::Header& h : m.headers) {
        if (sip::istarts_with(h.name, "content-") || h.id == sip::HeaderId::content_type ||
            h.id == sip::HeaderId::content_length || h.id == sip::HeaderId::content_encoding)
            continue;
        w.put(h.name).put(": ").put(h.value).put("\r\n");
    }
    if (m.content_length) w.put("Content-Length: 0\r\n");
    w.put("\r\n");
    return w.text();
}

core::Mbuf replace_payload(std::span<const std::uint8_t> original, std::size_t l3, std::size_t l4,
                           std::string_view payload, rte_mempool* pool, sip::Arena& arena) {
    const auto head = arena.take_raw<std::uint8_t>(l4 + 8);
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

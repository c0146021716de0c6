// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/emit.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "dataplane/krr/names.hpp"
#include "dataplane/krr/pen.hpp"
#include "dataplane/krr/pieces.hpp"
#include "dataplane/krr/plain_text.hpp"
#include "dataplane/krr/utf8.hpp"

namespace kmsgate::krr {
namespace {

/// Where emit() writes.
class Text {
  public:
    void put(std::string_view s) { text_ += s; }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

/// Where join() writes: a buffer that never overflows, only remembers that it would have.
class Buffer {
  public:
    explicit Buffer(std::span<char> out) noexcept : out_(out) {}
    void put(std::string_view s) noexcept {
        if (full_ || s.size() > out_.size() - used_) {
            full_ = true;
            return;
        }
        if (!s.empty()) std::memcpy(out_.data() + used_, s.data(), s.size());
        used_ += s.size();
    }
    [[nodiscard]] std::size_t written() const noexcept { return full_ ? 0 : used_; }

  private:
    std::span<char> out_;
    std::size_t used_ = 0;
    bool full_ = false;
};

std::string_view entity(char c) noexcept {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&apos;";
        default:
            return {};
    }
}

/// Writes `s` escaped. What XML cannot hold becomes '?': the names may be a peer's, and no peer may break our
/// document.
template <class Sink>
void put_escaped(Sink& sink, std::string_view s) {
    std::size_t plain = 0;  // where the run not written yet starts
    for (std::size_t i = plain_length(s); i < s.size();) {
        const std::string_view instead = entity(s[i]);
        const std::size_t length = printable_length(s.substr(i));
        if (instead.empty() && length > 0) {
            i += length;
            continue;
        }
        sink.put(s.substr(plain, i - plain));
        sink.put(instead.empty() ? std::string_view("?") : instead);
        plain = ++i;
    }
    sink.put(s.substr(plain));
}

template <const std::string_view& Name, class Sink>
void put_element(Sink& sink, std::string_view value) {
    sink.put(pieces::open<Name>);
    put_escaped(sink, value);
    sink.put(pieces::close<Name>);
}

/// An element around text that is XML already.
template <const std::string_view& Name, class Sink>
void put_around(Sink& sink, std::string_view xml) {
    sink.put(pieces::open<Name>);
    sink.put(xml);
    sink.put(pieces::close<Name>);
}

template <class Sink>
void put_processor(Sink& sink, std::string_view processor) {
    sink.put(pieces::before_processor);
    put_escaped(sink, processor);
    sink.put(pieces::before_time);
}

template <class Sink>
void put_end(Sink& sink, std::string_view embedded) {
    if (!embedded.empty()) put_around<names::embedded>(sink, embedded);
    sink.put(pieces::close<names::root>);
}

template <const std::string_view& Name>
void put_list(Text& out, const KmsList& list) {
    if (list.any && !list.present) return;
    out.put(pieces::open<Name>);
    if (list.any) put_element<names::kms_uri>(out, names::any);
    if (!list.any)
        for (const std::string& uri : list.uris) put_element<names::kms_uri>(out, uri);
    out.put(pieces::close<Name>);
}

template <const std::string_view& Name>
constexpr std::size_t kTags = pieces::open<Name>.size() + pieces::close<Name>.size();

template <const std::string_view& Name>
std::size_t size_of(std::string_view value) noexcept {
    return value.empty() ? 0 : kTags<Name> + value.size();
}
template <const std::string_view& Name>
std::size_t size_of(const std::optional<std::string_view>& xml) noexcept {
    return xml ? kTags<Name> + xml->size() : 0;
}
template <const std::string_view& Name>
void put_text(Pen& pen, std::string_view value) noexcept {
    if (!value.empty())
        pen.template constant<pieces::open<Name>>().put_plain(value).template constant<pieces::close<Name>>();
}
template <const std::string_view& Name>
void put_xml(Pen& pen, const std::optional<std::string_view>& xml) noexcept {
    if (xml) pen.template constant<pieces::open<Name>>().put(*xml).template constant<pieces::close<Name>>();
}
inline constexpr std::string_view kIdStart = "krr-";

/// `value` in decimal, leading zeros, all of `out`.
void put_number(std::span<char> out, unsigned value) noexcept {
    for (auto it = out.rbegin(); it != out.rend(); ++it, value /= 10)
        *it = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string escape(std::string_view text) {
    Text out;
    put_escaped(out, text);
    return out.take();
}

void format_time(std::uint64_t seconds_since_1970, std::span<char, kTimeSize> out) noexcept {
    namespace chrono = std::chrono;
    constexpr std::uint64_t last = 253402300799;  // 9999-12-31T23:59:59Z: a longer year would not fit
    const std::uint64_t t = std::min(seconds_since_1970, last);
    const auto days = static_cast<int>(t / 86400);
    const auto second = static_cast<unsigned>(t % 86400);
    const chrono::year_month_day date{chrono::sys_days{chrono::days{days}}};
    std::ranges::copy(std::string_view("0000-00-00T00:00:00Z"), out.begin());
    put_number(out.subspan(0, 4), static_cast<unsigned>(static_cast<int>(date.year())));
    put_number(out.subspan(5, 2), static_cast<unsigned>(date.month()));
    put_number(out.subspan(8, 2), static_cast<unsigned>(date.day()));
    put_number(out.subspan(11, 2), second / 3600);
    put_number(out.subspan(14, 2), second / 60 % 60);
    put_number(out.subspan(17, 2), second % 60);
}

void format_id(std::uint64_t value, std::span<char, kIdSize> out) noexcept {
    std::ranges::copy(std::string_view("krr-"), out.begin());
    put_hex(out.data() + 4, value);
}

std::string emit(const Document& document) {
    Text out;
    out.put(pieces::before_id);
    put_escaped(out, document.id);
    put_processor(out, document.processor);
    put_escaped(out, document.time);
    out.put(pieces::close<names::time>);
    if (document.initiator) put_element<names::initiator>(out, *document.initiator);
    if (document.receiver) put_element<names::receiver>(out, *document.receiver);
    if (document.initiator_kms) put_element<names::initiator_kms>(out, *document.initiator_kms);
    if (document.receiver_kms) put_element<names::receiver_kms>(out, *document.receiver_kms);
    put_list<names::initiator_list>(out, document.initiator_list);
    put_list<names::receiver_list>(out, document.receiver_list);
    put_end(out, document.embedded);
    return out.take();
}

std::string_view piece_before_id() noexcept {
    return pieces::before_id;
}

std::string piece_after_id(std::string_view processor) {
    Text out;
    put_processor(out, processor);
    return out.take();
}

std::string piece_kms(std::string_view uri) {
    Text out;
    put_element<names::kms_uri>(out, uri);
    return out.take();
}

std::size_t plain_size(const Pieces& p) noexcept {
    return pieces::before_id.size() + kIdSize + p.after_id.size() + kTimeSize +
           pieces::close<names::time>.size() + size_of<names::initiator>(p.initiator) +
           size_of<names::receiver>(p.receiver) + size_of<names::initiator_kms>(p.initiator_kms) +
           size_of<names::receiver_kms>(p.receiver_kms) + size_of<names::initiator_list>(p.initiator_list) +
           size_of<names::receiver_list>(p.receiver_list) + size_of<names::embedded>(p.embedded) +
           pieces::close<names::root>.size();
}

bool join_plain(const Pieces& p, char* out) noexcept {
    Pen pen(out);
    pen.constant<pieces::before_id>().constant<kIdStart>();
    put_hex(pen.at(), p.id);
    pen.skip(kIdSize - kIdStart.size());
    pen.put(p.after_id);
    if (p.time_text.empty())
        format_time(p.time, std::span<char, kTimeSize>(pen.at(), kTimeSize));
    else
        std::memcpy(pen.at(), p.time_text.data(), kTimeSize);
    pen.skip(kTimeSize);
    pen.constant<pieces::close<names::time>>();
    put_text<names::initiator>(pen, p.initiator);
    put_text<names::receiver>(pen, p.receiver);
    put_text<names::initiator_kms>(pen, p.initiator_kms);
    put_text<names::receiver_kms>(pen, p.receiver_kms);
    put_xml<names::initiator_list>(pen, p.initiator_list);
    put_xml<names::receiver_list>(pen, p.receiver_list);
    if (!p.embedded.empty())
        pen.constant<pieces::open<names::embedded>>()
            .put(p.embedded)
            .constant<pieces::close<names::embedded>>();
    pen.constant<pieces::close<names::root>>();
    return pen.plain();
}

std::size_t join(const Pieces& pieces, std::span<char> out) noexcept {
    if (const std::size_t size = plain_size(pieces); size <= out.size() && join_plain(pieces, out.data()))
        return size;
    Buffer sink(out);
    std::array<char, kIdSize> id{};
    std::array<char, kTimeSize> time{};
    format_id(pieces.id, id);
    format_time(pieces.time, time);
    sink.put(pieces::before_id);
    sink.put({id.data(), id.size()});
    sink.put(pieces.after_id);
    sink.put({time.data(), time.size()});
    sink.put(pieces::close<names::time>);
    if (!pieces.initiator.empty()) put_element<names::initiator>(sink, pieces.initiator);
    if (!pieces.receiver.empty()) put_element<names::receiver>(sink, pieces.receiver);
    if (!pieces.initiator_kms.empty()) put_element<names::initiator_kms>(sink, pieces.initiator_kms);
    if (!pieces.receiver_kms.empty()) put_element<names::receiver_kms>(sink, pieces.receiver_kms);
    if (pieces.initiator_list) put_around<names::initiator_list>(sink, *pieces.initiator_list);
    if (pieces.receiver_list) put_around<names::receiver_list>(sink, *pieces.receiver_list);
    put_end(sink, pieces.embedded);
    return sink.written();
}

}  // namespace kmsgate::krr

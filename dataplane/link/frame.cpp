// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/frame.hpp"

#include <algorithm>
#include <utility>

namespace kmsgate::link {
namespace {

void put(std::byte* at, std::uint64_t value, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<std::byte>(value >> (8 * i) & 0xFFU);
}

[[nodiscard]] std::uint64_t get(const std::byte* at, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(at[i]) << (8 * i);
    return value;
}

/// Appends what `out` still lacks of `size` bytes; how many it was. Room doubles, so that a large attachment
/// is moved a few times only, and never exceeds what the frame holds.
template <class Container>
[[nodiscard]] std::size_t append(Container& out, std::uint64_t size, std::span<const std::byte> bytes) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size - out.size(), bytes.size()));
    const std::size_t need = out.size() + n;
    if (need > out.capacity())
        out.reserve(
            static_cast<std::size_t>(std::min<std::uint64_t>(size, std::max(need, 2 * out.capacity()))));
    using Value = typename Container::value_type;
    const auto* from = reinterpret_cast<const Value*>(bytes.data());
    out.insert(out.end(), from, from + n);
    return n;
}

}  // namespace

Head encode_head(std::size_t json, std::uint64_t attachment) noexcept {
    Head head;
    put(head.data(), kMagic, 4);
    put(head.data() + 4, json, 4);
    put(head.data() + 8, attachment, 8);
    return head;
}

std::string encode(std::string_view json, std::uint64_t attachment) {
    const Head head = encode_head(json.size(), attachment);
    std::string out;
    out.reserve(head.size() + json.size());
    out.append(reinterpret_cast<const char*>(head.data()), head.size());
    out += json;
    return out;
}

std::string_view to_string(Fault fault) noexcept {
    switch (fault) {
        case Fault::magic:
            return "no frame starts here";
        case Fault::json_size:
            return "a frame holds 1 to 1048576 bytes of JSON";
        case Fault::attachment_size:
            return "the attachment is larger than this frame may carry";
    }
    return "";
}

std::unexpected<Fault> Decoder::fail(Fault fault) noexcept {
    state_ = State::broken;
    fault_ = fault;
    frame_ = {};
    return std::unexpected(fault);
}

std::expected<std::size_t, Fault> Decoder::take(std::span<const std::byte> bytes) {
    std::size_t taken = 0;
    while (state_ != State::ready) {
        if (state_ == State::broken) return std::unexpected(fault_);
        const auto rest = bytes.subspan(taken);
        if (rest.empty()) break;
        if (state_ == State::head) {
            taken += take_head(rest);
            if (auto fine = read_head(); !fine) return std::unexpected(fine.error());
        } else if (state_ == State::json) {
            taken += append(frame_.json, json_, rest);
            if (auto fine = after_json(); !fine) return std::unexpected(fine.error());
        } else {
            taken += append(frame_.attachment, attachment_, rest);
            if (frame_.attachment.size() == attachment_) state_ = State::ready;
        }
    }
    return taken;
}

std::size_t Decoder::take_head(std::span<const std::byte> bytes) noexcept {
    const std::size_t n = std::min(kHeadSize - head_size_, bytes.size());
    std::copy_n(bytes.begin(), n, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
    head_size_ += n;
    return n;
}

std::expected<void, Fault> Decoder::read_head() noexcept {
    // Told by the bytes that are there: whoever speaks something else need not send a whole head.
    const Head model = encode_head(0, 0);
    const std::size_t known = std::min<std::size_t>(head_size_, 4);
    if (!std::equal(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(known), model.begin()))
        return fail(Fault::magic);
    if (head_size_ < kHeadSize) return {};
    json_ = static_cast<std::size_t>(get(head_.data() + 4, 4));
    attachment_ = get(head_.data() + 8, 8);
    if (json_ == 0 || json_ > kMaxJson) return fail(Fault::json_size);
    if (attachment_ > (limit_ ? kMaxTable : kMaxAttachment)) return fail(Fault::attachment_size);
    state_ = State::json;
    return {};
}

std::expected<void, Fault> Decoder::after_json() {
    if (frame_.json.size() < json_) return {};
    if (attachment_ > kMaxAttachment && attachment_ > limit_(frame_.json))
        return fail(Fault::attachment_size);
    state_ = attachment_ == 0 ? State::ready : State::attachment;
    return {};
}

Frame Decoder::fetch() {
    Frame out = std::exchange(frame_, {});
    state_ = State::head;
    head_size_ = 0;
    return out;
}

}  // namespace kmsgate::link

// SPDX-License-Identifier: BSD-3-Clause
// Frames of the table socket: a head of fixed size, a JSON object, an attachment. Both ends use this codec;
// it does no I/O and knows nothing of what the JSON says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::link {

/// Protocol version that hello names.
inline constexpr unsigned kVersion = 1;
/// First four bytes of every frame, little-endian.
inline constexpr std::uint32_t kMagic = 0x4b47534b;
/// Magic (u32), bytes of JSON (u32), bytes of attachment (u64), all little-endian.
inline constexpr std::size_t kHeadSize = 16;
inline constexpr std::size_t kMaxJson = std::size_t{1} << 20;
/// Attachment of any frame but one that brings a table.
inline constexpr std::uint64_t kMaxAttachment = std::uint64_t{16} << 20;
/// Attachment of a frame that brings a table.
inline constexpr std::uint64_t kMaxTable = std::uint64_t{1} << 30;

struct Frame {
    std::string json;
    std::vector<std::byte> attachment;
};

using Head = std::array<std::byte, kHeadSize>;

/// Head of a frame; the caller has kept the limits (else the other end closes).
[[nodiscard]] Head encode_head(std::size_t json, std::uint64_t attachment) noexcept;

/// Head and JSON in one piece, to be followed by `attachment` bytes.
[[nodiscard]] std::string encode(std::string_view json, std::uint64_t attachment = 0);

/// What makes a stream unusable from here on: the connection has to be closed.
enum class Fault : std::uint8_t {
    magic,            ///< these bytes are no frame
    json_size,        ///< none, or more than kMaxJson
    attachment_size,  ///< more than this frame may carry
};
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

/// Puts frames together from bytes as they come. Holds at most one frame; room is taken as bytes arrive,
/// never on the word of a head.
class Decoder {
  public:
    /// Bytes of attachment that the frame with this JSON may carry. Asked once, when the JSON is whole,
    /// before any byte of an attachment is taken, and only for attachments beyond kMaxAttachment.
    using Limit = std::function<std::uint64_t(std::string_view json)>;

    /// Without `limit` no attachment may exceed kMaxAttachment.
    explicit Decoder(Limit limit = {}) : limit_(std::move(limit)) {}

    /// Takes bytes up to the end of the frame at hand; how many it took. It takes none while a whole frame
    /// waits to be fetched. After a fault it takes nothing more.
    [[nodiscard]] std::expected<std::size_t, Fault> take(std::span<const std::byte> bytes);
    /// A whole frame waits.
    [[nodiscard]] bool ready() const noexcept { return state_ == State::ready; }
    /// The frame that waits; the next one can come.
    [[nodiscard]] Frame fetch();
    /// Nothing of a next frame has come.
    [[nodiscard]] bool empty() const noexcept { return state_ == State::head && head_size_ == 0; }

  private:
    enum class State : std::uint8_t { head, json, attachment, ready, broken };
    [[nodiscard]] std::size_t take_head(std::span<const std::byte> bytes) noexcept;
    [[nodiscard]] std::expected<void, Fault> read_head() noexcept;
    [[nodiscard]] std::expected<void, Fault> after_json();
    std::unexpected<Fault> fail(Fault fault) noexcept;

    Limit limit_;
    State state_ = State::head;
    Fault fault_{};
    Head head_{};
    std::size_t head_size_ = 0;
    std::size_t json_ = 0;
    std::uint64_t attachment_ = 0;
    Frame frame_;
};

}  // namespace kmsgate::link

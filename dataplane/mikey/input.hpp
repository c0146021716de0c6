// SPDX-License-Identifier: BSD-3-Clause
// The bytes under a walk, whole or decoded from base64 as the walk asks for them. Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/message.hpp"

namespace kmsgate::mikey {

/// Offsets count from the first byte of the message. Read only what has() has granted.
class Input {
  public:
    explicit Input(Bytes whole) noexcept : bytes_(whole) {}
    explicit Input(Base64Decoder& text) noexcept : text_(&text) {}

    /// The message has at least `count` bytes; they can be read now. False also after a base64 error.
    [[nodiscard]] bool has(std::size_t count) noexcept {
        return count <= bytes_.size() || (text_ != nullptr && more(count));
    }
    [[nodiscard]] std::uint8_t u8(std::size_t at) const noexcept { return bytes_[at]; }
    [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept {
        return static_cast<std::uint16_t>(bytes_[at] << 8 | bytes_[at + 1]);
    }
    [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept {
        return static_cast<std::uint32_t>(u16(at)) << 16 | u16(at + 2);
    }
    [[nodiscard]] Bytes view(std::size_t at, std::size_t length) const noexcept {
        return bytes_.subspan(at, length);
    }

  private:
    /// Few large steps cost less than one a payload; what is decoded early is needed in any case.
    static constexpr std::size_t kStep = 256;

    [[nodiscard]] bool more(std::size_t count) noexcept {
        (void)text_->advance(count + kStep);
        bytes_ = text_->decoded();
        return count <= bytes_.size();
    }

    Bytes bytes_;
    Base64Decoder* text_ = nullptr;
};

}  // namespace kmsgate::mikey

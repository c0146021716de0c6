// SPDX-License-Identifier: BSD-3-Clause
// SIP messages out of a TCP stream (RFC 3261 18.3): Content-Length says where each ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kmsgate::client::program {

/// Collects the bytes of one connection and cuts whole messages from them. Any bytes may come in; what it
/// keeps is bounded.
class Framing {
  public:
    static constexpr std::size_t kMostHead = std::size_t{64} << 10;
    static constexpr std::size_t kMostMessage = std::size_t{1} << 20;

    enum class Fault : std::uint8_t {
        head_too_long,     ///< no empty line within kMostHead bytes
        content_length,    ///< absent, no number, or twice with different values
        message_too_long,  ///< more than kMostMessage bytes
    };

    /// Takes bytes in as they come.
    void feed(std::string_view bytes) { buffer_.append(bytes); }
    /// The next whole message; CRLFs before it (keep-alives, RFC 3261 7.5, RFC 5626 4.4.1) are passed over.
    [[nodiscard]] std::optional<std::string> next();
    /// After this nothing in the stream can be found any more: the connection has to be closed.
    [[nodiscard]] std::optional<Fault> fault() const noexcept { return fault_; }

  private:
    /// Bytes of the message that begins the buffer, once its head is whole.
    [[nodiscard]] std::optional<std::size_t> message_size();

    std::string buffer_;
    std::size_t searched_ = 0;  ///< so far no empty line ends before here
    std::optional<std::size_t> size_;
    std::optional<Fault> fault_;
};
/// "content-length".
[[nodiscard]] std::string_view to_string(Framing::Fault fault) noexcept;

}  // namespace kmsgate::client::program

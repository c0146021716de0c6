// SPDX-License-Identifier: BSD-3-Clause
// One SIP message that came in, as an endpoint reads it: what stands behind Content-Length does not exist.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::client::agent {

/// Views into the bytes given and into memory of its own: the bytes must outlive it. Any bytes may be given.
class Incoming {
  public:
    explicit Incoming(std::string_view bytes);

    [[nodiscard]] const sip::Message& message() const noexcept { return message_; }
    /// A request or response without a fault; methods compared in their letter case.
    [[nodiscard]] bool sound() const noexcept;
    /// Everything in which a MIKEY or a KRR could stand; looked for once.
    [[nodiscard]] const sip::Contents& contents();
    /// The session description: the body, or the first such part of a multipart body; nullopt when there is
    /// none.
    [[nodiscard]] std::optional<std::string_view> sdp();
    /// Every element of the header rows of that name (any letter case), folds undone.
    [[nodiscard]] std::vector<std::string> values(std::string_view name);
    /// A header value with its folds undone.
    [[nodiscard]] std::string unfolded(std::string_view value);

  private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> storage_;
    sip::Arena arena_;
    sip::Message message_;
    std::optional<sip::Contents> contents_;
};

}  // namespace kmsgate::client::agent

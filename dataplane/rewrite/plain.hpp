// SPDX-License-Identifier: BSD-3-Clause
// A plain 488 with a KRR in canonical form, of which another gate made way: its new form, put together where
// it leaves. The bytes that replace_krr() gives, proven by how they are made instead of by a second look.
#pragma once

#include <cstddef>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/core/record.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/krr/emit.hpp"

namespace kmsgate::rewrite {

class PlainRewrite {
  public:
    /// `pieces`: the KRR that the decision makes of the one in the message. Views: the payload, the
    /// inspection and what the pieces name outlive it.
    PlainRewrite(std::string_view payload, const inspect::Inspection& inspection,
                 const policy::decide::Decision& decision, const krr::Pieces& pieces) noexcept;

    /// False: replace_krr() has the word.
    explicit operator bool() const noexcept { return size_ != 0; }
    /// Bytes of the new payload.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Writes it where so many bytes have room. False: nothing that was written may leave.
    [[nodiscard]] bool write(char* out) const noexcept;

  private:
    std::string_view before_length_;  ///< all of the head when it has no Content-Length
    std::string_view after_length_;
    std::size_t body_ = 0;
    std::size_t size_ = 0;
    bool has_length_ = false;
    krr::Pieces pieces_;
};

/// The datagram in `original` (IP header at l3, UDP header at l4, no fragment) with the new payload, as
/// replace_payload() makes it. Null when it takes more than one buffer, or when there is none.
[[nodiscard]] core::Mbuf replace_plain(std::span<const std::uint8_t> original, std::size_t l3, std::size_t l4,
                                       const PlainRewrite& payload, rte_mempool* pool) noexcept;

}  // namespace kmsgate::rewrite

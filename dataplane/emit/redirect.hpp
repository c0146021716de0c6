// SPDX-License-Identifier: BSD-3-Clause
// The 488 with a KRR to a plain request, put together from prepared pieces where it leaves: the bytes that
// write_response() and krr::join() give, in one pass.
#pragma once

#include <cstddef>
#include <string_view>

#include "dataplane/core/record.hpp"
#include "dataplane/krr/emit.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::emit {

class PlainRedirect {
  public:
    /// `request`: answerable(), taken by sip::read_plain() (no folds, nothing twice). What is given stays the
    /// caller's and lives as long as this.
    PlainRedirect(const sip::Message& request, const core::Endpoint& source, std::string_view tag,
                  const krr::Pieces& krr) noexcept;

    /// Bytes at most; 0: there are more Vias than are kept here.
    [[nodiscard]] std::size_t most() const noexcept { return most_; }
    /// Writes it where most() bytes have room. Its size; 0 when a text of the KRR is not plain: what was
    /// written counts for nothing then.
    [[nodiscard]] std::size_t write(char* out) const noexcept;

  private:
    static constexpr std::size_t kVias = 32;

    const sip::Message& request_;
    const core::Endpoint& source_;
    std::string_view tag_;
    const krr::Pieces& krr_;
    std::size_t body_;
    std::size_t most_ = 0;
    const sip::Header* vias_[kVias];  // NOLINT: `via_count_` of them are written
    std::size_t via_count_ = 0;
    const sip::Header* others_[4];  // NOLINT: the same
    std::size_t other_count_ = 0;
};

}  // namespace kmsgate::emit

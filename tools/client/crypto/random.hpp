// SPDX-License-Identifier: BSD-3-Clause
// Random bytes for keys, nonces and tags.
#pragma once

#include <memory>
#include <span>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::crypto {

/// wolfSSL's generator, seeded by the system. One a thread.
class Random {
  public:
    /// Throws std::runtime_error when the system gives no entropy: nothing can go on without.
    Random();
    ~Random();
    Random(Random&&) noexcept;
    Random& operator=(Random&&) noexcept;

    void fill(std::span<std::uint8_t> out);
    [[nodiscard]] Bytes bytes(std::size_t size);
    [[nodiscard]] std::uint32_t number();
    /// The library's own handle (WC_RNG*), for the other files of this room.
    [[nodiscard]] void* handle() noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kmsgate::client::crypto

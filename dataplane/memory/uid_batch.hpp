// SPDX-License-Identifier: BSD-3-Clause
// Many UIDs at once: SHA-256 in the lanes of Intel's IPsec-MB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/mikey/uid.hpp"

struct IMB_MGR;

namespace kmsgate::memory {

/// Hashed identities (TS 33.180 F.2.1) hashed side by side, the same as mikey::uid_of() byte for byte.
/// Nothing is allocated after it is made. For one thread; each has one of its own: of_thread().
class UidBatch {
  public:
    /// UIDs of one run.
    static constexpr std::size_t kMost = 64;

    UidBatch();
    ~UidBatch();
    UidBatch(const UidBatch&) = delete;
    UidBatch& operator=(const UidBatch&) = delete;

    /// The caller's own, made when first asked for (as a worker starts: it takes 280 KB and the library's
    /// self-test). It is empty between any two uses.
    [[nodiscard]] static UidBatch& of_thread();

    [[nodiscard]] bool full() const noexcept { return size_ == kMost; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// One more, as of mikey::uid_of(); the texts are copied. Not when full().
    void add(std::string_view user, const mikey::UidSuffix& suffix) noexcept;

    /// The UIDs of all that were added, in that order; then it is empty. They stay until the next run().
    [[nodiscard]] std::span<const mikey::Uid> run() noexcept;

  private:
    struct Free {
        void operator()(IMB_MGR* manager) const noexcept;
    };
    /// Whether all were hashed.
    bool run_jobs() noexcept;
    void run_singly() noexcept;

    std::unique_ptr<IMB_MGR, Free> manager_;  ///< none: the library does not work here
    std::array<mikey::UidInput, kMost> inputs_;
    std::array<mikey::Uid, kMost> uids_;
    std::size_t size_ = 0;
};

}  // namespace kmsgate::memory

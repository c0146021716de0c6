// SPDX-License-Identifier: BSD-3-Clause
// KRRs received, kept for the Home and the Migration KMS until they were reported (TS 33.180 5.3.1.2, X.11).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::select {

/// One KRR as it came.
struct KeptKrr {
    std::uint64_t number = 0;  ///< ascending, never used again
    Time received = 0;
    std::string user;  ///< who received it
    std::string call_id;
    std::string peer;  ///< user that was called
    std::string
        outcome;  ///< what the client made of it: "retry kms.c.example kms.a.example", "no-receiver-kms"
    std::vector<std::string> due;  ///< KMSs that have not heard of it yet (Home, Migration)
    std::string body;              ///< byte for byte
};

/// In memory; the program (or nobody) puts it on disk.
class KrrStore {
  public:
    /// At most this many; the oldest that was reported to everybody makes room, then the oldest.
    static constexpr std::size_t kMost = 1000;
    std::uint64_t add(KeptKrr krr);
    /// `kms` has heard of it; one that nobody waits for any more is forgotten.
    void reported(std::uint64_t number, std::string_view kms);
    [[nodiscard]] const std::vector<KeptKrr>& all() const noexcept { return kept_; }

    /// One file's text (JSON) and back; the error says what is wrong with it.
    [[nodiscard]] std::string to_text() const;
    [[nodiscard]] static std::expected<KrrStore, std::string> from_text(std::string_view text);

  private:
    std::vector<KeptKrr> kept_;
    std::uint64_t next_ = 1;
};

/// Reads FOLDER/krrs.json (an empty store when it is not there) and writes it whole or not at all (rename).
[[nodiscard]] std::expected<KrrStore, std::string> load_store(const std::string& folder);
[[nodiscard]] std::expected<void, std::string> save_store(const KrrStore& store, const std::string& folder);

}  // namespace kmsgate::client::select

// SPDX-License-Identifier: BSD-3-Clause
// A policy, users, transactions and messages of a given size. Everything that is not the size stays the same:
// how long names are, how often a lookup finds something, what share of the messages is refused.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/inspect/inspect.hpp"
#include "dataplane/memory/transactions.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::bench {

struct Sizes {
    std::size_t tags = 1000;          ///< tagged users
    std::size_t kms = 10;             ///< KMSs of the policy
    std::size_t patterns = 10;        ///< user patterns, of the common shapes
    std::size_t edges = 1;            ///< each with rules of its own
    std::size_t transactions = 1000;  ///< requests that are alive
};

/// Messages of a world: together larger than the second-level cache, so that their bytes come from as far
/// away as a network card puts them.
inline constexpr std::size_t kFlatMessages = 2048;

class World {
  public:
    explicit World(const Sizes& sizes);

    /// One message: read, judged, and looked up among the transactions, where its entry is taken over.
    void verdict(std::size_t message);
    /// Bytes of memory of the part that grows with `axis` (tags, kms, patterns, edges, transactions).
    [[nodiscard]] std::size_t bytes(const std::string& axis) const;
    /// How many messages are refused.
    [[nodiscard]] std::size_t refused();

  private:
    struct Message {
        std::string text;
        inspect::Arrived arrived;
        inspect::Context context;
        memory::Hash128 key;
    };
    void fill_tags(std::size_t count);
    void fill_transactions(std::size_t count);
    void write(std::size_t number);

    Sizes sizes_;
    std::vector<std::byte> blob_;
    std::unique_ptr<policy::table::Table> table_;
    std::unique_ptr<memory::UserTags> tags_;
    std::unique_ptr<memory::Transactions> transactions_;
    std::vector<Message> messages_;
    std::vector<std::byte> storage_;
    sip::Arena arena_;
    inspect::Inspection inspection_;
    std::size_t refused_ = 0;
};

}  // namespace kmsgate::bench

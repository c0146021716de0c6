// SPDX-License-Identifier: BSD-3-Clause
// Tries a crafted message against the table in force: through a pipeline of its own, so that the answer is
// what a worker would say and nothing of the live ones changes.
#pragma once

#include <rte_mempool.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/core/record.hpp"

namespace kmsgate::link {

/// "10.0.0.1:5060" or "[2001:db8::1]:5060"; nullopt: neither.
[[nodiscard]] std::optional<core::Endpoint> read_endpoint(std::string_view text);

/// A message as it would arrive over UDP.
struct Crafted {
    core::Arrival arrival = core::Arrival::inside;
    core::Endpoint source, destination;
    std::string_view bytes;
    core::Time now = 0;
};

class Explainer {
  public:
    /// Needs the EAL: takes packet buffers of its own.
    [[nodiscard]] static std::expected<Explainer, std::string> create(std::size_t mtu);

    struct Explained {
        std::string event;  ///< JSON as the events have it
        std::string tree;   ///< decide's record
    };
    /// What a worker would say of the first copy of this message. The error: there is nothing to judge.
    [[nodiscard]] std::expected<Explained, std::string> explain(const core::Judge& judge,
                                                                const Crafted& message);

  private:
    struct Free {
        void operator()(rte_mempool* pool) const noexcept { rte_mempool_free(pool); }
    };
    Explainer(std::unique_ptr<rte_mempool, Free> pool, std::size_t mtu) : pool_(std::move(pool)), mtu_(mtu) {}
    std::unique_ptr<rte_mempool, Free> pool_;
    std::size_t mtu_;
};

}  // namespace kmsgate::link

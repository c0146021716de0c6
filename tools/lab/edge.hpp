// SPDX-License-Identifier: BSD-3-Clause
// One edge of a lab: a pipeline with its policy and user tags, frames in and frames out.
#pragma once

#include <array>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/core/pipeline.hpp"
#include "policy/compile/compile.hpp"
#include "tools/lab/scenario.hpp"
#include "tools/lab/wire.hpp"

namespace kmsgate::lab {

/// Which neighbour: the one nearer to the initiator, or the one nearer to the receiver.
enum class Toward : std::uint8_t { initiator, receiver };
[[nodiscard]] constexpr Toward other(Toward t) noexcept {
    return t == Toward::initiator ? Toward::receiver : Toward::initiator;
}

class Edge final : public core::EventSink {
  public:
    /// Knows the policy that domain?
    [[nodiscard]] bool knows(std::string_view domain) const {
        return table_->find_domain(domain).has_value();
    }
    /// `policy`: its text; `tags`: lines of domains that the policy does not know are left out; `roster`:
    /// users whom the edge can recognise by UID (normal forms).
    [[nodiscard]] static std::expected<std::unique_ptr<Edge>, std::string> make(
        const Stop& stop, const std::string& policy, const std::vector<TagLine>& tags,
        const std::vector<std::string>& roster, rte_mempool* pool);

    /// One frame that arrives from a neighbour; what leaves because of it, by neighbour.
    struct Left {
        std::array<std::vector<Frame>, 2> toward;
    };
    [[nodiscard]] Left take(const Frame& frame, Toward from, core::Time now);

    /// What the last message's verdict was and why: "redirect: initiator-kms-not-allowed (rule attached)".
    [[nodiscard]] const std::string& last_words() const noexcept { return last_words_; }
    /// Frames that the pipeline lost track of or still holds, and every drop; empty when all is well.
    [[nodiscard]] std::vector<std::string> faults(core::Time now);
    /// Did every frame leave as it came, in order, by the other port?
    [[nodiscard]] bool untouched() const noexcept { return in_ == out_; }

    void message(const core::MessageRecord& record) override;
    void drop(const core::DropRecord& record) override;

  private:
    Edge(policy::compile::Compiled compiled, std::unique_ptr<memory::UserTags> tags)
        : compiled_(std::move(compiled)), tags_(std::move(tags)), roster_(*tags_) {}
    [[nodiscard]] Left collect();

    policy::compile::Compiled compiled_;
    std::unique_ptr<policy::table::Table> table_;
    std::unique_ptr<memory::UserTags> tags_;
    memory::UidRoster roster_;
    std::string digest_;
    core::Judge judge_;
    std::unique_ptr<core::Pipeline> pipeline_;
    rte_mempool* pool_ = nullptr;
    bool faces_initiator_ = true;
    core::Output output_;
    std::array<std::vector<Frame>, 2> in_;   ///< by where they were going
    std::array<std::vector<Frame>, 2> out_;  ///< by where they went
    std::uint64_t number_ = 0;
    std::string last_words_;
    std::vector<std::string> faults_;
};

}  // namespace kmsgate::lab

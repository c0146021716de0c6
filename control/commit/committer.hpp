// SPDX-License-Identifier: BSD-3-Clause
// The policy in force and the ways to change it: one writer at a time, in history only once the dataplane has
// taken it, undone by itself where a confirmation does not come.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/commit/compiler.hpp"
#include "control/commit/dataplane.hpp"
#include "control/commit/store.hpp"

namespace kmsgate::control {

class Committer {
  public:
    /// What somebody wants in force.
    struct Wish {
        std::string text;
        std::string file = "policy.yaml";
        std::optional<unsigned> confirm;  ///< seconds
        std::string comment;
        How how = How::commit;
        std::uint64_t to = 0;
        Who who;
    };
    /// Told of changes that nobody called for (start, auto-rollback): for the audit.
    using Told = std::function<void(const Wish&, const Result&)>;

    Committer(Loop& loop, Store& store, Compiler& compiler, std::vector<std::string> edges, Told told);
    /// Before start(): whom to give tables to.
    void use(Dataplane& dataplane) { dataplane_ = &dataplane; }
    /// Takes up what the store holds; commits `policy` as soon as the dataplane is ready, if it is not the
    /// text that was last taken this way.
    void start(std::optional<Wish> policy);
    /// The dataplane has become ready.
    void dataplane_ready();

    void check(std::string text, std::string file, const Reply& reply);
    void plan(std::string text, std::string file, const Reply& reply);
    void commit(Wish wish, Reply reply);
    void confirm(const Who& who, const Reply& reply);
    /// `to` 0: the one before.
    void rollback(std::uint64_t to, std::string comment, const Who& who, Reply reply);

    /// What the dataplane shall have; nullopt while the history's text is being compiled.
    [[nodiscard]] std::optional<Dataplane::Target> target() const;
    [[nodiscard]] PolicyPtr policy() const { return policy_; }
    [[nodiscard]] const std::optional<Generation>& generation() const { return running_; }
    struct Counts {
        std::uint64_t commits = 0;    ///< generations put in force
        std::uint64_t rollbacks = 0;  ///< of them rollbacks, automatic ones included
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    /// Members policy, confirm and writer of `status`.
    void add_status(Json& status) const;

  private:
    struct Work;
    struct Writer {
        Who who;
        double since = 0;
    };

    [[nodiscard]] static Fault in_progress(const Writer& writer);
    [[nodiscard]] static Fault waits_for_confirm(const Pending& pending);
    void compiled(const std::shared_ptr<Work>& work);
    [[nodiscard]] ModeChange modes_of(const Work& work) const;
    void push(const std::shared_ptr<Work>& work);
    void pushed(const std::shared_ptr<Work>& work, const Result& answer);
    void accepted(const std::shared_ptr<Work>& work);
    void finish(const std::shared_ptr<Work>& work, Result result);
    [[nodiscard]] static JsonPtr result_of(const Work& work, const Generation& in_force, bool unchanged);
    void forget(std::uint64_t number);
    void arm();
    void overdue();
    void begin_with_start_policy();

    Loop& loop_;
    Store& store_;
    Compiler& compiler_;
    /// Used on the compiler's thread only, by one piece of work at a time, each of which holds it.
    std::shared_ptr<policy::compile::Compiler> kept_ = std::make_shared<policy::compile::Compiler>();
    Dataplane* dataplane_ = nullptr;
    std::vector<std::string> edges_;
    Told told_;
    std::optional<Generation> running_;  ///< its text stands in policy_
    PolicyPtr policy_;
    bool known_ = false;  ///< policy_ is what the history says, if that compiles
    std::optional<Pending> pending_;
    std::optional<Writer> writer_;
    std::optional<Wish> start_policy_;
    Timer deadline_;
    Counts counts_;
};

}  // namespace kmsgate::control

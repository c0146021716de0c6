// SPDX-License-Identifier: BSD-3-Clause
// User tags: checked against the running policy, given to the dataplane, then kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/commit/committer.hpp"
#include "control/commit/dataplane.hpp"
#include "control/commit/store.hpp"

namespace kmsgate::control {

class Users {
  public:
    static constexpr std::size_t kMostRows =
        10'000;  ///< of one chunk: the dataplane names so many refused lines
    static constexpr std::size_t kMostListed = 1'000;  ///< refused rows told one by one
    static constexpr std::size_t kMostShown = 10'000;

    Users(Store& store, Dataplane& dataplane, const Committer& committer)
        : store_(store), dataplane_(dataplane), committer_(committer) {}

    void tag(const std::string& domain, const std::string& user, const std::vector<std::string>& tags,
             const Reply& reply);
    void untag(const std::string& domain, const std::string& user, const Reply& reply);

    struct Shown {
        std::optional<std::string> domain, user, tag;
        std::pair<std::string, std::string> after;
        std::size_t limit = 1'000;
    };
    [[nodiscard]] Result show(const Shown& wish);

    struct Chunk {
        std::uint64_t client = 0;
        Who who;
        bool first = false;
        bool last = false;
        bool replace = false;
    };
    /// `rows`: [[domain, user, "tag tag"], ..].
    void load(const Chunk& chunk, const Json& rows, const Reply& reply);
    /// A load ends with its connection.
    void gone(std::uint64_t client);

  private:
    using UserName = std::pair<std::string, std::string>;  ///< domain, normalised URI
    struct Load {
        std::uint64_t client = 0;
        Who who;
        double since = 0;
        std::int64_t number = 0;
        bool replace = false;
        std::uint64_t set = 0;
        std::uint64_t refused = 0;
        std::map<UserName, std::string> waiting;  ///< of a replacing load: found no room beside the old ones
        std::size_t capacity = 0;                 ///< of the dataplane, when somebody waits
        bool no_room = false;                     ///< a row was refused for room
    };
    struct Batch;

    /// A row of a caller as it is kept; or why not.
    [[nodiscard]] std::expected<UserRow, Fault> checked(const std::string& domain, const std::string& user,
                                                        const std::string& words) const;
    [[nodiscard]] std::optional<Fault> begin(const Chunk& chunk);
    void push(const std::shared_ptr<Batch>& batch);
    void pushed(const std::shared_ptr<Batch>& batch, const Result& answer);
    /// At the end of a replacing load: is there room for all of it? Then the others go, and who waits comes.
    void conclude(const std::shared_ptr<Batch>& batch);
    void refuse_waiting(const std::shared_ptr<Batch>& batch);
    void forget_others(const std::shared_ptr<Batch>& batch);
    void set_waiting(const std::shared_ptr<Batch>& batch);
    [[nodiscard]] bool is_mine(const Batch& batch) const;
    void finish(const std::shared_ptr<Batch>& batch);
    /// The dataplane may now hold what the file does not; false: that cannot be written down.
    [[nodiscard]] std::optional<Fault> doubt();
    [[nodiscard]] bool settled() { return --in_flight_ == 0; }
    [[nodiscard]] Fault unwritable(const std::string& why);

    Store& store_;
    Dataplane& dataplane_;
    const Committer& committer_;
    std::optional<Load> load_;
    std::size_t in_flight_ = 0;
};

}  // namespace kmsgate::control

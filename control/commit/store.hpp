// SPDX-License-Identifier: BSD-3-Clause
// state/control.db: history, user tags, modes set by hand, answers kept for retries, marks. Every change is
// on disk when its call returns. The loop's thread only.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/commit/database.hpp"
#include "control/link/fault.hpp"

namespace kmsgate::control {

/// How a generation came about.
enum class How : std::uint8_t { commit, rollback, auto_rollback, start };
[[nodiscard]] std::string_view to_string(How how) noexcept;

struct Generation {
    std::uint64_t number = 0;
    std::string digest;  ///< of the sealed table
    double time = 0;
    Who who;
    How how = How::commit;
    std::uint64_t to = 0;  ///< the generation whose text came back; 0: none
    std::string comment;
    std::string text;  ///< empty in lists
};

/// A commit that comes undone unless it is confirmed in time.
struct Pending {
    std::uint64_t generation = 0;
    std::uint64_t previous = 0;
    double deadline = 0;
    double since = 0;
    Who who;
};

/// Modes set by hand, edge to mode.
using Modes = std::map<std::string, std::string>;

/// What a commit did to modes set by hand.
struct ModeChange {
    Modes ended;
    Modes back;  ///< of the generation before, which comes back
};

/// What the way back from a generation has to bring along.
struct Undo {
    std::uint64_t generation = 0;
    std::uint64_t previous = 0;
    Modes modes;  ///< that it ended
};

struct UserRow {
    std::string domain;
    std::string user;   ///< normalised
    std::string words;  ///< separated by one blank
};

struct KeptAnswer {
    std::string method;
    std::string digest;  ///< of the parameters
    std::string answer;
};

class Store {
  public:
    /// Makes the file when it is missing. A damaged file, or one of somebody else or another version, is left
    /// as it is: the error says what to do.
    [[nodiscard]] static std::expected<std::unique_ptr<Store>, std::string> open(const std::string& path);

    // history
    /// The newest accepted generation, with its text.
    [[nodiscard]] std::optional<Generation> running();
    /// An accepted generation, with its text.
    [[nodiscard]] std::optional<Generation> generation(std::uint64_t number);
    /// Newest first, older than `before` (0: all), without texts.
    [[nodiscard]] std::vector<Generation> history(std::size_t limit, std::uint64_t before);
    /// Writes it down before the dataplane has it; it counts for nothing until accept().
    [[nodiscard]] Done prepare(const Generation& generation);
    /// The dataplane has taken it, `previous` (0: none) stood before. `pending` replaces what waited for
    /// confirmation.
    [[nodiscard]] Done accept(std::uint64_t number, std::uint64_t previous,
                              const std::optional<Pending>& pending, const ModeChange& modes);
    /// It was not taken.
    [[nodiscard]] Done forget(std::uint64_t number);
    [[nodiscard]] std::optional<Pending> pending();
    [[nodiscard]] Done end_pending();
    /// Of the generation accepted last.
    [[nodiscard]] std::optional<Undo> undo();

    // small values by name
    [[nodiscard]] std::string value(std::string_view name);
    [[nodiscard]] Done set_value(std::string_view name, std::string_view value);

    // modes set by hand
    [[nodiscard]] Modes modes();
    /// Empty mode: the policy's own.
    [[nodiscard]] Done set_mode(std::string_view edge, std::string_view mode);

    // answers
    [[nodiscard]] std::optional<KeptAnswer> answer(std::string_view key);
    [[nodiscard]] Done keep_answer(std::string_view key, const KeptAnswer& answer);

    // marks
    [[nodiscard]] std::vector<std::string> marks();
    [[nodiscard]] std::optional<std::string> mark(std::string_view name);
    [[nodiscard]] Done set_mark(std::string_view name, std::string_view json);

    // users
    [[nodiscard]] std::int64_t users() const noexcept { return users_; }
    /// The dataplane may hold what the file does not, until the doubt is cleared.
    [[nodiscard]] Done doubt();
    [[nodiscard]] bool doubtful();
    /// Rows of one transaction; `load` marks them as named by that load. `settled` clears the doubt.
    [[nodiscard]] Done set_users(std::span<const UserRow* const> rows, std::int64_t load, bool settled);
    /// How many there were. `settled` clears the doubt.
    [[nodiscard]] std::expected<std::int64_t, std::string> remove_users(
        std::span<const std::pair<std::string, std::string>> users, bool settled);
    [[nodiscard]] Done clear_doubt();
    [[nodiscard]] std::optional<UserRow> user(std::string_view domain, std::string_view user);
    /// Rows in order behind (domain, user); `take` says when to stop (false).
    void each_user(std::string_view domain, std::string_view user,
                   const std::function<bool(const UserRow&)>& take);
    /// How many users a load named.
    [[nodiscard]] std::size_t named(std::int64_t load);
    /// Users that a load did not name, at most `most`.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> not_named(std::int64_t load,
                                                                             std::size_t most);

  private:
    explicit Store(Database db) : db_(std::move(db)) {}
    [[nodiscard]] static Generation row(const Statement& s, bool text);
    [[nodiscard]] Done count_users();

    Database db_;
    std::int64_t users_ = 0;
};

}  // namespace kmsgate::control

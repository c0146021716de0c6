// SPDX-License-Identifier: BSD-3-Clause
// The state folder: one dataplane at a time, and the To tag key that outlives it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "dataplane/main/privileges.hpp"
#include "dataplane/memory/siphash.hpp"

namespace kmsgate::box {

/// Holds the folder for this process as long as it lives (a lock on FOLDER/dataplane.lock).
class State {
  public:
    /// Makes the folder (0700) and FOLDER/tag.key (16 random bytes, 0600) where they are missing, gives them
    /// to `owner`. Error: what is wrong, what would be right.
    [[nodiscard]] static std::expected<State, std::string> open(const std::string& folder,
                                                                const std::optional<Account>& owner);
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    State(State&& o) noexcept : lock_(std::exchange(o.lock_, -1)), tag_key_(o.tag_key_) {}
    State& operator=(State&& o) noexcept {
        std::swap(lock_, o.lock_);
        std::swap(tag_key_, o.tag_key_);
        return *this;
    }
    ~State();

    [[nodiscard]] const memory::Key& tag_key() const noexcept { return tag_key_; }

  private:
    State(int lock, const memory::Key& key) noexcept : lock_(lock), tag_key_(key) {}
    int lock_ = -1;
    memory::Key tag_key_{};
};

/// 16 bytes that nobody can guess (getrandom(2)).
[[nodiscard]] memory::Key random_key();

/// Makes the folder that a socket is to stand in (0755) when it is missing, and gives it to `owner`.
[[nodiscard]] std::expected<void, std::string> make_socket_folder(const std::string& socket,
                                                                  const std::optional<Account>& owner);

}  // namespace kmsgate::box

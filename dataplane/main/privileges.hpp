// SPDX-License-Identifier: BSD-3-Clause
// From root to the account of kmsgate.yaml, once the ports are open.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

namespace kmsgate::box {

struct Account {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;  ///< its primary group, the only one that is kept
};

/// Looks an account up. Error: what is wrong, what would be right.
[[nodiscard]] std::expected<Account, std::string> find_account(const std::string& name);

/// Becomes the account with all threads of the process, for good: group list, group, user. Then reads back
/// from /proc what every task is: it fails unless each has that user and group in all four places, no other
/// groups and no capabilities. After an error the process must not go on.
[[nodiscard]] std::expected<void, std::string> become(const Account& account);

/// Makes a path belong to the account; a path that is not there is no error.
[[nodiscard]] std::expected<void, std::string> give(const std::string& path, const Account& account);

}  // namespace kmsgate::box

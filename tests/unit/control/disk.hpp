// SPDX-License-Identifier: BSD-3-Clause
// A disk that is full for some statements: triggers in control's database.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace kmsgate::control::test {

class Disk {
  public:
    explicit Disk(const std::string& path) {
        EXPECT_EQ(::sqlite3_open(path.c_str(), &db_), SQLITE_OK);
        ::sqlite3_busy_timeout(db_, 2000);
    }
    ~Disk() { ::sqlite3_close(db_); }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// "UPDATE ON generations"
    void refuse(const std::string& what) const {
        run("CREATE TRIGGER full BEFORE " + what + " BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    }
    void allow() const { run("DROP TRIGGER full"); }
    void run(const std::string& sql) const {
        EXPECT_EQ(::sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << ::sqlite3_errmsg(db_);
    }

  private:
    sqlite3* db_ = nullptr;
};

}  // namespace kmsgate::control::test

// SPDX-License-Identifier: BSD-3-Clause
// SQLite with owners: a connection, its prepared statements, transactions. Inside this room only.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace kmsgate::control {

/// What SQLite said, or nothing.
using Done = std::expected<void, std::string>;

/// For what goes on all the same: an error is told to whoever reads the log. `what` was to be written
/// ("that it stays").
void note(const Done& done, std::string_view what);

/// A statement with values bound, to be stepped through; the next use of the same SQL begins anew.
class Statement {
  public:
    explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& operator=(Statement&&) = delete;

    /// Binds the next parameter.
    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    Statement& bind(double number);

    /// A row is there; false: no more, or a fault (see done()).
    [[nodiscard]] bool step();
    /// Steps to the end; the fault if there was one.
    [[nodiscard]] Done done();
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] double real(int column) const;
    /// Valid until the next step.
    [[nodiscard]] std::string_view text(int column) const;

  private:
    sqlite3_stmt* statement_;  ///< the database's
    int bound_ = 0;
    int result_ = 0;
};

class Database {
  public:
    /// Opens or makes the file. The error is SQLite's word.
    [[nodiscard]] static std::expected<Database, std::string> open(const std::string& path);

    [[nodiscard]] Done run(const char* sql);
    /// Prepared once and kept. `sql` is a literal.
    [[nodiscard]] Statement statement(std::string_view sql);
    /// Rows that the last statement changed.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] std::string error() const;

  private:
    struct Close {
        void operator()(sqlite3* db) const noexcept;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3, Close> db_;
    std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

/// BEGIN IMMEDIATE .. COMMIT; rolled back unless commit() succeeded.
class Transaction {
  public:
    explicit Transaction(Database& db);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    [[nodiscard]] Done begun() const { return begun_; }
    [[nodiscard]] Done commit();

  private:
    Database& db_;
    Done begun_;
    bool open_ = false;
};

}  // namespace kmsgate::control

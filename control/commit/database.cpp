// SPDX-License-Identifier: BSD-3-Clause
#include "control/commit/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "control/link/log.hpp"

namespace kmsgate::control {

Statement::~Statement() {
    if (statement_ == nullptr) return;
    ::sqlite3_reset(statement_);
    ::sqlite3_clear_bindings(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_), result_(other.result_) {}

Statement& Statement::bind(std::string_view text) {
    // A null pointer would be bound as NULL.
    const char* const data = text.data() == nullptr ? "" : text.data();
    ::sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}
Statement& Statement::bind(std::int64_t number) {
    ::sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
}
Statement& Statement::bind(double number) {
    ::sqlite3_bind_double(statement_, ++bound_, number);
    return *this;
}

bool Statement::step() {
    result_ = statement_ == nullptr ? SQLITE_ERROR : ::sqlite3_step(statement_);
    return result_ == SQLITE_ROW;
}

Done Statement::done() {
    while (step()) {
    }
    if (result_ == SQLITE_DONE) return {};
    return std::unexpected(statement_ == nullptr
                               ? std::string("the statement was not understood")
                               : std::string(::sqlite3_errmsg(::sqlite3_db_handle(statement_))));
}

std::int64_t Statement::number(int column) const {
    return ::sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const {
    return ::sqlite3_column_double(statement_, column);
}
std::string_view Statement::text(int column) const {
    const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(statement_, column));
    const int size = ::sqlite3_column_bytes(statement_, column);
    return text == nullptr ? std::string_view() : std::string_view(text, static_cast<std::size_t>(size));
}

void Database::Close::operator()(sqlite3* db) const noexcept {
    ::sqlite3_close(db);
}
void Database::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    ::sqlite3_finalize(statement);
}

std::expected<Database, std::string> Database::open(const std::string& path) {
    sqlite3* db = nullptr;
    const int code = ::sqlite3_open_v2(
        path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database out;
    out.db_.reset(db);
    if (code != SQLITE_OK) return std::unexpected(db == nullptr ? "out of memory" : out.error());
    ::sqlite3_extended_result_codes(db, 1);
    return out;
}

Done Database::run(const char* sql) {
    if (::sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return std::unexpected(error());
}

Statement Database::statement(std::string_view sql) {
    auto& kept = statements_[sql];
    if (!kept) {
        sqlite3_stmt* made = nullptr;
        ::sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                             &made, nullptr);
        kept.reset(made);
    }
    return Statement(kept.get());
}

std::int64_t Database::changes() const {
    return ::sqlite3_changes64(db_.get());
}
std::string Database::error() const {
    return ::sqlite3_errmsg(db_.get());
}

void note(const Done& done, std::string_view what) {
    if (!done) log_warning(fmt::format("it cannot be written down {}: {}", what, done.error()));
}

Transaction::Transaction(Database& db)
    : db_(db), begun_(db.run("BEGIN IMMEDIATE")), open_(begun_.has_value()) {}
Transaction::~Transaction() {
    if (!open_) return;
    // After some faults SQLite has rolled back by itself, which is all that is wanted.
    [[maybe_unused]] const Done done = db_.run("ROLLBACK");
}

Done Transaction::commit() {
    if (!open_) return begun_;
    const Done done = db_.run("COMMIT");
    open_ = !done;
    return done;
}

}  // namespace kmsgate::control

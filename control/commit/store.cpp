// SPDX-License-Identifier: BSD-3-Clause
// Opening, and what is kept in small tables.
#include "control/commit/store.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace kmsgate::control {
namespace {

constexpr std::int64_t kApplication = 0x4b475443;  // "KGTC"
constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kAnswers = 1024;

constexpr const char* kSchema = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE generations (number INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL,
    compiled_at REAL NOT NULL, uid INTEGER NOT NULL, name TEXT NOT NULL, pid INTEGER NOT NULL, comment TEXT NOT NULL,
    how INTEGER NOT NULL, back_to INTEGER NOT NULL) STRICT;
CREATE TABLE tags (domain TEXT NOT NULL, user TEXT NOT NULL, words TEXT NOT NULL, load INTEGER NOT NULL,
    PRIMARY KEY (domain, user)) STRICT, WITHOUT ROWID;
CREATE TABLE modes (edge TEXT PRIMARY KEY, mode TEXT NOT NULL) STRICT;
CREATE TABLE requests (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, method TEXT NOT NULL, digest TEXT NOT NULL,
    answer TEXT NOT NULL) STRICT;
CREATE TABLE marks (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
PRAGMA application_id = 1262965827;
PRAGMA user_version = 1;
COMMIT;
)sql";
static_assert(kApplication == 1262965827);

std::int64_t pragma(Database& db, std::string_view sql) {
    Statement s = db.statement(sql);
    return s.step() ? s.number(0) : -1;
}

/// What is wrong with a file that was there; empty: nothing.
std::string fault_of(Database& db) {
    Statement check = db.statement("PRAGMA quick_check(1)");
    if (!check.step())
        return fmt::format(
            "is no sound database ({}); move it away, and history and user tags begin anew, or put a "
            "copy back",
            db.error());
    if (check.text(0) != "ok")
        return fmt::format(
            "is damaged ({}); move it away, and history and user tags begin anew, or put a copy back",
            check.text(0));
    if (pragma(db, "PRAGMA application_id") != kApplication)
        return "is the database of another program; name another state folder, or move the file away";
    if (const std::int64_t version = pragma(db, "PRAGMA user_version"); version != kVersion)
        return fmt::format(
            "was written by another version of kmsgate-control (its form is {}, this one knows {}); "
            "run that version, or move the file away, and history and user tags begin anew",
            version, kVersion);
    return {};
}

}  // namespace

std::expected<std::unique_ptr<Store>, std::string> Store::open(const std::string& path) {
    auto db = Database::open(path);
    if (!db)
        return std::unexpected(
            fmt::format("{}: cannot be opened ({}); the state folder must be writable for this account", path,
                        db.error()));
    const auto stop = [&](const std::string& why) {
        return std::unexpected(fmt::format("{}: {}", path, why));
    };
    const std::int64_t tables = pragma(*db, "SELECT count(*) FROM sqlite_schema");
    const bool fresh =
        tables == 0 && pragma(*db, "PRAGMA application_id") == 0 && pragma(*db, "PRAGMA user_version") == 0;
    if (!fresh)
        if (const std::string fault = fault_of(*db); !fault.empty()) return stop(fault);
    for (const char* const sql :
         {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 200"})
        if (const Done set = db->run(sql); !set)
            return stop(fmt::format("cannot be written ({}); is the disk full, or read only?", set.error()));
    if (fresh)
        if (const Done made = db->run(kSchema); !made)
            return stop(fmt::format("cannot be made ({}); is the disk full, or read only?", made.error()));
    std::unique_ptr<Store> out(new Store(std::move(*db)));
    // What was never accepted counts for nothing.
    if (const Done done = out->db_.statement("DELETE FROM generations WHERE accepted = 0").done(); !done)
        return stop(fmt::format("cannot be written ({}); is the disk full, or read only?", done.error()));
    if (const Done counted = out->count_users(); !counted) return stop(counted.error());
    return out;
}

std::string Store::value(std::string_view name) {
    Statement s = db_.statement("SELECT value FROM facts WHERE name = ?");
    return s.bind(name).step() ? std::string(s.text(0)) : std::string();
}

Done Store::set_value(std::string_view name, std::string_view value) {
    return db_.statement("INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .done();
}

Modes Store::modes() {
    Modes out;
    Statement s = db_.statement("SELECT edge, mode FROM modes");
    while (s.step()) out.emplace(s.text(0), s.text(1));
    return out;
}

Done Store::set_mode(std::string_view edge, std::string_view mode) {
    if (mode.empty()) return db_.statement("DELETE FROM modes WHERE edge = ?").bind(edge).done();
    return db_.statement("INSERT INTO modes VALUES (?, ?) ON CONFLICT DO UPDATE SET mode = excluded.mode")
        .bind(edge)
        .bind(mode)
        .done();
}

std::optional<KeptAnswer> Store::answer(std::string_view key) {
    Statement s = db_.statement("SELECT method, digest, answer FROM requests WHERE id = ?");
    if (!s.bind(key).step()) return std::nullopt;
    return KeptAnswer{std::string(s.text(0)), std::string(s.text(1)), std::string(s.text(2))};
}

Done Store::keep_answer(std::string_view key, const KeptAnswer& answer) {
    Transaction all(db_);
    if (!all.begun()) return all.begun();
    if (const Done done =
            db_.statement("INSERT OR REPLACE INTO requests (number, id, method, digest, answer) VALUES "
                          "((SELECT coalesce(max(number), 0) + 1 FROM requests), ?, ?, ?, ?)")
                .bind(key)
                .bind(answer.method)
                .bind(answer.digest)
                .bind(answer.answer)
                .done();
        !done)
        return done;
    if (const Done done =
            db_.statement("DELETE FROM requests WHERE number <= (SELECT max(number) FROM requests) - ?")
                .bind(kAnswers)
                .done();
        !done)
        return done;
    return all.commit();
}

std::vector<std::string> Store::marks() {
    std::vector<std::string> out;
    Statement s = db_.statement("SELECT name FROM marks ORDER BY name");
    while (s.step()) out.emplace_back(s.text(0));
    return out;
}

std::optional<std::string> Store::mark(std::string_view name) {
    Statement s = db_.statement("SELECT json FROM marks WHERE name = ?");
    if (!s.bind(name).step()) return std::nullopt;
    return std::string(s.text(0));
}

Done Store::set_mark(std::string_view name, std::string_view json) {
    return db_.statement("INSERT INTO marks VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json")
        .bind(name)
        .bind(json)
        .done();
}

}  // namespace kmsgate::control

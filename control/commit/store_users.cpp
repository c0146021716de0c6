// SPDX-License-Identifier: BSD-3-Clause
// User tags, up to ten million.
#include "control/commit/store.hpp"

namespace kmsgate::control {
namespace {

constexpr std::string_view kDoubt = "tags-doubtful";

}  // namespace

Done Store::count_users() {
    Statement s = db_.statement("SELECT count(*) FROM tags");
    if (!s.step()) return s.done();
    users_ = s.number(0);
    return {};
}

Done Store::doubt() {
    return set_value(kDoubt, "yes");
}
bool Store::doubtful() {
    return !value(kDoubt).empty();
}
Done Store::clear_doubt() {
    return set_value(kDoubt, "");
}

Done Store::set_users(std::span<const UserRow* const> rows, std::int64_t load, bool settled) {
    Transaction all(db_);
    if (!all.begun()) return all.begun();
    std::int64_t fresh = 0;
    for (const UserRow* const row : rows) {
        if (const Done done = db_.statement("INSERT OR IGNORE INTO tags VALUES (?, ?, ?, ?)")
                                  .bind(row->domain)
                                  .bind(row->user)
                                  .bind(row->words)
                                  .bind(load)
                                  .done();
            !done)
            return done;
        if (db_.changes() != 0) {
            ++fresh;
            continue;
        }
        if (const Done done =
                db_.statement("UPDATE tags SET words = ?, load = ? WHERE domain = ? AND user = ?")
                    .bind(row->words)
                    .bind(load)
                    .bind(row->domain)
                    .bind(row->user)
                    .done();
            !done)
            return done;
    }
    if (settled)
        if (const Done done = clear_doubt(); !done) return done;
    const Done done = all.commit();
    if (done) users_ += fresh;
    return done;
}

std::expected<std::int64_t, std::string> Store::remove_users(
    std::span<const std::pair<std::string, std::string>> users, bool settled) {
    Transaction all(db_);
    if (!all.begun()) return std::unexpected(all.begun().error());
    std::int64_t removed = 0;
    for (const auto& [domain, user] : users) {
        if (const Done done = db_.statement("DELETE FROM tags WHERE domain = ? AND user = ?")
                                  .bind(domain)
                                  .bind(user)
                                  .done();
            !done)
            return std::unexpected(done.error());
        removed += db_.changes();
    }
    if (settled)
        if (const Done done = clear_doubt(); !done) return std::unexpected(done.error());
    if (const Done done = all.commit(); !done) return std::unexpected(done.error());
    users_ -= removed;
    return removed;
}

std::optional<UserRow> Store::user(std::string_view domain, std::string_view user) {
    Statement s = db_.statement("SELECT words FROM tags WHERE domain = ? AND user = ?");
    if (!s.bind(domain).bind(user).step()) return std::nullopt;
    return UserRow{std::string(domain), std::string(user), std::string(s.text(0))};
}

void Store::each_user(std::string_view domain, std::string_view user,
                      const std::function<bool(const UserRow&)>& take) {
    Statement s = db_.statement(
        "SELECT domain, user, words FROM tags WHERE (domain, user) > (?, ?) ORDER BY domain, user");
    s.bind(domain).bind(user);
    while (s.step())
        if (!take({std::string(s.text(0)), std::string(s.text(1)), std::string(s.text(2))})) return;
}

std::size_t Store::named(std::int64_t load) {
    Statement s = db_.statement("SELECT count(*) FROM tags WHERE load = ?");
    return s.bind(load).step() ? static_cast<std::size_t>(s.number(0)) : 0;
}

std::vector<std::pair<std::string, std::string>> Store::not_named(std::int64_t load, std::size_t most) {
    std::vector<std::pair<std::string, std::string>> out;
    Statement s = db_.statement("SELECT domain, user FROM tags WHERE load <> ? LIMIT ?");
    s.bind(load).bind(static_cast<std::int64_t>(most));
    while (s.step()) out.emplace_back(s.text(0), s.text(1));
    return out;
}

}  // namespace kmsgate::control

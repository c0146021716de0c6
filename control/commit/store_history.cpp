// SPDX-License-Identifier: BSD-3-Clause
// Generations, and the one that waits for its confirmation.
#include <array>
#include <nlohmann/json.hpp>

#include "control/commit/store.hpp"

namespace kmsgate::control {
namespace {

constexpr std::array<std::string_view, 4> kHow = {"commit", "rollback", "auto-rollback", "start"};
constexpr std::string_view kPending = "pending";
constexpr std::string_view kUndo = "undo";

std::int64_t as_int(std::uint64_t n) {
    return static_cast<std::int64_t>(n);
}

}  // namespace

std::string_view to_string(How how) noexcept {
    return kHow[static_cast<std::size_t>(how)];
}

Generation Store::row(const Statement& s, bool text) {
    Generation out;
    out.number = static_cast<std::uint64_t>(s.number(0));
    out.digest = s.text(1);
    out.time = s.real(2);
    out.who = {static_cast<uid_t>(s.number(3)), std::string(s.text(4)), static_cast<pid_t>(s.number(5))};
    out.comment = s.text(6);
    out.how = static_cast<How>(static_cast<std::size_t>(s.number(7)) % kHow.size());
    out.to = static_cast<std::uint64_t>(s.number(8));
    if (text) out.text = s.text(9);
    return out;
}

std::optional<Generation> Store::running() {
    Statement s = db_.statement(
        "SELECT number, digest, compiled_at, uid, name, pid, comment, how, back_to, text FROM generations "
        "WHERE accepted = 1 ORDER BY number DESC LIMIT 1");
    return s.step() ? std::optional(row(s, true)) : std::nullopt;
}

std::optional<Generation> Store::generation(std::uint64_t number) {
    Statement s = db_.statement(
        "SELECT number, digest, compiled_at, uid, name, pid, comment, how, back_to, text FROM generations "
        "WHERE accepted = 1 AND number = ?");
    return s.bind(as_int(number)).step() ? std::optional(row(s, true)) : std::nullopt;
}

std::vector<Generation> Store::history(std::size_t limit, std::uint64_t before) {
    std::vector<Generation> out;
    Statement s = db_.statement(
        "SELECT number, digest, compiled_at, uid, name, pid, comment, how, back_to FROM generations "
        "WHERE accepted = 1 AND (? = 0 OR number < ?) ORDER BY number DESC LIMIT ?");
    s.bind(as_int(before)).bind(as_int(before)).bind(as_int(limit));
    while (s.step()) out.push_back(row(s, false));
    return out;
}

Done Store::prepare(const Generation& g) {
    return db_.statement("INSERT INTO generations VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(as_int(g.number))
        .bind(g.digest)
        .bind(g.text)
        .bind(g.time)
        .bind(std::int64_t{g.who.uid})
        .bind(g.who.user)
        .bind(std::int64_t{g.who.pid})
        .bind(g.comment)
        .bind(static_cast<std::int64_t>(g.how))
        .bind(as_int(g.to))
        .done();
}

Done Store::accept(std::uint64_t number, std::uint64_t previous, const std::optional<Pending>& pending,
                   const ModeChange& modes) {
    Transaction all(db_);
    if (!all.begun()) return all.begun();
    if (const Done done =
            db_.statement("UPDATE generations SET accepted = 1 WHERE number = ?").bind(as_int(number)).done();
        !done)
        return done;
    std::string json;
    if (pending)
        json = Json{{"generation", pending->generation},
                    {"previous", pending->previous},
                    {"deadline", pending->deadline},
                    {"since", pending->since},
                    {"uid", pending->who.uid},
                    {"user", pending->who.user},
                    {"pid", pending->who.pid}}
                   .dump();
    if (const Done done = set_value(kPending, json); !done) return done;
    const Json undo = {{"generation", number}, {"previous", previous}, {"modes", modes.ended}};
    if (const Done done = set_value(kUndo, undo.dump()); !done) return done;
    for (const auto& [edge, mode] : modes.ended)
        if (const Done done = set_mode(edge, ""); !done) return done;
    for (const auto& [edge, mode] : modes.back)
        if (const Done done = set_mode(edge, mode); !done) return done;
    return all.commit();
}

Done Store::forget(std::uint64_t number) {
    return db_.statement("DELETE FROM generations WHERE accepted = 0 AND number = ?")
        .bind(as_int(number))
        .done();
}

std::optional<Pending> Store::pending() {
    const Json json = Json::parse(value(kPending), nullptr, false);
    if (!json.is_object()) return std::nullopt;
    return Pending{
        json.value("generation", std::uint64_t{0}),
        json.value("previous", std::uint64_t{0}),
        json.value("deadline", 0.0),
        json.value("since", 0.0),
        {json.value("uid", uid_t{0}), json.value("user", std::string()), json.value("pid", pid_t{0})}};
}

Done Store::end_pending() {
    return set_value(kPending, "");
}

std::optional<Undo> Store::undo() {
    const Json json = Json::parse(value(kUndo), nullptr, false);
    if (!json.is_object()) return std::nullopt;
    return Undo{json.value("generation", std::uint64_t{0}), json.value("previous", std::uint64_t{0}),
                json.value("modes", Modes())};
}

}  // namespace kmsgate::control

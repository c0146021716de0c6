// SPDX-License-Identifier: BSD-3-Clause
// Bulk loads, chunk by chunk.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/tag_lines.hpp"
#include "control/commit/users.hpp"
#include "control/commit/users_faults.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kForgottenAtOnce = 10'000;
constexpr std::size_t kSetAtOnce = 10'000;
constexpr std::string_view kNumber = "load";

bool is_full(const Json& answer) {
    return answer.value("count", std::int64_t{0}) >= answer.value("capacity", std::int64_t{0});
}

/// Places, from 0, of the lines that the dataplane refused.
std::vector<bool> refused_lines(const Json& answer, std::size_t lines) {
    std::vector<bool> out(lines);
    if (const auto refused = answer.find("refused"); refused != answer.end() && refused->is_array())
        for (const Json& line : *refused)
            if (line.is_number_unsigned() && line.get<std::size_t>() >= 1 && line.get<std::size_t>() <= lines)
                out[line.get<std::size_t>() - 1] = true;
    return out;
}

}  // namespace

/// One chunk on its way.
struct Users::Batch {
    Chunk chunk;
    Reply reply;
    std::int64_t number = 0;
    std::vector<UserRow> rows;
    std::vector<std::size_t> places;  ///< from 1, in the chunk
    std::vector<std::pair<std::size_t, std::string>> refused;
    std::map<UserName, std::size_t> held;  ///< places of those of this chunk that wait for room
    std::size_t unlisted = 0;              ///< refused rows of earlier chunks
    std::string remark;
    std::uint64_t set = 0;
    std::uint64_t removed = 0;
};

std::optional<Fault> Users::begin(const Chunk& chunk) {
    if (load_ && load_->client != chunk.client)
        return user_fault("load-in-progress",
                          fmt::format("{} (pid {}) is loading users; wait until that is done",
                                      load_->who.user, load_->who.pid),
                          {{"holder", holder_json(load_->who, load_->since)}});
    if (!chunk.first && !load_)
        return user_fault("no-load", "this chunk belongs to no load; send the first one with `first`: true");
    if (!chunk.first) return std::nullopt;
    const std::int64_t number = std::atoll(store_.value(kNumber).c_str()) + 1;
    if (const Done done = store_.set_value(kNumber, std::to_string(number)); !done)
        return user_fault(
            "history-unwritable",
            fmt::format("user tags cannot be written ({}); make room on the disk of the state folder",
                        done.error()));
    load_ = Load{chunk.client, chunk.who, wall_seconds(), number, chunk.replace, 0, 0, {}, 0, false};
    return std::nullopt;
}

void Users::gone(std::uint64_t client) {
    if (load_ && load_->client == client) load_.reset();
}

void Users::load(const Chunk& chunk, const Json& rows, const Reply& reply) {
    if (!committer_.policy()) return reply(std::unexpected(no_policy()));
    if (!dataplane_.up()) return reply(std::unexpected(dataplane_.why_not()));
    if (std::optional<Fault> fault = begin(chunk)) return reply(std::unexpected(*std::move(fault)));
    auto batch = std::make_shared<Batch>();
    batch->chunk = chunk;
    batch->reply = reply;
    batch->number = load_->number;
    batch->rows.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Json& row = rows[i];
        const bool form = row.is_array() && row.size() == 3 && row[0].is_string() && row[1].is_string() &&
                          row[2].is_string();
        if (!form) {
            batch->refused.emplace_back(i + 1, R"(no row; write ["domain", "user", "tag tag"])");
            continue;
        }
        auto good = checked(row[0].get_ref<const std::string&>(), row[1].get_ref<const std::string&>(),
                            row[2].get_ref<const std::string&>());
        if (!good) {
            batch->refused.emplace_back(i + 1, good.error().message);
            continue;
        }
        batch->rows.push_back(*std::move(good));
        batch->places.push_back(i + 1);
    }
    dataplane_.when_ready([this, batch](std::optional<Fault> fault) {
        if (fault) return batch->reply(std::unexpected(*std::move(fault)));
        push(batch);
    });
}

void Users::push(const std::shared_ptr<Batch>& batch) {
    if (batch->rows.empty()) return conclude(batch);
    if (std::optional<Fault> fault = doubt()) return batch->reply(std::unexpected(*std::move(fault)));
    TagLines lines;
    for (const UserRow& row : batch->rows) lines.set(row.domain, row.user, row.words);
    dataplane_.call({{"op", "tags"}, {"clear", false}}, lines.take(),
                    [this, batch](const Result& answer) { pushed(batch, answer); });
}

void Users::pushed(const std::shared_ptr<Batch>& batch, const Result& answer) {
    const bool last = settled();
    if (!answer) {
        if (answer.error().code == Code::refused && last)
            note(store_.clear_doubt(), "that no user tag has changed");
        return batch->reply(std::unexpected(answer.error()));
    }
    const std::vector<bool> out = refused_lines(**answer, batch->rows.size());
    const bool mine = is_mine(*batch);
    std::vector<const UserRow*> taken;
    taken.reserve(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const UserRow& row = batch->rows[i];
        if (!out[i]) {
            taken.push_back(&row);
            if (mine) load_->waiting.erase({row.domain, row.user});
            continue;
        }
        // Those whom a replacing load forgets make room: who waits for it is judged at the end.
        if (mine) load_->capacity = (**answer).value("capacity", std::size_t{0});
        if (mine && load_->replace && is_full(**answer) && load_->waiting.size() < load_->capacity) {
            load_->waiting[{row.domain, row.user}] = row.words;
            batch->held[{row.domain, row.user}] = batch->places[i];
            continue;
        }
        if (mine) load_->no_room = true;
        batch->refused.emplace_back(batch->places[i], tags_full(**answer).message);
    }
    if (const Done done = store_.set_users(taken, batch->number, last); !done)
        return batch->reply(std::unexpected(unwritable(done.error())));
    batch->set = taken.size();
    conclude(batch);
}

bool Users::is_mine(const Batch& batch) const {
    return load_ && load_->number == batch.number;
}

void Users::conclude(const std::shared_ptr<Batch>& batch) {
    if (!is_mine(*batch) || !batch->chunk.last || !load_->replace) return finish(batch);
    const std::size_t wanted = store_.named(batch->number) + load_->waiting.size();
    if (load_->no_room || (!load_->waiting.empty() && wanted > load_->capacity)) return refuse_waiting(batch);
    forget_others(batch);
}

void Users::refuse_waiting(const std::shared_ptr<Batch>& batch) {
    const std::string why = fmt::format(
        "the dataplane has room for {} users, fewer than the load names; raise sizes: user-tags: "
        "in kmsgate.yaml and restart it",
        load_->capacity);
    for (const auto& [name, place] : batch->held)
        if (load_->waiting.erase(name) != 0) batch->refused.emplace_back(place, why);
    batch->unlisted = load_->waiting.size();
    batch->remark =
        "rows had no room in the dataplane: nobody was forgotten, the users that the load did not "
        "name are still there";
    finish(batch);
}

void Users::forget_others(const std::shared_ptr<Batch>& batch) {
    if (!is_mine(*batch)) return finish(batch);
    auto users = store_.not_named(batch->number, kForgottenAtOnce);
    if (users.empty()) return set_waiting(batch);
    if (std::optional<Fault> fault = doubt()) return batch->reply(std::unexpected(*std::move(fault)));
    TagLines lines;
    for (const auto& [domain, user] : users) lines.remove(domain, user);
    dataplane_.call({{"op", "tags"}, {"clear", false}}, lines.take(),
                    [this, batch, users = std::move(users)](const Result& answer) {
                        const bool last = settled();
                        if (!answer) return batch->reply(std::unexpected(answer.error()));
                        const auto removed = store_.remove_users(users, last);
                        if (!removed) return batch->reply(std::unexpected(unwritable(removed.error())));
                        batch->removed += static_cast<std::uint64_t>(*removed);
                        forget_others(batch);
                    });
}

void Users::set_waiting(const std::shared_ptr<Batch>& batch) {
    if (!is_mine(*batch) || load_->waiting.empty()) return finish(batch);
    if (std::optional<Fault> fault = doubt()) return batch->reply(std::unexpected(*std::move(fault)));
    TagLines lines;
    std::vector<UserRow> rows;
    for (const auto& [name, words] : load_->waiting) {
        if (rows.size() >= kSetAtOnce) break;
        rows.push_back({name.first, name.second, words});
        lines.set(name.first, name.second, words);
    }
    dataplane_.call({{"op", "tags"}, {"clear", false}}, lines.take(),
                    [this, batch, rows = std::move(rows)](const Result& answer) {
                        const bool last = settled();
                        if (!answer) return batch->reply(std::unexpected(answer.error()));
                        const std::vector<bool> out = refused_lines(**answer, rows.size());
                        std::vector<const UserRow*> taken;
                        for (std::size_t i = 0; i < rows.size(); ++i)
                            if (!out[i]) taken.push_back(&rows[i]);
                        if (const Done done = store_.set_users(taken, batch->number, last); !done)
                            return batch->reply(std::unexpected(unwritable(done.error())));
                        batch->set += taken.size();
                        // Only who was tagged by somebody else meanwhile can have taken the room.
                        for (std::size_t i = 0; i < rows.size(); ++i) {
                            const UserName name(rows[i].domain, rows[i].user);
                            if (is_mine(*batch)) load_->waiting.erase(name);
                            if (!out[i]) continue;
                            if (const auto at = batch->held.find(name); at != batch->held.end())
                                batch->refused.emplace_back(at->second, tags_full(**answer).message);
                            else
                                ++batch->unlisted;
                            batch->remark =
                                "rows had no room in the dataplane, after the others were forgotten";
                        }
                        set_waiting(batch);
                    });
}

void Users::finish(const std::shared_ptr<Batch>& batch) {
    std::ranges::sort(batch->refused);
    Json refused = Json::array();
    for (const auto& [row, reason] : batch->refused) {
        if (refused.size() >= kMostListed) break;
        refused.push_back({row, reason});
    }
    const std::size_t all = batch->refused.size() + batch->unlisted;
    Json total = {{"set", batch->set}, {"refused", all}};
    if (is_mine(*batch)) {
        load_->set += batch->set;
        load_->refused += all;
        total = {{"set", load_->set}, {"refused", load_->refused}};
        if (batch->chunk.last) load_.reset();
    }
    batch->reply(
        std::make_shared<const Json>(Json{{"set", batch->set},
                                          {"removed", batch->removed},
                                          {"more", all - refused.size()},
                                          {"refused", std::move(refused)},
                                          {"total", std::move(total)},
                                          {"count", store_.users()},
                                          {"remark", batch->remark.empty() ? Json() : Json(batch->remark)}}));
}

}  // namespace kmsgate::control

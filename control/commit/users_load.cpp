// SPDX-License-Identifier: BSD-3-Clause
// Bulk loads, chunk by chunk.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/tag_lines.hpp"
#include "control/commit/users.hpp"
#include "control/commit/users_faults.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kForgottenAtOnce = 10'000;
constexpr std::string_view kNumber = "load";

}  // namespace

/// One chunk on its way.
struct Users::Batch {
    Chunk chunk;
    Reply reply;
    std::int64_t number = 0;
    std::vector<UserRow> rows;
    std::vector<std::size_t> places;  ///< from 1, in the chunk
    std::vector<std::pair<std::size_t, std::string>> refused;
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
    load_ = Load{chunk.client, chunk.who, wall_seconds(), number, chunk.replace, 0, 0};
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
    if (batch->rows.empty()) return forget_others(batch);
    if (std::optional<Fault> fault = doubt()) return batch->reply(std::unexpected(*std::move(fault)));
    TagLines lines;
    for (const UserRow& row : batch->rows) lines.set(row.domain, row.user, row.words);
    dataplane_.call({{"op", "tags"}, {"clear", false}}, lines.take(),
                    [this, batch](const Result& answer) { pushed(batch, answer); });
}

void Users::pushed(const std::shared_ptr<Batch>& batch, const Result& answer) {
    const bool last = settled();
    if (!answer) {
        if (answer.error().code == Code::refused && last) static_cast<void>(store_.clear_doubt());
        return batch->reply(std::unexpected(answer.error()));
    }
    std::vector<bool> out(batch->rows.size());
    if (const auto refused = (*answer)->find("refused"); refused != (*answer)->end() && refused->is_array())
        for (const Json& line : *refused)
            if (line.is_number_unsigned() && line.get<std::size_t>() >= 1 &&
                line.get<std::size_t>() <= out.size())
                out[line.get<std::size_t>() - 1] = true;
    std::vector<const UserRow*> taken;
    taken.reserve(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i])
            batch->refused.emplace_back(batch->places[i], tags_full(**answer).message);
        else
            taken.push_back(&batch->rows[i]);
    }
    if (const Done done = store_.set_users(taken, batch->number, last); !done)
        return batch->reply(std::unexpected(unwritable(done.error())));
    batch->set = taken.size();
    forget_others(batch);
}

void Users::forget_others(const std::shared_ptr<Batch>& batch) {
    const bool mine = load_ && load_->number == batch->number;
    auto users = mine && batch->chunk.last && load_->replace
                     ? store_.not_named(batch->number, kForgottenAtOnce)
                     : std::vector<std::pair<std::string, std::string>>();
    if (users.empty()) return finish(batch);
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

void Users::finish(const std::shared_ptr<Batch>& batch) {
    std::ranges::sort(batch->refused);
    Json refused = Json::array();
    for (const auto& [row, reason] : batch->refused) {
        if (refused.size() >= kMostListed) break;
        refused.push_back({row, reason});
    }
    Json total = {{"set", batch->set}, {"refused", batch->refused.size()}};
    if (load_ && load_->number == batch->number) {
        load_->set += batch->set;
        load_->refused += batch->refused.size();
        total = {{"set", load_->set}, {"refused", load_->refused}};
        if (batch->chunk.last) load_.reset();
    }
    batch->reply(std::make_shared<const Json>(Json{{"set", batch->set},
                                                   {"removed", batch->removed},
                                                   {"more", batch->refused.size() - refused.size()},
                                                   {"refused", std::move(refused)},
                                                   {"total", std::move(total)},
                                                   {"count", store_.users()}}));
}

}  // namespace kmsgate::control

// SPDX-License-Identifier: BSD-3-Clause
// One user at a time, and what is shown.
#include "control/commit/users.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/commit/tag_lines.hpp"
#include "control/commit/users_faults.hpp"
#include "dataplane/sip/user.hpp"
#include "policy/language/problem.hpp"

namespace kmsgate::control {
namespace {

using policy::language::quote;

/// Rows that one call looks at; the caller goes on behind them.
constexpr std::size_t kMostLooked = 200'000;

std::vector<std::string_view> split(std::string_view words) {
    std::vector<std::string_view> out;
    while (true) {
        words.remove_prefix(std::min(words.find_first_not_of(" \t"), words.size()));
        if (words.empty()) return out;
        const std::size_t end = std::min(words.find_first_of(" \t"), words.size());
        if (std::ranges::find(out, words.substr(0, end)) == out.end()) out.push_back(words.substr(0, end));
        words.remove_prefix(end);
    }
}

template <class Names>
Fault unknown(const char* name, const char* what, std::string_view given, const Names& known) {
    std::vector<std::string_view> words(known.begin(), known.end());
    return user_fault(
        name, fmt::format("unknown {} {}; {}", what, quote(given), policy::language::one_of(given, words)),
        {{"known", known}});
}

Fault unknown_tag(std::string_view word, const Policy& policy) {
    if (!policy.tags.empty()) return unknown("unknown-tag", "tag", word, policy.tags);
    return user_fault(
        "unknown-tag",
        fmt::format("unknown tag {}; the policy declares none: add it under tags:", quote(word)),
        {{"known", Json::array()}});
}

}  // namespace

Fault user_fault(std::string name, std::string message, Json data) {
    return {Code::refused, std::move(name), std::move(message),
            std::make_shared<const Json>(std::move(data))};
}

Fault no_policy() {
    return user_fault("no-policy",
                      "no policy is in force that says which domains and tags there are; commit one first");
}

std::expected<sip::UserUri, Fault> one_user(std::string_view given) {
    // Behind normalise() it could not be told from a `*` that was written %2A.
    if (given.find('*') != std::string_view::npos)
        return std::unexpected(user_fault(
            "bad-user",
            fmt::format("{} is a pattern, and this is about one user: write its URI like "
                        "sip:alice@mc1.example (a * that belongs to a name is written %2A); patterns stand "
                        "in the policy, under users: and when:",
                        quote(given))));
    const sip::UserUri uri = sip::UserUri::normalise(given);
    if (uri.empty())
        return std::unexpected(user_fault(
            "bad-user",
            fmt::format("{} is no user URI; write it like sip:alice@mc1.example or tel:+442012345678",
                        quote(given))));
    return uri;
}

std::expected<UserRow, Fault> Users::checked(const std::string& domain, const std::string& user,
                                             const std::string& words) const {
    const PolicyPtr policy = committer_.policy();
    if (!policy) return std::unexpected(no_policy());
    if (!policy->domains.contains(domain))
        return std::unexpected(unknown("unknown-domain", "domain", domain, policy->domains));
    const auto uri = one_user(user);
    if (!uri) return std::unexpected(uri.error());
    UserRow out{domain, std::string(uri->text()), {}};
    for (const std::string_view word : split(words)) {
        if (!policy->tags.contains(word)) return std::unexpected(unknown_tag(word, *policy));
        out.words.append(out.words.empty() ? "" : " ").append(word);
    }
    return out;
}

Fault Users::unwritable(const std::string& why) {
    // The dataplane has what is not kept: it is given everything anew.
    dataplane_.resync_tags();
    return user_fault(
        "history-unwritable",
        fmt::format("user tags cannot be written ({}); make room on the disk of the state folder", why));
}

std::optional<Fault> Users::doubt() {
    if (const Done done = store_.doubt(); !done)
        return user_fault(
            "history-unwritable",
            fmt::format("user tags cannot be written ({}); make room on the disk of the state folder",
                        done.error()));
    ++in_flight_;
    return std::nullopt;
}

void Users::tag(const std::string& domain, const std::string& user, const std::vector<std::string>& tags,
                const Reply& reply) {
    const auto row = checked(domain, user, fmt::format("{}", fmt::join(tags, " ")));
    if (!row) return reply(std::unexpected(row.error()));
    dataplane_.when_ready([this, row = *row, reply](std::optional<Fault> fault) {
        if (!fault) fault = doubt();
        if (fault) return reply(std::unexpected(*std::move(fault)));
        TagLines lines;
        lines.set(row.domain, row.user, row.words);
        dataplane_.call(
            {{"op", "tags"}, {"clear", false}}, lines.take(), [this, row, reply](const Result& answer) {
                const bool last = settled();
                if (!answer) {
                    if (answer.error().code == Code::refused && last)
                        note(store_.clear_doubt(), "that no user tag has changed");
                    return reply(std::unexpected(answer.error()));
                }
                if (const auto refused = (*answer)->find("refused");
                    refused != (*answer)->end() && !refused->empty()) {
                    if (last) note(store_.clear_doubt(), "that no user tag has changed");
                    return reply(std::unexpected(tags_full(**answer)));
                }
                const UserRow* const rows[] = {&row};
                if (const Done done = store_.set_users(rows, load_ ? load_->number : 0, last); !done)
                    return reply(std::unexpected(unwritable(done.error())));
                Json words = Json::array();
                for (const std::string_view word : split(row.words)) words.push_back(word);
                reply(std::make_shared<const Json>(
                    Json{{"domain", row.domain}, {"user", row.user}, {"tags", std::move(words)}}));
            });
    });
}

Fault tags_full(const Json& answer) {
    const std::int64_t capacity = answer.value("capacity", std::int64_t{0});
    const bool full = answer.value("count", std::int64_t{0}) >= capacity;
    return user_fault(
        "tags-full",
        full ? fmt::format(
                   "the dataplane has room for {} users, and they are there; raise sizes: user-tags: in "
                   "kmsgate.yaml and restart it",
                   capacity)
             : "the dataplane has no room for another tag word; untag the users of words that the policy "
               "does not "
               "declare any more",
        {{"capacity", capacity}});
}

void Users::untag(const std::string& domain, const std::string& user, const Reply& reply) {
    // The domain need not be declared any more, and what was kept may be what is refused now.
    const std::string as_kept(sip::UserUri::normalise(user).text());
    const auto uri = one_user(user);
    if (!uri && !store_.user(domain, as_kept)) return reply(std::unexpected(uri.error()));
    const std::string& normal = as_kept;
    const auto answer_with = [domain, normal](bool removed) {
        return std::make_shared<const Json>(Json{{"domain", domain}, {"user", normal}, {"removed", removed}});
    };
    if (!store_.user(domain, normal)) return reply(answer_with(false));
    dataplane_.when_ready([this, domain, normal, reply, answer_with](std::optional<Fault> fault) {
        if (!fault) fault = doubt();
        if (fault) return reply(std::unexpected(*std::move(fault)));
        TagLines lines;
        lines.remove(domain, normal);
        dataplane_.call({{"op", "tags"}, {"clear", false}}, lines.take(),
                        [this, domain, normal, reply, answer_with](const Result& answer) {
                            const bool last = settled();
                            if (!answer) {
                                if (answer.error().code == Code::refused && last)
                                    note(store_.clear_doubt(), "that no user tag has changed");
                                return reply(std::unexpected(answer.error()));
                            }
                            const std::pair<std::string, std::string> users[] = {{domain, normal}};
                            const auto removed = store_.remove_users(users, last);
                            if (!removed) return reply(std::unexpected(unwritable(removed.error())));
                            reply(answer_with(*removed != 0));
                        });
    });
}

Result Users::show(const Shown& wish) {
    std::string user;
    if (wish.user) {
        const auto uri = one_user(*wish.user);
        if (!uri) return std::unexpected(uri.error());
        user = uri->text();
    }
    Json rows = Json::array();
    Json next;
    const auto fits = [&](const UserRow& row) {
        if (wish.domain && row.domain != *wish.domain) return false;
        if (wish.user && row.user != user) return false;
        const auto words = split(row.words);
        return !wish.tag || std::ranges::find(words, *wish.tag) != words.end();
    };
    std::pair<std::string, std::string> after = wish.after;
    // Where the domain is known the rows before it need not be looked at.
    if (wish.domain && after.first < *wish.domain) after = {*wish.domain, ""};
    std::size_t looked = 0;
    UserRow last;
    store_.each_user(after.first, after.second, [&](const UserRow& row) {
        if (wish.domain && row.domain > *wish.domain) return false;
        if (rows.size() >= wish.limit || looked >= kMostLooked) {
            next = {last.domain, last.user};
            return false;
        }
        ++looked;
        if (fits(row)) rows.push_back({row.domain, row.user, row.words});
        last = row;
        // A domain and a user name one row.
        return !(wish.domain && wish.user && row.user == user);
    });
    // Nobody is found in a domain or under a tag that there is not, either: users of names that the policy
    // does not declare any more may be there.
    const bool nobody = rows.empty() && next.is_null() && wish.after.second.empty();
    if (const PolicyPtr policy = committer_.policy(); policy && nobody) {
        if (wish.domain && !policy->domains.contains(*wish.domain))
            return std::unexpected(unknown("unknown-domain", "domain", *wish.domain, policy->domains));
        if (wish.tag && !policy->tags.contains(*wish.tag))
            return std::unexpected(unknown_tag(*wish.tag, *policy));
    }
    return std::make_shared<const Json>(
        Json{{"users", std::move(rows)}, {"next", std::move(next)}, {"count", store_.users()}});
}

}  // namespace kmsgate::control

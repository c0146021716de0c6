// SPDX-License-Identifier: BSD-3-Clause
// What the commands share. Inside this room only.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "control/cli/parse.hpp"
#include "control/cli/rpc.hpp"
#include "control/cli/text.hpp"

namespace kmsgate::control::cli {

struct Context {
    const Line& line;
    Terminal& terminal;
    Client& client;
    bool json = false;

    /// Prints what is wrong on standard error, with its problems when it has some; the exit code.
    int fail(const Failure& failure);
    int fail_usage(std::string_view what);
    /// One line of JSON.
    void print(const nlohmann::json& value);
};

using Answer = std::expected<nlohmann::json, Failure>;
/// With --json prints the answer; else hands it to `show`. A failure is printed; the exit code.
int answer(Context& context, const Answer& result, const std::function<void(const nlohmann::json&)>& show);

/// A member as the caller needs it, whatever the daemon sent: another type reads as absent.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, std::string_view key);
[[nodiscard]] std::string text(const nlohmann::json& object, std::string_view key);
[[nodiscard]] double real(const nlohmann::json& object, std::string_view key);
[[nodiscard]] std::uint64_t whole(const nlohmann::json& object, std::string_view key);
/// A scalar as people read it: numbers grouped, true and false as yes and no, null as -.
[[nodiscard]] std::string shown(const nlohmann::json& value);
/// The same of the member `key`: a link is up or down, a worker alive or hanging.
[[nodiscard]] std::string shown_as(std::string_view key, const nlohmann::json& value);
/// "count 3, capacity 100": the scalars of an object in one line.
[[nodiscard]] std::string inlined(const nlohmann::json& object);

/// What has stood as `problems` and `warnings` in an answer, a line each.
void print_problems(Terminal& terminal, std::ostream& to, const nlohmann::json& problems, bool colours);

/// A file's bytes, or those of standard input for "-"; the error says what is wrong.
[[nodiscard]] std::expected<std::string, std::string> read_input(const std::string& path, std::size_t most);

int do_status(Context&);
int do_hello(Context&);
int do_version(Context&);
int do_edge_list(Context&);
int do_edge_mode(Context&);
int do_stats_show(Context&);
int do_stats_mark(Context&);
int do_rules(Context&);
int do_policy_check(Context&);
int do_policy_plan(Context&);
int do_policy_compile(Context&);
int do_policy_commit(Context&);
int do_policy_confirm(Context&);
int do_policy_rollback(Context&);
int do_policy_show(Context&);
int do_policy_history(Context&);
int do_explain(Context&);
int do_user_tag(Context&);
int do_user_untag(Context&);
int do_user_show(Context&);
int do_user_load(Context&);
int do_trace(Context&);
int do_capture(Context&);
int do_events(Context&);
int do_completion(Context&);
int do_complete(Context&);

/// The function of a verb of the grammar, or null.
[[nodiscard]] int (*command_of(const Verb& verb))(Context&);

}  // namespace kmsgate::control::cli

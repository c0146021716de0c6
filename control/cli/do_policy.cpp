// SPDX-License-Identifier: BSD-3-Clause
// policy check, plan, commit, confirm, rollback, show, history.
#include <fmt/format.h>

#include "control/cli/commands.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

struct Sign {
    std::string_view text;
    Paint paint;
};
Sign sign_of(std::string_view what) {
    if (what == "added") return {"+", Paint::green};
    if (what == "removed") return {"-", Paint::red};
    return {"~", Paint::yellow};
}

std::string counted(std::uint64_t n, std::string_view one) {
    return fmt::format("{} {}{}", grouped(n), one, n == 1 ? "" : "s");
}

void print_changes(Context& c, const json& result) {
    std::ostream& out = c.terminal.out;
    const json& changes = member(result, "changes");
    std::uint64_t looser = 0;
    std::uint64_t stricter = 0;
    for (const json& change : changes.is_array() ? changes : json::array()) {
        const Sign sign = sign_of(text(change, "what"));
        const std::string effect = text(change, "effect");
        looser += effect == "looser" ? 1 : 0;
        stricter += effect == "stricter" ? 1 : 0;
        std::string line = fmt::format("{} {}", sign.text, safe(text(change, "text")));
        line = painted(line, sign.paint, c.terminal.out_colours);
        if (effect == "looser" || effect == "stricter")
            line += painted(" (" + effect + ")", Paint::dim, c.terminal.out_colours);
        out << line << '\n';
    }
    const std::uint64_t more = whole(result, "more");
    if (more > 0) out << "and " << counted(more, "change") << " more\n";
    const std::uint64_t total = (changes.is_array() ? changes.size() : 0) + more;
    if (total == 0)
        out << "nothing changes in meaning\n";
    else
        out << counted(total, "change") << ": " << looser << " looser, " << stricter << " stricter\n";
    for (const json& edge : member(result, "modes_ended"))
        out << "edge " << shown(edge) << ": the mode set by hand ends\n";
    for (const auto& [edge, mode] : member(result, "modes_back").items())
        out << fmt::format("edge {}: mode {}, set by hand before, stands again\n", safe(edge), shown(mode));
}

void print_warnings(Context& c, const json& result) {
    print_problems(c.terminal, c.terminal.err, member(result, "warnings"), false);
}

/// The file's text and name as the daemon wants them; false after a message.
bool read_policy(Context& c, json& params, int& exit) {
    const std::string file = c.line.get("FILE");
    auto text = read_input(file, kMaxObject);
    if (!text) {
        exit = c.fail_usage(text.error());
        return false;
    }
    params["text"] = std::move(*text);
    params["file"] = file == "-" ? "standard input" : file;
    return true;
}

void print_generation(Context& c, const json& r, std::string_view said) {
    c.terminal.out << fmt::format("generation {} {}, {}\n", whole(r, "generation"), said,
                                  safe(text(r, "digest")));
}

/// What commit and rollback answer.
void print_committed(Context& c, const json& r) {
    print_warnings(c, r);
    if (const std::string remark = text(r, "last_table"); !remark.empty())
        c.terminal.err << safe(fmt::format(
                              "warning: a dataplane that starts without control will not have this policy: "
                              "it could not keep the table ({})",
                              remark))
                       << '\n';
    if (member(r, "unchanged") == json(true)) {
        print_generation(c, r, "is this policy and stays in force");
        return;
    }
    print_changes(c, r);
    print_generation(c, r, "is in force");
    const json& confirm = member(r, "confirm");
    if (!confirm.is_object()) return;
    const json& previous = member(r, "previous");
    c.terminal.out << fmt::format(
        "{} comes back at {} unless you say: kmsgatectl policy confirm\n",
        previous.is_number() ? "generation " + previous.dump() : "the policy before",
        date(real(confirm, "deadline")));
}

}  // namespace

int do_policy_check(Context& c) {
    json params;
    int exit = 0;
    if (!read_policy(c, params, exit)) return exit;
    const auto result = c.client.ask("policy.check", std::move(params));
    exit = answer(c, result, [&](const json& r) {
        print_problems(c.terminal, c.terminal.out, member(r, "problems"), c.terminal.out_colours);
        const std::uint64_t errors = whole(r, "errors");
        const std::uint64_t warnings = whole(r, "warnings");
        c.terminal.out << (errors > 0 ? "refused: " : "good: ") << counted(errors, "error") << ", "
                       << counted(warnings, "warning");
        if (const std::string digest = text(r, "digest"); !digest.empty())
            c.terminal.out << ", " << safe(digest);
        c.terminal.out << '\n';
    });
    return exit == 0 && member(*result, "ok") != json(true) ? kRefused : exit;
}

int do_policy_plan(Context& c) {
    json params;
    int exit = 0;
    if (!read_policy(c, params, exit)) return exit;
    return answer(c, c.client.ask("policy.plan", std::move(params)), [&](const json& r) {
        print_warnings(c, r);
        const json& generation = member(r, "generation");
        c.terminal.out << (generation.is_number() ? "against generation " + generation.dump()
                                                  : std::string("there is no policy in force"))
                       << ":\n";
        print_changes(c, r);
    });
}

int do_policy_commit(Context& c) {
    json params;
    int exit = 0;
    if (!read_policy(c, params, exit)) return exit;
    if (const auto seconds = c.line.number("--confirm")) params["confirm"] = *seconds;
    if (c.line.has("--comment")) params["comment"] = c.line.get("--comment");
    return answer(c, c.client.change("policy.commit", std::move(params)),
                  [&](const json& r) { print_committed(c, r); });
}

int do_policy_confirm(Context& c) {
    return answer(c, c.client.change("policy.confirm", json::object()), [&](const json& r) {
        c.terminal.out << "generation " << whole(r, "generation") << " stays\n";
    });
}

int do_policy_rollback(Context& c) {
    json params = json::object();
    if (const std::string to = c.line.get("GENERATION"); !to.empty()) {
        const auto number = c.line.number("GENERATION");
        if (!number)
            return c.fail_usage("`" + to +
                                "` is no generation; write a number of `kmsgatectl policy history`");
        params["to"] = *number;
    }
    return answer(c, c.client.change("policy.rollback", std::move(params)), [&](const json& r) {
        if (member(r, "to").is_number())
            c.terminal.out << "back to the policy of generation " << whole(r, "to") << '\n';
        print_committed(c, r);
    });
}

int do_policy_show(Context& c) {
    json params = json::object();
    if (const std::string which = c.line.get("GENERATION"); !which.empty()) {
        const auto number = c.line.number("GENERATION");
        if (!number)
            return c.fail_usage("`" + which +
                                "` is no generation; write a number of `kmsgatectl policy history`");
        params["generation"] = *number;
    }
    return answer(c, c.client.ask("policy.show", std::move(params)), [&](const json& r) {
        // Into a file byte by byte, so that it can be committed again.
        const std::string policy = text(r, "text");
        c.terminal.out << (c.terminal.width == 0 ? policy : safe_lines(policy));
        if (!policy.ends_with('\n') && c.terminal.width > 0) c.terminal.out << '\n';
    });
}

int do_policy_history(Context& c) {
    json params = json::object();
    if (const auto limit = c.line.number("--limit")) params["limit"] = *limit;
    return answer(c, c.client.ask("policy.history", std::move(params)), [&](const json& r) {
        Table table({"", ">GENERATION", "TIME", "HOW", "BY", "DIGEST", "COMMENT"});
        for (const json& g : member(r, "generations")) {
            const bool running = member(g, "generation") == member(r, "running");
            std::string how = text(g, "how");
            if (member(g, "to").is_number()) how += " to " + member(g, "to").dump();
            table.add({{running ? "*" : "", Paint::green},
                       {std::to_string(whole(g, "generation")), running ? Paint::bold : Paint::none},
                       {date(real(g, "time"))},
                       {how},
                       {text(g, "user")},
                       {text(g, "digest").substr(0, 19)},
                       {text(g, "comment")}});
        }
        if (table.empty())
            c.terminal.out << "no policy was ever committed; use kmsgatectl policy commit FILE\n";
        table.print(c.terminal);
    });
}

}  // namespace kmsgate::control::cli

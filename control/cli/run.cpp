// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/run.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include "control/cli/commands.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

struct Entry {
    std::string_view noun, verb;
    int (*command)(Context&);
};
constexpr auto kCommands = std::to_array<Entry>({
    {"status", "", do_status},
    {"hello", "", do_hello},
    {"version", "", do_version},
    {"edge", "list", do_edge_list},
    {"edge", "mode", do_edge_mode},
    {"stats", "show", do_stats_show},
    {"stats", "mark", do_stats_mark},
    {"rules", "", do_rules},
    {"policy", "check", do_policy_check},
    {"policy", "compile", do_policy_compile},
    {"policy", "plan", do_policy_plan},
    {"policy", "commit", do_policy_commit},
    {"policy", "confirm", do_policy_confirm},
    {"policy", "rollback", do_policy_rollback},
    {"policy", "show", do_policy_show},
    {"policy", "history", do_policy_history},
    {"explain", "", do_explain},
    {"user", "tag", do_user_tag},
    {"user", "untag", do_user_untag},
    {"user", "show", do_user_show},
    {"user", "load", do_user_load},
    {"trace", "", do_trace},
    {"capture", "", do_capture},
    {"events", "", do_events},
    {"completion", "", do_completion},
    {"__complete", "", do_complete},
});

struct Closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};

}  // namespace

int (*command_of(const Verb& verb))(Context&) {
    for (const Entry& e : kCommands)
        if (e.noun == verb.noun && e.verb == verb.verb) return e.command;
    return nullptr;
}

int Context::fail(const Failure& failure) {
    if (json && !failure.error.is_null()) print({{"error", failure.error}});
    terminal.err << "kmsgatectl: " << safe_lines(failure.message) << '\n';
    const nlohmann::json& data = member(failure.error, "data");
    print_problems(terminal, terminal.err, member(data, "problems"), false);
    if (const auto& known = member(data, "known"); known.is_array() && !known.empty()) {
        // Unless the message, which lists a dozen at most, has said so already.
        std::string names;
        bool said = true;
        for (const auto& k : known) {
            names += (names.empty() ? "" : ", ") + shown(k);
            said = said && failure.message.contains(shown(k));
        }
        if (!said) terminal.err << "known: " << safe(names) << '\n';
    }
    if (const auto& holder = member(data, "holder"); holder.is_object())
        terminal.err << "held by " << safe(text(holder, "user")) << ", process " << whole(holder, "pid")
                     << ", since " << date(real(holder, "since")) << '\n';
    return failure.exit;
}

int Context::fail_usage(std::string_view what) {
    terminal.err << "kmsgatectl: " << safe_lines(what) << '\n';
    return kUsage;
}

void Context::print(const nlohmann::json& value) {
    terminal.out << value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int answer(Context& context, const Answer& result, const std::function<void(const json&)>& show) {
    if (!result) return context.fail(result.error());
    if (context.json)
        context.print(*result);
    else
        show(*result);
    return 0;
}

const json& member(const json& object, std::string_view key) {
    static const json nothing;
    if (!object.is_object()) return nothing;
    const auto at = object.find(key);
    return at == object.end() ? nothing : *at;
}
std::string text(const json& object, std::string_view key) {
    const json& m = member(object, key);
    return m.is_string() ? m.get<std::string>() : std::string();
}
double real(const json& object, std::string_view key) {
    const json& m = member(object, key);
    return m.is_number() ? m.get<double>() : std::nan("");
}
std::uint64_t whole(const json& object, std::string_view key) {
    const json& m = member(object, key);
    return m.is_number_unsigned() ? m.get<std::uint64_t>() : 0;
}

std::string shown(const json& value) {
    if (value.is_string()) return safe(value.get_ref<const std::string&>());
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number_unsigned()) return grouped(value.get<std::uint64_t>());
    if (value.is_number()) return value.dump();
    if (value.is_null()) return "-";
    if (value.is_array()) {
        std::string out;
        for (const json& v : value) out += (out.empty() ? "" : " ") + shown(v);
        return out;
    }
    return "{" + inlined(value) + "}";
}

std::string shown_as(std::string_view key, const json& value) {
    if (value.is_boolean() && key == "link") return value.get<bool>() ? "up" : "down";
    if (value.is_boolean() && key == "alive") return value.get<bool>() ? "alive" : "hangs";
    return shown(value);
}

std::string inlined(const json& object) {
    if (!object.is_object()) return shown(object);
    std::string out;
    for (const auto& [key, value] : object.items())
        out += (out.empty() ? "" : ", ") + safe(key) + " " + shown(value);
    return out;
}

void print_problems(Terminal&, std::ostream& to, const json& problems, bool colours) {
    if (!problems.is_array()) return;
    for (const json& p : problems) {
        const bool warning = text(p, "severity") == "warning";
        std::string line = p.is_string() ? p.get<std::string>() : text(p, "text");
        if (line.empty()) {
            line = fmt::format("{}:{}:{}: {}: {}", text(p, "file"), whole(p, "line"), whole(p, "column"),
                               warning ? "warning" : "error", text(p, "what"));
            if (const std::string remedy = text(p, "remedy"); !remedy.empty()) line += "; " + remedy;
        }
        to << painted(safe(line), warning ? Paint::yellow : Paint::red, colours) << '\n';
    }
}

std::expected<std::string, std::string> read_input(const std::string& path, std::size_t most) {
    std::unique_ptr<std::FILE, Closer> opened;
    std::FILE* file = stdin;
    if (path != "-") {
        opened.reset(std::fopen(path.c_str(), "rbe"));
        file = opened.get();
    }
    if (file == nullptr)
        return std::unexpected(fmt::format("{}: {}; name a file to read", path, std::strerror(errno)));
    std::string out;
    std::array<char, 65536> bytes;
    while (const std::size_t n = std::fread(bytes.data(), 1, bytes.size(), file)) {
        out.append(bytes.data(), n);
        if (out.size() > most)
            return std::unexpected(
                fmt::format("{}: more than {} bytes; name a smaller file", path, grouped(most)));
    }
    if (std::ferror(file) != 0)
        return std::unexpected(fmt::format("{}: {}; name a file to read", path, std::strerror(errno)));
    return out;
}

int run(std::span<const std::string> words, const std::string& socket, Terminal& terminal) {
    const auto line = parse(words);
    if (!line) {
        (line.error().exit == 0 ? terminal.out : terminal.err) << line.error().text;
        return line.error().exit;
    }
    const std::uint64_t seconds = line->number("--timeout").value_or(line->verb->seconds);
    Client client(line->has("--socket") ? line->get("--socket") : socket,
                  std::chrono::seconds(static_cast<std::int64_t>(seconds)));
    Context context{*line, terminal, client, line->has("--json")};
    const int code = command_of(*line->verb)(context);
    terminal.out.flush();
    if (terminal.out.fail() && code == 0) {
        terminal.err << "kmsgatectl: standard output took not everything; see the disk or pipe behind it\n";
        return kRefused;
    }
    return code;
}

}  // namespace kmsgate::control::cli

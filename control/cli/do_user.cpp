// SPDX-License-Identifier: BSD-3-Clause
// user tag, untag, show, load.
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "control/cli/commands.hpp"
#include "control/cli/csv.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kChunk = 2000;  ///< rows of one call
constexpr std::size_t kPage = 1000;   ///< users of one answer
constexpr std::size_t kFaultsShown = 20;
constexpr std::size_t kBar = 30;  ///< columns of the progress bar
constexpr std::chrono::seconds kPlainEvery{2};

/// How far a load is: a bar that overwrites itself on a terminal, a line now and then elsewhere.
class Progress {
  public:
    Progress(Terminal& terminal, std::size_t total, bool quiet)
        : terminal_(terminal), total_(total), quiet_(quiet), last_(std::chrono::steady_clock::now()) {}

    void show(std::size_t done) {
        const auto now = std::chrono::steady_clock::now();
        const bool end = done >= total_;
        if (quiet_ || (!terminal_.err_terminal && !end && now - last_ < kPlainEvery)) return;
        last_ = now;
        const std::size_t percent = total_ == 0 ? 100 : done * 100 / total_;
        if (!terminal_.err_terminal) {
            terminal_.err << fmt::format("{} of {} rows, {} %\n", grouped(done), grouped(total_), percent);
            return;
        }
        const std::size_t full = percent * kBar / 100;
        terminal_.err << fmt::format("\r[{:#<{}}{:.<{}}] {:>3} %  {} of {}{}", "", full, "", kBar - full,
                                     percent, grouped(done), grouped(total_), end ? "\n" : "")
                      << std::flush;
        drawn_ = !end;
    }
    /// Before other lines, so that they do not stand behind the bar.
    void leave() {
        if (drawn_) terminal_.err << '\n';
        drawn_ = false;
    }

  private:
    Terminal& terminal_;
    std::size_t total_;
    bool quiet_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point last_;
};

/// Rows of the file when all of it can be read, else its faults: nothing is sent of a file with faults.
std::expected<std::size_t, std::vector<std::string>> check_file(const std::string& path, std::size_t& more) {
    CsvReader reader;
    if (!reader.open(path))
        return std::unexpected(std::vector{path + ": " + std::strerror(errno) + "; name a file to read"});
    std::size_t rows = 0;
    std::vector<std::string> faults;
    while (true) {
        auto row = reader.next();
        if (!row) {
            if (faults.size() < kFaultsShown)
                faults.push_back(row.error());
            else
                ++more;
            if (rows == 0 && faults.size() == 1 && row.error().starts_with(path + ":1:")) break;
            continue;
        }
        if (!*row) break;
        ++rows;
    }
    if (!faults.empty()) return std::unexpected(std::move(faults));
    return rows;
}

/// Sums over the chunks of a load.
struct Load {
    std::uint64_t set = 0, removed = 0, refused = 0;
    json last;  ///< the last answer
    std::vector<std::string> faults;
};

void add_refused(Load& load, const json& result, const std::string& file,
                 const std::vector<std::size_t>& lines) {
    const json& refused = member(result, "refused");
    if (refused.is_array()) {
        for (const json& one : refused) {
            ++load.refused;
            if (load.faults.size() >= kFaultsShown || !one.is_array() || one.size() != 2) continue;
            const std::size_t row = one[0].is_number_unsigned() ? one[0].get<std::size_t>() : 0;
            const std::size_t line = row >= 1 && row <= lines.size() ? lines[row - 1] : 0;
            load.faults.push_back(fmt::format("{}:{}: {}", file, line, shown(one[1])));
        }
    }
    load.refused += whole(result, "more");
}

int send_file(Context& c, const std::string& file, std::size_t rows, Load& load) {
    CsvReader reader;
    if (!reader.open(file)) return c.fail_usage(file + ": " + std::strerror(errno) + "; name a file to read");
    Progress progress(c.terminal, rows, c.json);
    std::size_t sent = 0;
    do {
        json chunk = json::array();
        std::vector<std::size_t> lines;
        while (lines.size() < kChunk && sent + lines.size() < rows) {
            auto row = reader.next();
            if (!row || !*row) {
                progress.leave();
                return c.fail_usage(file + ": it changed while it was read; load it again");
            }
            chunk.push_back((*row)->fields);
            lines.push_back((*row)->line);
        }
        const std::size_t end = sent + lines.size();
        const auto result = c.client.change("user.load", {{"rows", std::move(chunk)},
                                                          {"first", sent == 0},
                                                          {"last", end == rows},
                                                          {"replace", c.line.has("--replace")}});
        if (!result) {
            progress.leave();
            const int code = c.fail(result.error());
            c.terminal.err << "of " << file << " " << grouped(sent) << " rows were loaded; load it again\n";
            return code;
        }
        load.set += whole(*result, "set");
        load.removed += whole(*result, "removed");
        add_refused(load, *result, file, lines);
        load.last = *result;
        sent = end;
        progress.show(sent);
    } while (sent < rows);
    return 0;
}

std::string words_of(const json& tags) {
    return tags.is_string() || tags.is_array() ? shown(tags) : std::string();
}

}  // namespace

int do_user_tag(Context& c) {
    const auto result = c.client.change(
        "user.tag",
        {{"domain", c.line.get("DOMAIN")}, {"user", c.line.get("USER")}, {"tags", c.line.all("TAG")}});
    return answer(c, result, [&](const json& r) {
        const std::string tags = words_of(member(r, "tags"));
        c.terminal.out << safe(text(r, "domain")) << "  " << safe(text(r, "user")) << "  "
                       << (tags.empty() ? "(no tags)" : tags) << '\n';
    });
}

int do_user_untag(Context& c) {
    const auto result =
        c.client.change("user.untag", {{"domain", c.line.get("DOMAIN")}, {"user", c.line.get("USER")}});
    return answer(c, result, [&](const json& r) {
        c.terminal.out << safe(text(r, "domain")) << "  " << safe(text(r, "user")) << "  "
                       << (member(r, "removed") == json(true) ? "forgotten" : "was not known") << '\n';
    });
}

int do_user_show(Context& c) {
    json params = json::object();
    for (const std::string name : {"domain", "user", "tag"})
        if (c.line.has("--" + name)) params[name] = c.line.get("--" + name);
    const std::uint64_t limit = c.line.number("--limit").value_or(kPage);
    Table table({"DOMAIN", "USER", "TAGS"});
    json all = json::object();
    std::uint64_t shown_users = 0;
    bool more = true;
    while (more && shown_users < limit) {
        params["limit"] = std::min<std::uint64_t>(limit - shown_users, kPage);
        const auto page = c.client.ask("user.show", params);
        if (!page) return c.fail(page.error());
        const json& users = member(*page, "users");
        more = page->is_object() && users.is_array() && !users.empty();
        if (all.empty())
            all = *page;
        else if (more)
            all["users"].insert(all["users"].end(), users.begin(), users.end());
        if (!more) break;
        for (const json& u : users)
            if (u.is_array() && u.size() == 3) table.add({shown(u[0]), shown(u[1]), shown(u[2])});
        shown_users += users.size();
        all["next"] = params["after"] = member(*page, "next");
        more = !params["after"].is_null();
    }
    if (c.json) {
        c.print(all);
        return 0;
    }
    table.print(c.terminal);
    c.terminal.out << grouped(shown_users) << " shown" << (more ? ", there are more: see --limit" : "")
                   << ", " << grouped(whole(all, "count")) << " known\n";
    return 0;
}

int do_user_load(Context& c) {
    const std::string file = c.line.get("FILE");
    std::size_t more = 0;
    const auto rows = check_file(file, more);
    if (!rows) {
        for (const std::string& fault : rows.error()) c.terminal.err << "kmsgatectl: " << safe(fault) << '\n';
        if (more > 0) c.terminal.err << "kmsgatectl: and " << grouped(more) << " lines more\n";
        c.terminal.err << "kmsgatectl: nothing was loaded\n";
        return kUsage;
    }
    Load load;
    if (const int code = send_file(c, file, *rows, load); code != 0) return code;
    if (c.json) {
        load.last["set"] = load.set;
        load.last["removed"] = load.removed;
        c.print(load.last);
    } else {
        c.terminal.out << fmt::format("{} set, {} forgotten, {} refused; {} known\n", grouped(load.set),
                                      grouped(load.removed), grouped(load.refused),
                                      grouped(whole(load.last, "count")));
    }
    if (const std::string remark = text(load.last, "remark"); !remark.empty())
        c.terminal.err << safe(remark) << '\n';
    for (const std::string& fault : load.faults) c.terminal.err << safe(fault) << '\n';
    if (load.refused > load.faults.size())
        c.terminal.err << "and " << grouped(load.refused - load.faults.size()) << " rows more\n";
    return load.refused > 0 ? kRefused : 0;
}

}  // namespace kmsgate::control::cli

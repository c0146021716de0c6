// SPDX-License-Identifier: BSD-3-Clause
// trace, capture, events: calls that go on until they are done or stopped.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "control/cli/commands.hpp"
#include "control/cli/event_text.hpp"
#include "control/cli/invite.hpp"
#include "control/cli/stop.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;
using Time = std::chrono::steady_clock::time_point;

/// Options of the line under the names that the daemon gives them.
json filters(const Line& line) {
    json out = json::object();
    for (const auto& [option, name] :
         {std::pair("--edge", "edge"), std::pair("--verdict", "verdict"), std::pair("--reason", "reason"),
          std::pair("--user", "user"), std::pair("--call-id", "call_id"), std::pair("--method", "method")})
        if (line.has(option)) out[name] = line.get(option);
    return out;
}
void add_numbers(const Line& line, json& params, std::initializer_list<std::string> names) {
    for (const std::string& name : names)
        if (const auto n = line.number("--" + name)) params[name] = *n;
}

/// Hands notifications on until `take` says that it was the last, someone stops us, or `until` comes.
int follow(Context& c, std::string_view method, std::optional<Time> until,
           const std::function<bool(const json&)>& take) {
    const StopSignals stop;
    while (true) {
        auto next = c.client.next(stop.fd(), until);
        if (!next) return c.fail(next.error());
        if (!*next) return 0;
        if ((*next)->method != method) continue;
        if (!take((*next)->params)) return 0;
        c.terminal.out.flush();
        if (c.terminal.out.fail()) return 0;  // told by the caller
    }
}

/// A dataplane that went away ends a stream before its time; everything else is as it was asked for.
int ended(Context& c, std::string_view what, const std::string& end) {
    if (end != "dataplane" && end != "replaced") return 0;
    return c.fail(
        {kNotReached,
         fmt::format("the {} ended early: {}", what,
                     end == "replaced" ? "somebody else began one"
                                       : "the dataplane is not reached any more; see kmsgatectl status"),
         nullptr});
}

/// A file that is written once, readable by its owner only: it holds what people say.
class Output {
  public:
    Output(Terminal& terminal, const std::string& path) : terminal_(terminal), standard_(path == "-") {
        if (standard_) return;
        fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd_ >= 0) made_ = path;
        if (fd_ < 0 && errno == EEXIST) fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    }
    /// What the file held gives way; without this it stays, and a file made here goes again.
    bool begin() {
        made_.clear();
        return standard_ || ::ftruncate(fd_, 0) == 0 || errno == EINVAL;  // a pipe has no size
    }
    ~Output() {
        if (fd_ >= 0) ::close(fd_);
        if (!made_.empty()) ::unlink(made_.c_str());
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    [[nodiscard]] bool good() const noexcept { return standard_ || fd_ >= 0; }
    bool write(std::string_view bytes) {
        if (standard_) {
            terminal_.out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            return !terminal_.out.fail();
        }
        while (!bytes.empty()) {
            const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
            if (n > 0)
                bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (errno != EINTR)
                return false;
        }
        return true;
    }

  private:
    Terminal& terminal_;
    bool standard_;
    int fd_ = -1;
    std::string made_;  ///< path of a file that was not there before, until begin()
};

}  // namespace

int do_events(Context& c) {
    json params = filters(c.line);
    if (c.line.has("--drops")) params["drops"] = true;
    if (c.line.has("--follow") && (c.line.has("--count") || c.line.has("--seconds")))
        return c.fail_usage("--follow goes on until stopped; leave out --count and --seconds");
    std::optional<Time> until;
    if (const auto s = c.line.number("--seconds"))
        until = std::chrono::steady_clock::now() + std::chrono::seconds(static_cast<std::int64_t>(*s));
    const auto begun = c.client.ask("events.subscribe", std::move(params));
    if (!begun) return c.fail(begun.error());
    std::uint64_t left = c.line.number("--count").value_or(0);
    return follow(c, "event", until, [&](const json& p) {
        const json& event = member(p, "event").is_object() ? member(p, "event") : p;
        if (c.json)
            c.print(event);
        else
            c.terminal.out << event_line(event, c.terminal) << '\n';
        return left == 0 || --left > 0;
    });
}

int do_trace(Context& c) {
    json params = filters(c.line);
    params["count"] = c.line.number("--count").value_or(10);
    add_numbers(c.line, params, {"seconds"});
    const auto begun = c.client.ask("trace", std::move(params));
    if (!begun) return c.fail(begun.error());
    std::uint64_t seen = 0;
    std::string end;
    const int code = follow(c, "trace", std::nullopt, [&](const json& p) {
        end = text(p, "end");
        if (c.json)
            c.print(p);
        else if (member(p, "event").is_object()) {
            c.terminal.out << (seen == 0 ? "" : "\n") << event_line(member(p, "event"), c.terminal) << '\n'
                           << safe_lines(text(p, "tree"));
        }
        seen += member(p, "event").is_object() ? 1 : 0;
        return end.empty();
    });
    if (!c.json) c.terminal.err << grouped(seen) << (seen == 1 ? " message\n" : " messages\n");
    return code != 0 ? code : ended(c, "trace", end);
}

int do_capture(Context& c) {
    json params = json::object();
    if (c.line.has("--edge")) params["edge"] = c.line.get("--edge");
    params["outcomes"] = c.line.all("--outcome");
    params["generated"] = c.line.has("--generated");
    add_numbers(c.line, params, {"frames", "seconds", "snaplen"});
    const std::string file = c.line.get("FILE");
    if (c.json && file == "-")
        return c.fail_usage(
            "standard output cannot take both the capture and JSON; name a file or leave --json out");
    Output output(c.terminal, file);
    if (!output.good())
        return c.fail_usage(file + ": " + std::strerror(errno) + "; name a file that you may write");
    // It asks for no change of the box, but is audited as one: its id keeps a retry from being a second
    // capture.
    const auto begun = c.client.change("capture", std::move(params));
    if (!begun) return c.fail(begun.error());
    if (!output.begin()) return c.fail_usage(file + ": " + std::strerror(errno) + "; name another file");
    std::uint64_t bytes = 0;
    std::string end;
    std::string fault;
    const int code = follow(c, "capture", std::nullopt, [&](const json& p) {
        const auto data = from_base64(text(p, "data"));
        if (!data) {
            fault = "the daemon sent a piece that is no base64; use the kmsgatectl of its version";
        } else if (!output.write(*data)) {
            fault = file + ": cannot be written to its end; see the disk";
        } else {
            bytes += data->size();
        }
        end = text(p, "end");
        return fault.empty() && member(p, "last") != json(true) && end.empty();
    });
    if (!fault.empty()) return c.fail({kRefused, fault, nullptr});
    if (c.json)
        c.print({{"file", file}, {"bytes", bytes}, {"end", end.empty() ? json("stopped") : json(end)}});
    else
        c.terminal.err << fmt::format("{}: {} bytes\n", safe(file), grouped(bytes));
    return code != 0 ? code : ended(c, "capture", end);
}

}  // namespace kmsgate::control::cli

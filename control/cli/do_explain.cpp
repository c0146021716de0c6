// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/commands.hpp"
#include "control/cli/event_text.hpp"
#include "control/cli/invite.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMessage = std::size_t{1} << 20;
constexpr std::string_view kMade[] = {"--from", "--to", "--kmsi", "--kmsr", "--method"};

/// The message of the command line: a file's, or one made here.
std::expected<std::string, std::string> message_of(const Line& line, const std::string& source) {
    std::string made;
    for (const std::string_view name : kMade)
        if (line.has(name)) made = name;
    if (line.has("FILE")) {
        if (!made.empty())
            return std::unexpected(made + ": is for a message that is made; leave it out or leave FILE out");
        auto bytes = read_input(line.get("FILE"), kMaxMessage);
        if (bytes && bytes->empty())
            return std::unexpected(line.get("FILE") + ": is empty; name a file with a SIP message");
        return bytes;
    }
    if (!line.has("--from") || !line.has("--to"))
        return std::unexpected(
            std::string("no message: name a FILE, or make one with --from, --to, --kmsi, --kmsr"));
    Invite invite{.from = line.get("--from"),
                  .to = line.get("--to"),
                  .kmsi = line.get("--kmsi"),
                  .kmsr = line.get("--kmsr"),
                  .source = source};
    if (line.has("--method")) invite.method = line.get("--method");
    return sip_request(invite);
}

}  // namespace

int do_explain(Context& c) {
    const std::string source = c.line.has("--source") ? c.line.get("--source") : "192.0.2.1:5060";
    const std::string destination = c.line.has("--destination") ? c.line.get("--destination")
                                    : source.starts_with('[')   ? "[2001:db8::2]:5060"
                                                                : "192.0.2.2:5060";
    const auto message = message_of(c.line, source);
    if (!message) return c.fail_usage(message.error());
    const auto result = c.client.ask("explain", {{"edge", c.line.get("--edge")},
                                                 {"arrival", c.line.has("--inside") ? "inside" : "outside"},
                                                 {"source", source},
                                                 {"destination", destination},
                                                 {"message", base64(*message)}});
    return answer(c, result,
                  [&](const json& r) { print_explained(c.terminal, member(r, "event"), text(r, "tree")); });
}

}  // namespace kmsgate::control::cli

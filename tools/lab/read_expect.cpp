// SPDX-License-Identifier: BSD-3-Clause
// expect: the transcript, line by line.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/sip/ascii.hpp"
#include "tools/lab/reading.hpp"

namespace kmsgate::lab {
namespace {

namespace language = policy::language;
using Kind = Expected::Kind;

constexpr std::array<std::string_view, 6> kLineKeys = {"mikey", "krr", "rewrite", "accept", "fail", "reset"};
constexpr std::array<std::string_view, 1> kResetKeys = {"by"};
constexpr std::array<std::string_view, 3> kKrrKeys = {"by", "initiator", "receiver"};
constexpr std::string_view kReceiver = "receiver";

/// What a client says when it gives up: its own reasons, or the final response that it got.
bool is_failure(std::string_view text) {
    constexpr std::array<std::string_view, 7> kReasons = {
        "no-initiator-kms", "no-receiver-kms", "too-many-attempts", "repeated",
        "timeout",          "unreadable-krr",  "connection-reset"};
    const bool status = text.size() >= 3 && std::ranges::all_of(text.substr(0, 3), sip::is_digit);
    return status || text.empty() || std::ranges::find(kReasons, text) != kReasons.end();
}

bool is_end(const Expected& line) {
    return line.kind == Kind::accept || line.kind == Kind::fail;
}

}  // namespace

std::string Reading::author(const Node& node, const std::string& what, bool receiver_too) {
    std::optional<Word> word = nodes_.word(node, "`by` of " + what);
    if (!word) return {};
    std::vector<std::string_view> known;
    for (const Stop& stop : scenario_.path)
        if (!stop.edge.empty() && std::ranges::find(known, stop.edge) == known.end())
            known.push_back(stop.edge);
    if (receiver_too) known.push_back(kReceiver);
    if (!path_unknown && std::ranges::find(known, std::string_view(word->text)) == known.end())
        error(word->mark,
              fmt::format("{} in `by` of {} is no edge of the path{}", language::quote(word->text), what,
                          receiver_too ? ", and not the receiver" : ""),
              known.empty() ? "add the edge to `path`: only an edge rewrites a KRR"
                            : language::one_of(word->text, known));
    return std::move(word->text);
}

void Reading::read_line(const Node& node, const std::string& what, Expected& out) {
    const language::Fields fields = nodes_.fields(node, what, kLineKeys);
    if (node.kind != Node::Kind::map) return;
    // Unknown keys are told already.
    if (node.children.size() != 2)
        error(node.mark, fmt::format("{} holds {} things", what, node.children.size() / 2),
              "write one thing a line, each behind its own `-`");
    if (fields.all.size() != 1) return;
    const language::Field& field = fields.all.front();
    const std::string_view key = field.key.text;
    const std::string name = fmt::format("`{}` in {}", key, what);
    if (key == "mikey" || key == "accept") {
        out.kind = key == "mikey" ? Kind::mikey : Kind::accept;
        out.pair = pair(*field.value, name);
    } else if (key == "fail") {
        out.kind = Kind::fail;
        out.detail = text(*field.value, name);
        if (!is_failure(out.detail))
            error(field.value->mark,
                  fmt::format("{} in {} is no failure of a client", language::quote(out.detail), name),
                  "write no-initiator-kms, no-receiver-kms, too-many-attempts, repeated, timeout, "
                  "unreadable-krr, connection-reset, or the status of the response that ended it, like 486");
    } else if (key == "reset") {
        out.kind = Kind::reset;
        const language::Fields reset = nodes_.fields(*field.value, name, kResetKeys);
        if (field.value->kind != Node::Kind::map) return;
        if (const Node* const by = nodes_.need(reset, "by", name)) out.by = author(*by, name, false);
    } else {
        out.kind = key == "krr" ? Kind::krr : Kind::rewrite;
        const language::Fields krr = nodes_.fields(*field.value, name, kKrrKeys);
        if (field.value->kind != Node::Kind::map) return;
        if (const Node* const by = nodes_.need(krr, "by", name))
            out.by = author(*by, name, out.kind == Kind::krr);
        out.lists = lists(krr, name);
    }
}

void Reading::read_expect(const Node& node, std::string_view key, std::vector<Expected>& expect) {
    const std::string name = fmt::format("`{}`", key);
    const std::vector<const Node*> lines = entries(node, name, kMostLines);
    for (std::size_t i = 0; i < lines.size(); ++i)
        read_line(*lines[i], fmt::format("line {} of {}", i + 1, name), expect.emplace_back());
    if (node.kind != Node::Kind::sequence) return;
    if (expect.empty()) {
        error(node.mark, name + " is empty", "write what must happen, from `- mikey: [A, A]` on");
        return;
    }
    if (expect.front().kind != Kind::mikey)
        error(lines.front()->mark, name + " does not begin with a message of the initiator",
              "begin with `- mikey: [A, A]`");
    for (std::size_t i = 0; i + 1 < expect.size(); ++i)
        if (is_end(expect[i]))
            error(lines[i]->mark, fmt::format("line {} of {} ends the run", i + 1, name),
                  "write `accept` and `fail` last");
    if (!is_end(expect.back()))
        error(lines.back()->mark, name + " does not say how it ends",
              "end with `- accept: [A, B]` or `- fail: no-receiver-kms`");
}

}  // namespace kmsgate::lab

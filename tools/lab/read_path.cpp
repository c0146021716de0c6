// SPDX-License-Identifier: BSD-3-Clause
// path, tags, headers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "dataplane/sip/ascii.hpp"
#include "policy/language/names.hpp"
#include "tools/lab/reading.hpp"

namespace kmsgate::lab {
namespace {

namespace language = policy::language;

constexpr std::array<std::string_view, 4> kStopKeys = {"edge", "label", "inside", "policy"};
constexpr std::array<std::string_view, 3> kTagKeys = {"domain", "user", "tags"};
/// Headers that the client writes itself, long and compact.
constexpr std::array<std::string_view, 19> kOwnHeaders = {"via",
                                                          "v",
                                                          "from",
                                                          "f",
                                                          "to",
                                                          "t",
                                                          "call-id",
                                                          "i",
                                                          "cseq",
                                                          "contact",
                                                          "m",
                                                          "max-forwards",
                                                          "content-type",
                                                          "c",
                                                          "content-length",
                                                          "l",
                                                          "content-encoding",
                                                          "e",
                                                          "mime-version"};

/// A name as the policy bears it.
std::string name(Reading& reading, const language::Fields& fields, std::string_view key,
                 const std::string& what) {
    const Node* const node = reading.nodes().need(fields, key, what);
    if (node == nullptr) return {};
    std::optional<Word> word = reading.nodes().word(*node, fmt::format("`{}` of {}", key, what));
    if (!word) return {};
    if (const std::string fault = language::name_fault(word->text); !fault.empty())
        reading.error(word->mark, fmt::format("{} {} {}", key, language::quote(word->text), fault),
                      "write the name as it stands in the policy");
    return std::move(word->text);
}

std::string beside(const std::string& file, const std::string& given) {
    const std::filesystem::path path(given);
    if (path.is_absolute()) return given;
    return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
}

/// What keeps `line` from being a header of the initiator's requests, and what would be right.
std::pair<std::string, std::string> header_fault(std::string_view line) {
    constexpr const char* kForm = "write one line as \"Name: value\"";
    if (line.size() > kMostHeader)
        return {fmt::format("has {} bytes", line.size()), fmt::format("write at most {}", kMostHeader)};
    const auto control = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7F; };
    if (std::ranges::any_of(line, control)) return {"holds a line end or another control character", kForm};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {"has no colon", kForm};
    const std::string_view field = line.substr(0, colon);
    if (field.empty() || !std::ranges::all_of(field, sip::is_token))
        return {"does not begin with the name of a header", kForm};
    const auto own = [&](std::string_view one) { return sip::iequal(one, field); };
    if (std::ranges::any_of(kOwnHeaders, own))
        return {"is a header that the client writes itself", "remove it"};
    return {};
}

}  // namespace

std::string Reading::place(Mark mark) const {
    return fmt::format("{}:{}:{}", scenario_.file, mark.line, mark.column);
}

void Reading::read_path(const Node& node, const Word& shared_policy) {
    bool shared_used = false;
    path_unknown = node.kind != Node::Kind::sequence;
    for (const Node* const entry : entries(node, "`path`", kMostStops)) {
        const std::string number = fmt::format("edge {} of `path`", scenario_.path.size() + 1);
        const language::Fields fields = nodes_.fields(*entry, number, kStopKeys);
        Stop& stop = scenario_.path.emplace_back();
        stop.where = place(entry->mark);
        if (entry->kind != Node::Kind::map) continue;
        stop.edge = name(*this, fields, "edge", number);
        const std::string what = stop.edge.empty() ? number : "edge " + language::quote(stop.edge);
        stop.label = stop.edge;
        if (const Node* const value = fields.find("label")) stop.label = text(*value, "`label` of " + what);
        if (const Node* const value = nodes_.need(fields, "inside", what))
            stop.faces_initiator =
                nodes_.choice<bool>(*value, "`inside` of " + what, {{"initiator", true}, {"receiver", false}})
                    .value_or(true);
        if (const Node* const value = fields.find("policy")) {
            if (const std::optional<Word> word = nodes_.word(*value, "`policy` of " + what))
                stop.policy = beside(scenario_.file, word->text);
        } else if (!shared_policy.text.empty()) {
            stop.policy = beside(scenario_.file, shared_policy.text);
            shared_used = true;
        } else {
            error(entry->mark, what + " has no policy",
                  "add `policy: FILE` to it, or to the scenario for all edges");
        }
    }
    if (!shared_policy.text.empty() && !shared_used && !path_unknown)
        error(shared_policy.mark, "`policy` is not used: no edge of `path` is without one of its own",
              "remove it");
}

void Reading::read_tags(const Node& node) {
    for (const Node* const entry : entries(node, "`tags`")) {
        const std::string what = fmt::format("line {} of `tags`", scenario_.tags.size() + 1);
        const language::Fields fields = nodes_.fields(*entry, what, kTagKeys);
        TagLine& line = scenario_.tags.emplace_back();
        line.where = place(entry->mark);
        if (entry->kind != Node::Kind::map) continue;
        line.domain = name(*this, fields, "domain", what);
        if (const Node* const value = nodes_.need(fields, "user", what)) {
            if (value->kind == Node::Kind::scalar && value->text == "initiator")
                line.user = scenario_.initiator.profile.user;
            else if (value->kind == Node::Kind::scalar && value->text == "receiver")
                line.user = scenario_.receiver.profile.user;
            else
                line.user = user(*value, "`user` of " + what + " (initiator, receiver or a URI)");
        }
        if (const Node* const value = nodes_.need(fields, "tags", what))
            for (const Node* const tag : entries(*value, "`tags` of " + what)) {
                std::optional<Word> word = nodes_.word(*tag, "a tag of " + what);
                if (!word) continue;
                if (const std::string fault = language::name_fault(word->text); !fault.empty())
                    error(word->mark, fmt::format("tag {} {}", language::quote(word->text), fault),
                          "write the tag as the policy declares it");
                line.tags.push_back(std::move(word->text));
            }
    }
}

void Reading::read_headers(const Node& node) {
    for (const Node* const entry : entries(node, "`headers`")) {
        std::optional<Word> word = nodes_.word(*entry, "an entry of `headers`");
        if (!word) continue;
        if (auto [fault, remedy] = header_fault(word->text); !fault.empty())
            error(word->mark, fmt::format("header {} {}", language::quote(word->text), fault),
                  std::move(remedy));
        scenario_.extra_headers.push_back(std::move(word->text));
    }
}

}  // namespace kmsgate::lab

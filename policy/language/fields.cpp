// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::policy::language {

std::string_view describe(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::empty:
            return "nothing";
        case Node::Kind::scalar:
            return "a text";
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            break;
    }
    return "a map";
}

const Node* Fields::find(std::string_view key) const {
    const auto found =
        std::ranges::find(all, key, [](const Field& f) -> std::string_view { return f.key.text; });
    return found == all.end() ? nullptr : found->value;
}

Fields Reader::read(const Node& node, const std::string& what,
                    std::optional<std::span<const std::string_view>> known) {
    Fields out{node.mark, {}};
    if (node.kind != Node::Kind::map) {
        report_.error(node.mark, fmt::format("{} is {}", what, describe(node.kind)),
                      known
                          ? fmt::format("write a map with the keys {}", join(*known))
                          : std::string("write a map: a name, a colon and what belongs to it; {} for none"));
        return out;
    }
    std::unordered_map<std::string_view, Mark> seen;
    for (std::size_t i = 0; i + 1 < node.children.size() && !report_.full(); i += 2) {
        const Node& key = tree_[node.children[i]];
        if (key.kind != Node::Kind::scalar) {
            report_.error(key.mark, fmt::format("a key in {} is {}", what, describe(key.kind)),
                          "write a word as key");
            continue;
        }
        const auto [earlier, fresh] = seen.emplace(key.text, key.mark);
        if (!fresh) {
            report_.error(key.mark, fmt::format("key {} stands twice in {}", quote(key.text), what),
                          fmt::format("remove it here or at {}", place(earlier->second)));
            continue;
        }
        if (known && std::ranges::find(*known, std::string_view(key.text)) == known->end()) {
            report_.error(key.mark, fmt::format("unknown key {} in {}", quote(key.text), what),
                          key.text == "<<" ? "merge keys are not known here; write the values out"
                                           : one_of(key.text, *known));
            continue;
        }
        out.all.push_back({{key.text, key.mark}, &tree_[node.children[i + 1]]});
    }
    return out;
}

Fields Reader::entries(const Node& node, const std::string& what) {
    return read(node, what, std::nullopt);
}

Fields Reader::fields(const Node& node, const std::string& what, std::span<const std::string_view> known) {
    return read(node, what, known);
}

const Node* Reader::need(const Fields& fields, std::string_view key, const std::string& what) {
    const Node* const value = fields.find(key);
    if (value == nullptr)
        report_.error(fields.mark, fmt::format("{} has no `{}`", what, key),
                      fmt::format("add `{}:` to it", key));
    return value;
}

std::optional<Word> Reader::word(const Node& node, const std::string& what) {
    if (report_.full()) return std::nullopt;
    if (node.kind != Node::Kind::scalar) {
        report_.error(node.mark, fmt::format("{} is {}", what, describe(node.kind)), "write one text");
        return std::nullopt;
    }
    if (node.text.empty()) {
        report_.error(node.mark, what + " is an empty text", "write a text, or remove it");
        return std::nullopt;
    }
    return Word{node.text, node.mark};
}

std::vector<const Node*> Reader::list(const Node& node, const std::string& what) {
    std::vector<const Node*> out;
    if (node.kind != Node::Kind::sequence) {
        const bool lone = node.kind == Node::Kind::scalar;
        report_.error(
            node.mark,
            fmt::format("{} is {}", what, lone ? quote(node.text) : std::string(describe(node.kind))),
            lone ? "write a list, in brackets: [..]" : "write a list; [] for none");
        return out;
    }
    out.reserve(node.children.size());
    for (const std::uint32_t child : node.children) out.push_back(&tree_[child]);
    return out;
}

std::vector<Word> Reader::words(const Node& node, const std::string& what, Lone lone) {
    std::vector<Word> out;
    if (lone == Lone::taken && node.kind == Node::Kind::scalar) {
        if (std::optional<Word> text = word(node, what)) out.push_back(*std::move(text));
        return out;
    }
    const std::vector<const Node*> nodes = list(node, what);
    out.reserve(nodes.size());
    const std::string entry = "an entry of " + what;
    for (const Node* const child : nodes)
        if (std::optional<Word> text = word(*child, entry)) out.push_back(*std::move(text));
    return out;
}

std::optional<std::uint64_t> Reader::number(const Node& node, const std::string& what, std::uint64_t least,
                                            std::uint64_t most) {
    const std::optional<Word> text = word(node, what);
    if (!text) return std::nullopt;
    const std::string_view digits = text->text;
    std::uint64_t value = 0;
    bool sound = std::ranges::all_of(digits, sip::is_digit) && (digits.size() == 1 || digits[0] != '0');
    for (std::size_t i = 0; sound && i < digits.size(); ++i) {
        const auto digit = static_cast<std::uint64_t>(digits[i] - '0');
        sound = value <= (most - std::min(digit, most)) / 10;
        value = value * 10 + digit;
    }
    if (sound && value >= least && value <= most) return value;
    report_.error(node.mark, fmt::format("{} cannot be {}", what, quote(digits)),
                  fmt::format("write a decimal number from {} to {}", least, most));
    return std::nullopt;
}

std::optional<bool> Reader::boolean(const Node& node, const std::string& what) {
    return choice<bool>(node, what, {{"true", true}, {"false", false}});
}

}  // namespace kmsgate::policy::language

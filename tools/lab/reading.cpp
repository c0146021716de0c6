// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"
#include "policy/language/utf8.hpp"

namespace kmsgate::lab {

namespace language = policy::language;

std::string Reading::text(const Node& node, const std::string& what) {
    std::optional<Word> word = nodes_.word(node, what);
    if (!word) return {};
    if (word->text.size() > kMostText) {
        error(word->mark, fmt::format("{} has {} bytes", what, word->text.size()),
              fmt::format("write at most {}", kMostText));
        return {};
    }
    for (std::string_view rest = word->text; !rest.empty();) {
        const language::Rune rune = language::first_rune(rest);
        if (rune.size == 0 || language::is_control(rune.value)) {
            error(word->mark,
                  fmt::format("{} {} holds a character that is no text", what, language::quote(word->text)),
                  "write it in one line, without escapes of control characters");
            return {};
        }
        rest.remove_prefix(rune.size);
    }
    return std::move(word->text);
}

std::vector<const Node*> Reading::entries(const Node& node, const std::string& what, std::size_t most) {
    std::vector<const Node*> out = nodes_.list(node, what);
    if (out.size() > most) {
        error(out[most]->mark, fmt::format("this is number {} in {}", most + 1, what),
              fmt::format("list at most {}", most));
        out.resize(most);
    }
    return out;
}

std::vector<std::string_view> Reading::kms_names() const {
    std::vector<std::string_view> names;
    for (const Kms& one : scenario_.kms) names.push_back(one.name);
    return names;
}

std::optional<std::string> Reading::kms(const Node& node, const std::string& what) {
    const std::optional<Word> word = nodes_.word(node, what);
    if (!word || kms_unknown) return std::nullopt;
    const auto found = std::ranges::find(scenario_.kms, word->text, &Kms::name);
    if (found != scenario_.kms.end()) return found->uri;
    if (sip::iequal(word->text, "any"))
        error(word->mark, fmt::format("{} cannot be {}", what, language::quote(word->text)),
              "write the short name of a KMS; ANY stands alone, in place of a whole list of a KRR");
    else
        error(word->mark, fmt::format("unknown KMS {} in {}", language::quote(word->text), what),
              language::one_of(word->text, kms_names()) + ", or declare it under `kms`");
    return std::nullopt;
}

std::vector<std::string> Reading::kms_list(const Node& node, const std::string& what) {
    std::vector<std::string> out;
    std::map<std::string, Mark> seen;
    for (const Node* const entry : entries(node, what)) {
        std::optional<std::string> uri = kms(*entry, "an entry of " + what);
        if (!uri) continue;
        const auto [earlier, fresh] = seen.emplace(*uri, entry->mark);
        if (fresh)
            out.push_back(*std::move(uri));
        else
            error(entry->mark, fmt::format("KMS {} stands twice in {}", language::quote(entry->text), what),
                  fmt::format("remove it here or at {}", language::place(earlier->second)));
    }
    return out;
}

List Reading::kms_list_or_any(const Node& node, const std::string& what) {
    if (node.kind == Node::Kind::scalar) {
        if (node.text != "ANY")
            error(node.mark, fmt::format("{} cannot be {}", what, language::quote(node.text)),
                  "write a list of KMSs in brackets ([] for an empty one), or ANY");
        return std::nullopt;
    }
    return kms_list(node, what);
}

Pair Reading::pair(const Node& node, const std::string& what) {
    const std::vector<const Node*> two = nodes_.list(node, what);
    if (node.kind == Node::Kind::sequence && two.size() != 2)
        error(node.mark, fmt::format("{} names {} KMSs", what, two.size()),
              "write two: the initiator's and the receiver's ([A, B])");
    if (two.size() != 2) return {};
    Pair out;
    if (std::optional<std::string> uri = kms(*two[0], what)) out.kmsi = *std::move(uri);
    if (std::optional<std::string> uri = kms(*two[1], what)) out.kmsr = *std::move(uri);
    return out;
}

Lists Reading::lists(const language::Fields& fields, const std::string& what) {
    Lists out;
    if (const Node* const node = nodes_.need(fields, "initiator", what))
        out.initiator = kms_list_or_any(*node, "`initiator` of " + what);
    if (const Node* const node = nodes_.need(fields, "receiver", what))
        out.receiver = kms_list_or_any(*node, "`receiver` of " + what);
    return out;
}

std::string Reading::user(const Node& node, const std::string& what) {
    const std::optional<Word> word = nodes_.word(node, what);
    if (!word) return {};
    const sip::UserUri uri = sip::UserUri::normalise(word->text);
    if (uri.empty())
        error(word->mark, fmt::format("{} {} is no URI of a user", what, language::quote(word->text)),
              "write it as in \"sip:alice@mc1.example\" or \"tel:+442079460001\", at most 255 bytes");
    return std::string(uri.text());
}

}  // namespace kmsgate::lab

// SPDX-License-Identifier: BSD-3-Clause
// failure, limits, signing: what holds for an edge or for the whole policy.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "policy/language/read.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr std::array<std::string_view, 2> kLimitKeys = {"redirects-per-second", "per-source"};
constexpr std::array<std::string_view, 2> kSigningKeys = {"sign", "require-from"};

std::vector<std::string_view> cause_words() {
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < kCauses; ++i) words.push_back(to_string(static_cast<Cause>(i)));
    return words;
}

std::vector<std::string_view> action_words(ActionMask mask) {
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Action::count_); ++i)
        if ((mask & bit(static_cast<Action>(i))) != 0) words.push_back(to_string(static_cast<Action>(i)));
    return words;
}

void read_cause(Reader& reader, const Field& field, Cause cause, std::vector<Failure>& out) {
    const std::optional<Word> text = reader.word(*field.value, quote(field.key.text) + " in `failure`");
    if (!text) return;
    const ActionMask allowed = allowed_actions(cause);
    const std::optional<Action> action = action_from_string(text->text);
    if (action && (allowed & bit(*action)) != 0) {
        out.push_back({cause, *action, field.key.mark});
        return;
    }
    const std::string_view fault = action ? "is not allowed" : "is no known word";
    reader.report().error(text->mark,
                          fmt::format("{} {} for {}", quote(text->text), fault, quote(field.key.text)),
                          one_of(text->text, action_words(allowed)));
}

std::optional<std::uint32_t> read_limit(Reader& reader, const Fields& fields, std::string_view key,
                                        const std::string& owner) {
    const Node* const node = fields.find(key);
    if (node == nullptr) return std::nullopt;
    const std::optional<std::uint64_t> number = reader.number(*node, fmt::format("`{}` of {}", key, owner), 1,
                                                              std::numeric_limits<std::uint32_t>::max());
    if (!number) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::vector<Failure> read_failure(Reader& reader, const Node& node, const std::string& owner) {
    std::vector<Failure> out;
    for (const Field& field : reader.entries(node, "`failure` of " + owner).all) {
        if (const std::optional<Cause> cause = cause_from_string(field.key.text))
            read_cause(reader, field, *cause, out);
        else
            reader.report().error(
                field.key.mark,
                fmt::format("unknown cause {} in `failure` of {}", quote(field.key.text), owner),
                one_of(field.key.text, cause_words()));
    }
    return out;
}

Limits read_limits(Reader& reader, const Node& node, const std::string& owner) {
    const Fields fields = reader.fields(node, "`limits` of " + owner, kLimitKeys);
    Limits limits;
    limits.redirects_per_second = read_limit(reader, fields, "redirects-per-second", owner);
    limits.per_source = read_limit(reader, fields, "per-source", owner);
    return limits;
}

void read_signing(Reader& reader, const Node& node) {
    const Fields fields = reader.fields(node, "`signing`", kSigningKeys);
    const std::string absent = "signing is not available in this version: ";
    if (const Node* const value = fields.find("sign"))
        if (reader.boolean(*value, "`sign`").value_or(false))
            reader.report().error(value->mark, absent + "`sign` cannot be `true`",
                                  "write `sign: false`, or remove it");
    if (const Node* const value = fields.find("require-from"))
        if (!reader.words(*value, "`require-from`").empty())
            reader.report().error(value->mark, absent + "`require-from` cannot name anybody",
                                  "write `require-from: []`, or remove it");
}

}  // namespace kmsgate::policy::language

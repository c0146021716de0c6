// SPDX-License-Identifier: BSD-3-Clause
// From nodes to values. Everything that a value can be wrong in is reported here, with its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/language/tree.hpp"

namespace kmsgate::policy::language {

/// A key and its value.
struct Field {
    Word key;
    const Node* value;
};

/// The entries of one map, each key once, in file order.
class Fields {
  public:
    Mark mark;  ///< of the map
    std::vector<Field> all;

    /// The value of that key, or nullptr.
    [[nodiscard]] const Node* find(std::string_view key) const;
};

/// Reads nodes of one tree. `what` names the thing in messages ("edge `x`", "`home`").
class Reader {
  public:
    Reader(const Tree& tree, Report& report) : tree_(tree), report_(report) {}
    [[nodiscard]] Report& report() { return report_; }

    /// Entries of a map whose keys are names the user chose. Reports what is no map, keys that are no text,
    /// and keys that stand twice (the first counts).
    [[nodiscard]] Fields entries(const Node& node, const std::string& what);
    /// Entries of a map with known keys only; others are reported and left out.
    [[nodiscard]] Fields fields(const Node& node, const std::string& what,
                                std::span<const std::string_view> known);
    /// The value of a key that must be there; reports when it is not.
    [[nodiscard]] const Node* need(const Fields& fields, std::string_view key, const std::string& what);

    /// One text, not empty.
    [[nodiscard]] std::optional<Word> word(const Node& node, const std::string& what);
    enum class Lone { refused, taken };  ///< a single word where a list stands
    /// Entries of a list, which is a list.
    [[nodiscard]] std::vector<const Node*> list(const Node& node, const std::string& what);
    /// List of texts; what is no text is reported and left out.
    [[nodiscard]] std::vector<Word> words(const Node& node, const std::string& what,
                                          Lone lone = Lone::refused);
    /// A decimal number: digits, no sign, no leading zero.
    [[nodiscard]] std::optional<std::uint64_t> number(const Node& node, const std::string& what,
                                                      std::uint64_t least, std::uint64_t most);
    /// Exactly `true` or `false`.
    [[nodiscard]] std::optional<bool> boolean(const Node& node, const std::string& what);

    /// One of a few words.
    template <class Value>
    [[nodiscard]] std::optional<Value> choice(
        const Node& node, const std::string& what,
        std::initializer_list<std::pair<std::string_view, Value>> choices) {
        const std::optional<Word> text = word(node, what);
        if (!text) return std::nullopt;
        std::vector<std::string_view> known;
        for (const auto& [name, value] : choices) {
            if (text->text == name) return value;
            known.push_back(name);
        }
        report_.error(text->mark, what + " cannot be " + quote(text->text), one_of(text->text, known));
        return std::nullopt;
    }

  private:
    [[nodiscard]] Fields read(const Node& node, const std::string& what,
                              std::optional<std::span<const std::string_view>> known);

    const Tree& tree_;
    Report& report_;
};

/// "a list", "a map", "a text", "nothing".
[[nodiscard]] std::string_view describe(Node::Kind kind);

}  // namespace kmsgate::policy::language

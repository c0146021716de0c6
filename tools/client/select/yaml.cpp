// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/select/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace kmsgate::client::select {
namespace {

constexpr std::size_t kMaxFile = 1'000'000;
constexpr std::size_t kMaxShown = 80;

[[nodiscard]] Place place_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {mark.line + 1, mark.column + 1};
}

/// yaml-cpp makes nothing of a plain `null` or `~`; here every word is text.
[[nodiscard]] std::string_view null_word(std::string_view text, const YAML::Node& node) {
    const YAML::Mark mark = node.Mark();
    if (mark.is_null() || mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= text.size()) return {};
    const std::string_view rest = text.substr(static_cast<std::size_t>(mark.pos));
    for (const std::string_view word : {"~", "null", "Null", "NULL"})
        if (rest.starts_with(word)) {
            const std::string_view after = rest.substr(word.size());
            if (after.empty() || std::string_view(" \t\r\n,]}#:").find(after[0]) != std::string_view::npos)
                return word;
        }
    return {};
}

/// The text of a node that is one.
[[nodiscard]] std::optional<Word> word_of(std::string_view text, const YAML::Node& node) {
    if (node.IsScalar()) return Word{node.Scalar(), place_of(node.Mark())};
    if (node.IsNull())
        if (const std::string_view word = null_word(text, node); !word.empty())
            return Word{std::string(word), place_of(node.Mark())};
    return std::nullopt;
}

class Reading {
  public:
    Reading(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

    [[nodiscard]] Yaml run(const YAML::Node& root) {
        Yaml out{place_of(root.Mark()), {}};
        for (const auto& pair : root) {
            const auto key = word_of(text_, pair.first);
            if (!key) {
                problems_.add(place_of(pair.first.Mark()), "a key that is no word", "write a word as key");
                continue;
            }
            out.entries.push_back(entry(*key, pair.second));
        }
        return out;
    }

  private:
    [[nodiscard]] Entry entry(const Word& key, const YAML::Node& value) {
        Entry out{key, Entry::Kind::nothing, key.place, {}};
        if (auto word = word_of(text_, value)) {
            out.kind = Entry::Kind::word;
            out.value = word->place;
            out.words.push_back(*std::move(word));
        } else if (value.IsSequence()) {
            out.kind = Entry::Kind::list;
            out.value = place_of(value.Mark());
            for (const auto& item : value) {
                if (auto one = word_of(text_, item))
                    out.words.push_back(*std::move(one));
                else
                    problems_.add(item.IsNull() ? out.value : place_of(item.Mark()),
                                  fmt::format("an entry of `{}` that is no text", printable(key.text)),
                                  "write one text an entry");
            }
        } else if (value.IsMap()) {
            out.kind = Entry::Kind::map;
            out.value = place_of(value.Mark());
        }
        return out;
    }

    std::string_view text_;
    Problems& problems_;
};

}  // namespace

std::string_view describe(Entry::Kind kind) noexcept {
    switch (kind) {
        case Entry::Kind::nothing:
            return "empty";
        case Entry::Kind::word:
            return "a single text";
        case Entry::Kind::list:
            return "a list";
        case Entry::Kind::map:
            break;
    }
    return "a map";
}

void Problems::add(Place place, const std::string& what, const std::string& remedy) {
    found_.push_back({place, fmt::format("{}:{}:{}: {}; {}", file_, place.line, place.column, what, remedy)});
}

std::vector<std::string> Problems::lines() const {
    std::vector<Problem> sorted = found_;
    std::ranges::stable_sort(sorted, {},
                             [](const Problem& p) { return std::pair(p.place.line, p.place.column); });
    std::vector<std::string> out;
    for (Problem& problem : sorted) out.push_back(std::move(problem.text));
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kMaxShown)) {
        if (c >= 0x20 && c < 0x7F)
            out += c;
        else
            out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
    return text.size() > kMaxShown ? out + ".." : out;
}

std::optional<Yaml> read_yaml(std::string_view text, Problems& problems) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.size() > kMaxFile) {
        problems.add({}, fmt::format("the file has {} bytes", text.size()),
                     fmt::format("a profile has at most {}", kMaxFile));
        return std::nullopt;
    }
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
        if (documents.size() > 1)
            problems.add(place_of(documents[1].Mark()), "a second YAML document",
                         "write one; remove the `---` or what follows");
        if (documents.empty() || !documents[0].IsMap()) {
            problems.add({}, "no map of keys and values", "begin with `version: 1`, then one key a line");
            return std::nullopt;
        }
        return Reading(text, problems).run(documents[0]);
    } catch (const YAML::Exception& fault) {
        problems.add(place_of(fault.mark), "YAML: " + printable(fault.msg), "correct the YAML syntax");
        return std::nullopt;
    }
}

}  // namespace kmsgate::client::select

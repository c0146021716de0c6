// SPDX-License-Identifier: BSD-3-Clause
// The profile file, by way of the policy language's reader: every value is text until it is read.
#include <fmt/format.h>

#include "policy/language/fields.hpp"
#include "policy/language/names.hpp"
#include "policy/language/source.hpp"
#include "tools/traffic/hostile.hpp"
#include "tools/traffic/profile.hpp"

namespace kmsgate::traffic {
namespace {

namespace language = policy::language;
using language::Node;

constexpr std::array<std::string_view, 13> kTopKeys = {"version", "title",   "mix",    "shares",    "users",
                                                       "domains", "kms",     "invite", "i-message", "mtu",
                                                       "vlans",   "hostile", "talk"};
constexpr std::array<std::string_view, 2> kUserKeys = {"count", "draw"};

class Reading {
  public:
    Reading(const language::Tree& tree, language::Report& report) : reader_(tree, report) {}

    Profile read(const Node& root) {
        const language::Fields top = reader_.fields(root, "the profile", kTopKeys);
        if (root.kind != Node::Kind::map) return out_;
        if (const Node* const node = reader_.need(top, "version", "the profile")) version(*node);
        if (const Node* const node = reader_.need(top, "mix", "the profile")) mix(*node);
        if (const Node* const node = top.find("title"))
            if (auto word = reader_.word(*node, "`title`")) out_.title = std::move(word->text);
        if (const Node* const node = top.find("shares")) shares_of(*node);
        if (const Node* const node = top.find("users")) users(*node);
        if (const Node* const node = top.find("domains"))
            names(*node, "`domains`", out_.domains, language::name_fault);
        if (const Node* const node = top.find("kms"))
            names(*node, "`kms`", out_.kms, language::kms_uri_fault);
        if (const Node* const node = top.find("invite")) sizes(*node, "`invite`", kInviteBounds, out_.invite);
        if (const Node* const node = top.find("i-message"))
            sizes(*node, "`i-message`", kIMessageBounds, out_.i_message);
        if (const Node* const node = top.find("mtu"))
            out_.mtu = reader_.number(*node, "`mtu`", kMtuBounds.least, kMtuBounds.most).value_or(out_.mtu);
        if (const Node* const node = top.find("vlans")) vlans(*node);
        if (const Node* const node = top.find("hostile")) hostile(*node);
        if (const Node* const node = top.find("talk"))
            out_.talk = reader_.number(*node, "`talk`", 1, 60'000).value_or(out_.talk);
        return out_;
    }

  private:
    void error(language::Mark mark, std::string what, std::string remedy) {
        reader_.report().error(mark, std::move(what), std::move(remedy));
    }
    void version(const Node& node) {
        const auto word = reader_.word(node, "`version`");
        if (word && word->text != "1")
            error(word->mark, "`version` " + language::quote(word->text) + " is not known",
                  "write `version: 1`");
    }
    void mix(const Node& node) {
        std::vector<std::string_view> known;
        for (const Term& t : kinds()) known.push_back(t.name);
        const language::Fields fields = reader_.fields(node, "`mix`", known);
        for (const language::Field& f : fields.all)
            if (const auto n = reader_.number(*f.value, "the weight of `" + f.key.text + "`", 0, kMostWeight))
                static_cast<void>(set_mix(out_, f.key.text, *n));
        if (node.kind == Node::Kind::map && !fields.all.empty() && out_.weight() == 0)
            error(node.mark, "the weights of `mix` are all 0", "give one of them a weight");
        else if (node.kind == Node::Kind::map && fields.all.empty())
            error(node.mark, "`mix` names nothing", language::one_of("", known));
    }
    void shares_of(const Node& node) {
        std::vector<std::string_view> known;
        for (const Term& t : shares()) known.push_back(t.name);
        for (const language::Field& f : reader_.fields(node, "`shares`", known).all)
            if (const auto n = reader_.number(*f.value, "the share of `" + f.key.text + "`", 0, 100))
                static_cast<void>(set_share(out_, f.key.text, *n));
    }
    void users(const Node& node) {
        const language::Fields fields = reader_.fields(node, "`users`", kUserKeys);
        if (const Node* const count = fields.find("count"))
            out_.users = reader_.number(*count, "`count` of `users`", 1, kMostUsers).value_or(out_.users);
        if (const Node* const draw = fields.find("draw"))
            out_.draw = reader_
                            .choice<Draw>(*draw, "`draw` of `users`",
                                          {{"zipf", Draw::zipf}, {"uniform", Draw::uniform}})
                            .value_or(out_.draw);
    }
    void names(const Node& node, const std::string& what, std::vector<std::string>& out,
               std::string (*fault_of)(std::string_view)) {
        out.clear();
        for (const language::Word& word : reader_.words(node, what)) {
            const std::string fault = fault_of(word.text);
            if (!fault.empty())
                error(word.mark, fmt::format("{} in {} {}", language::quote(word.text), what, fault),
                      "write a name as in mc1.example");
            out.push_back(word.text);
        }
        if (node.kind == Node::Kind::sequence && out.empty())
            error(node.mark, what + " is empty", "list at least one, or remove it");
        if (out.size() > kMostNames)
            error(node.mark, fmt::format("{} lists {}", what, out.size()),
                  fmt::format("list at most {}", kMostNames));
    }
    void sizes(const Node& node, const std::string& what, Sizes bounds, Sizes& out) {
        const auto two = reader_.list(node, what);
        if (node.kind == Node::Kind::sequence && two.size() != 2)
            error(node.mark, fmt::format("{} lists {} sizes", what, two.size()),
                  fmt::format("write the least and the most, as in [{}, {}]", bounds.least, bounds.most));
        if (two.size() != 2) return;
        const auto least = reader_.number(*two[0], "the least of " + what, bounds.least, bounds.most);
        const auto most = reader_.number(*two[1], "the most of " + what, bounds.least, bounds.most);
        if (!least || !most) return;
        if (*least > *most)
            error(two[0]->mark, fmt::format("{} of {} is more than {}", *least, what, *most),
                  "write the smaller size first");
        out = {*least, *most};
    }
    void vlans(const Node& node) {
        out_.vlans.clear();
        const auto all = reader_.list(node, "`vlans`");
        for (const Node* const one : all)
            if (const auto n = reader_.number(*one, "a VLAN", 1, 4094))
                out_.vlans.push_back(static_cast<std::uint16_t>(*n));
        if (node.kind == Node::Kind::sequence && (all.empty() || all.size() > 2))
            error(node.mark, fmt::format("`vlans` lists {} tags", all.size()),
                  "list one, or two: the outer and the inner");
    }
    void hostile(const Node& node) {
        std::vector<std::string_view> known;
        for (const Shape& s : hostile_shapes()) known.push_back(s.name);
        for (const language::Word& word : reader_.words(node, "`hostile`")) {
            if (find_shape(word.text) == nullptr)
                error(word.mark, language::quote(word.text) + " is no hostile shape",
                      language::one_of(word.text, known));
            out_.hostile.push_back(word.text);
        }
    }

    language::Reader reader_;
    Profile out_ = plain_profile();
};

}  // namespace

std::expected<Profile, std::vector<std::string>> read_profile(std::string_view yaml,
                                                              const std::string& file) {
    Profile profile;
    language::Problems problems;
    language::Report report(problems);
    if (language::check_source(yaml, report))
        if (const auto tree = language::parse_tree(yaml, report))
            profile = Reading(*tree, report).read(tree->root());
    if (problems.empty()) return profile;
    language::sort(problems);
    std::vector<std::string> lines;
    lines.reserve(problems.size());
    for (const language::Problem& p : problems)
        lines.push_back(fmt::format("{}:{}:{}: {}; {}", file, p.mark.line, p.mark.column, p.what, p.remedy));
    return std::unexpected(std::move(lines));
}

}  // namespace kmsgate::traffic

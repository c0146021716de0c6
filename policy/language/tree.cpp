// SPDX-License-Identifier: BSD-3-Clause
#include "policy/language/tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>

#include "policy/language/lists.hpp"
#include "policy/language/places.hpp"
#include "policy/language/yaml_words.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr std::uint32_t kNobody = 0xFFFFFFFF;

/// Thrown through yaml-cpp when a bound is passed; the fault is reported already.
struct Stop {};

class Builder final : public YAML::EventHandler {
  public:
    /// `text`: what yaml-cpp reads. `whole_size`: bytes of the file. `runs`: what the text does not show of
    /// it, or null.
    Builder(std::string_view text, std::size_t whole_size, ShortText* runs, Report& report)
        : text_(text), places_(text), runs_(runs), report_(report) {
        limit_ = std::min(kMaxNodes, kFreeNodes + whole_size);
    }

    /// The last text of the file may be a quoted one that is not closed.
    [[nodiscard]] bool is_cut_off() {
        if (last_scalar_.pos < 0) return false;
        const auto start = std::min(static_cast<std::size_t>(last_scalar_.pos), text_.size());
        if (!ends_in_quote(text_.substr(start))) return false;
        report_.error(place_of(last_scalar_), "a quote is not closed", "close it at the end of the text");
        return true;
    }

    std::vector<Node> take() { return std::move(nodes_); }
    Mark place_of(const YAML::Mark& mark) {
        const auto from_0 = [](int n) { return static_cast<std::size_t>(std::max(n, 0)); };
        Mark place =
            mark.is_null() ? Mark{1, 1} : places_.at(mark.line, from_0(mark.column), from_0(mark.pos));
        if (runs_ != nullptr) place.line = runs_->whole_line(place.line - 1) + 1;
        return place;
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0)
            stop(mark, "a second YAML document begins here",
                 "write one document; remove the `---` or what follows");
    }
    void OnDocumentEnd() override {}

    /// yaml-cpp takes plain `null` and `~` for nothing and does not pass their text on. What is missing bears
    /// the place of what follows it, which may be a key `null`: of two nodes at one place the later one is
    /// the word.
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        std::string_view word = null_word(mark);
        if (!word.empty() && mark.pos == last_null_pos_) {
            if (is_value()) {
                word = {};
            } else {
                clear_last_null();
            }
        }
        const Mark instead = place_of_nothing(mark);
        const std::uint32_t index =
            add(word.empty() ? Node::Kind::empty : Node::Kind::scalar, mark, word, anchor);
        if (word.empty()) {
            nodes_[index].mark = instead;
            return;
        }
        last_null_ = index;
        last_null_pos_ = mark.pos;
        last_null_instead_ = instead;
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (++aliases_ > kMaxAliases)
            stop(mark, fmt::format("more than {} aliases", kMaxAliases), "write the values out");
        const Anchor target = anchor < anchors_.size() ? anchors_[anchor] : Anchor{};
        if (target.node == kNobody || target.weight == 0)
            stop(mark, "an alias inside the value that it stands for", "write the value out");
        const Node& node = nodes_[target.node];
        // Words get the place of their use; of lists and maps the first place has to do.
        if (node.kind == Node::Kind::scalar || node.kind == Node::Kind::empty) {
            const std::string copy = node.text;
            add(node.kind, mark, copy, 0);
            return;
        }
        count(mark, target.weight);
        attach(target.node);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check_tag(mark, tag);
        if (mark.pos == last_null_pos_) clear_last_null();
        last_scalar_ = mark;
        if (value.size() > kMaxScalar)
            report_.error(
                place_of(mark), fmt::format("a text of {} bytes", value.size()),
                fmt::format("no text of a policy has more than {} bytes; is a quote missing?", kMaxScalar));
        add(Node::Kind::scalar, mark, std::string_view(value).substr(0, kMaxScalar), anchor);
        if (runs_ == nullptr || !is_entry()) return;
        if (const Run* const run = runs_->run_at(mark.line, mark.column)) add_lines(mark, *run);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

  private:
    struct Anchor {
        std::uint32_t node = kNobody;
        std::size_t weight = 0;  ///< nodes, aliases expanded; 0: not complete yet
    };
    struct Open {
        std::uint32_t node;
        YAML::anchor_t anchor;
        std::size_t before;  ///< nodes before it
    };

    [[noreturn]] void stop(const YAML::Mark& mark, std::string what, std::string remedy) {
        report_.error(place_of(mark), std::move(what), std::move(remedy));
        throw Stop{};
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        report_.error(place_of(mark), "a YAML tag (" + quote(tag) + ")",
                      "remove it: every value is text, and what it means follows from its place");
    }

    /// The entries between a run's first line and its last.
    void add_lines(const YAML::Mark& mark, const Run& run) {
        count(mark, run.texts.size());
        Mark place = nodes_.back().mark;
        for (const std::string_view text : run.texts) {
            ++place.line;
            attach(static_cast<std::uint32_t>(nodes_.size()));
            nodes_.push_back({Node::Kind::scalar, place, std::string(text), {}});
        }
    }

    void count(const YAML::Mark& mark, std::size_t weight) {
        total_ += weight;
        if (total_ > limit_)
            stop(mark, fmt::format("more than {} values, those that aliases stand for counted", limit_),
                 "use fewer aliases, or a smaller policy");
    }

    /// The plain word that yaml-cpp took for nothing, if one stands there.
    [[nodiscard]] std::string_view null_word(const YAML::Mark& mark) const {
        if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= text_.size()) return {};
        const std::string_view rest = text_.substr(static_cast<std::size_t>(mark.pos));
        for (const std::string_view word : {"~", "null", "Null", "NULL"})
            if (rest.starts_with(word)) return rest.substr(0, word.size());
        return {};
    }

    void clear_last_null() {
        nodes_[last_null_].kind = Node::Kind::empty;
        nodes_[last_null_].text.clear();
        nodes_[last_null_].mark = last_null_instead_;
    }

    /// What is missing is shown at its key or its list.
    [[nodiscard]] Mark place_of_nothing(const YAML::Mark& mark) {
        if (is_value()) return nodes_[nodes_[open_.back().node].children.back()].mark;
        if (is_entry()) return nodes_[open_.back().node].mark;
        return place_of(mark);
    }

    /// Is the next node, or the last one, an entry of a list?
    [[nodiscard]] bool is_entry() const {
        return !open_.empty() && nodes_[open_.back().node].kind == Node::Kind::sequence;
    }

    /// Is the next node the value of a key?
    [[nodiscard]] bool is_value() const {
        if (open_.empty()) return false;
        const Node& node = nodes_[open_.back().node];
        return node.kind == Node::Kind::map && node.children.size() % 2 == 1;
    }

    void attach(std::uint32_t index) {
        if (!open_.empty()) nodes_[open_.back().node].children.push_back(index);
    }

    std::uint32_t add(Node::Kind kind, const YAML::Mark& mark, std::string_view text, YAML::anchor_t anchor) {
        count(mark, 1);
        const auto index = static_cast<std::uint32_t>(nodes_.size());
        nodes_.push_back({kind, place_of(mark), std::string(text), {}});
        attach(index);
        if (anchor != 0) {
            if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
            anchors_[anchor] = {index, kind == Node::Kind::scalar || kind == Node::Kind::empty ? 1U : 0U};
        }
        return index;
    }

    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        check_tag(mark, tag);
        if (open_.size() >= kMaxDepth)
            stop(mark, fmt::format("lists and maps nested deeper than {}", kMaxDepth),
                 "a policy needs less; is a bracket not closed?");
        const std::size_t before = total_;
        const std::uint32_t index = add(kind, mark, {}, anchor);
        open_.push_back({index, anchor, before});
    }

    void close() {
        const Open& last = open_.back();
        if (last.anchor != 0) anchors_[last.anchor].weight = total_ - last.before;
        nodes_[last.node].children.shrink_to_fit();
        open_.pop_back();
    }

    std::string_view text_;
    Places places_;
    ShortText* runs_;
    Report& report_;
    std::vector<Node> nodes_;
    std::vector<Open> open_;
    std::vector<Anchor> anchors_;
    std::size_t limit_ = 0;
    std::size_t total_ = 0;
    std::size_t aliases_ = 0;
    std::size_t documents_ = 0;
    YAML::Mark last_scalar_ = YAML::Mark::null_mark();
    int last_null_pos_ = -1;  ///< of the last word of null_word()
    std::uint32_t last_null_ = 0;
    Mark last_null_instead_;
};

/// What yaml-cpp makes of `text`; with `runs` those of the file that the text is short for.
[[nodiscard]] std::optional<Tree> parse(std::string_view text, std::size_t whole_size, ShortText* runs,
                                        Report& report) {
    Builder builder(text, whole_size, runs, report);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        if (builder.is_cut_off()) return std::nullopt;
    } catch (const Stop&) {
        return std::nullopt;
    } catch (const YAML::Exception& fault) {
        const Mark mark = builder.place_of(fault.mark);
        report.error(mark, "YAML: " + printable(fault.msg), syntax_remedy(text, mark.line, fault.msg));
        return std::nullopt;
    } catch (const std::exception& fault) {
        report.error({1, 1}, "the file cannot be read: " + printable(fault.what()),
                     "correct the YAML syntax");
        return std::nullopt;
    }
    std::vector<Node> nodes = builder.take();
    if (nodes.empty()) {
        report.error({1, 1}, "the file holds nothing", "a policy begins with `version: 1`");
        return std::nullopt;
    }
    return Tree(std::move(nodes));
}

}  // namespace

std::optional<Tree> parse_every_line(std::string_view text, Report& report) {
    return parse(text, text.size(), nullptr, report);
}

std::optional<Tree> parse_tree(std::string_view text, Report& report) {
    ShortText runs(text);
    if (runs.any()) {
        // Whatever is not as it should be is told by the whole text.
        Problems problems;
        Report silent(problems);
        std::optional<Tree> tree = parse(runs.text(), text.size(), &runs, silent);
        if (tree && problems.empty() && runs.all_found()) return tree;
    }
    return parse_every_line(text, report);
}

}  // namespace kmsgate::policy::language

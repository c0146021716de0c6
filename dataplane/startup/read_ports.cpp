// SPDX-License-Identifier: BSD-3-Clause
// The sections `ports` and `edges`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/startup/reading.hpp"
#include "policy/language/names.hpp"

namespace kmsgate::startup {
namespace {

namespace language = policy::language;

constexpr std::array<std::string_view, 3> kPairKeys = {"inside", "outside", "vlan"};
constexpr int kNoVlan = -1;

}  // namespace

void Reading::read_ports(const Node& node) {
    const Fields entries = nodes_.entries(node, "`ports`");
    if (node.kind != Node::Kind::map) {
        ports_unknown_ = true;
        return;
    }
    if (entries.all.size() > kMostPorts) {
        error(entries.all[kMostPorts].key.mark, fmt::format("`ports` has {} ports", entries.all.size()),
              fmt::format("declare at most {}", kMostPorts));
        ports_unknown_ = true;
        return;
    }
    for (const language::Field& field : entries.all) {
        declared_.push_back({field.key});
        if (const std::string bad = language::name_fault(field.key.text); !bad.empty())
            error(field.key.mark, fmt::format("port {} {}", language::quote(field.key.text), bad),
                  "use 1 to 64 characters of A-Z a-z 0-9 . _ -");
        read_device(*field.value, field.key);
    }
}

void Reading::read_device(const Node& node, const Word& name) {
    std::optional<Word> word =
        nodes_.word(node, fmt::format("the device of port {}", language::quote(name.text)));
    if (!word) return;
    if (const std::optional<Fault> bad = device_fault(word->text)) {
        fault(*word, "device", *bad);
        return;
    }
    const std::size_t size = name_of_device(word->text).size();
    // The kernel and DPDK write PCI addresses in small letters; names of virtual devices are what they are.
    if (is_pci_address(name_of_device(word->text)))
        std::ranges::transform(word->text | std::views::take(size), word->text.begin(), sip::lower);
    const auto [earlier, fresh] = devices_.emplace(word->text.substr(0, size), word->mark);
    if (!fresh)
        error(word->mark, fmt::format("device {} belongs to another port", language::quote(earlier->first)),
              fmt::format("name another device here or at {}", language::place(earlier->second)));
    startup_.ports.push_back({name.text, std::move(word->text)});
}

void Reading::read_edges(const Node& node) {
    const Fields entries = nodes_.entries(node, "`edges`");
    if (node.kind != Node::Kind::map) {
        ends_unknown_ = true;
        return;
    }
    if (entries.all.empty()) {
        ends_unknown_ = true;
        error(node.mark, "`edges` names no edge",
              "add an edge of the policy and its ports, as in \"north: [{inside: a, outside: b}]\"");
    }
    for (const language::Field& field : entries.all) {
        if (const std::string bad = language::name_fault(field.key.text); !bad.empty())
            error(field.key.mark, fmt::format("edge {} {}", language::quote(field.key.text), bad),
                  "use 1 to 64 characters of A-Z a-z 0-9 . _ -, as in the policy");
        read_edge(*field.value, field.key);
    }
}

void Reading::read_edge(const Node& node, const Word& edge) {
    const std::string what = "edge " + language::quote(edge.text);
    const std::vector<const Node*> pairs = nodes_.list(node, what);
    if (pairs.empty()) {
        ends_unknown_ = true;
        if (node.kind == Node::Kind::sequence)
            error(node.mark, what + " has no ports", "write at least one pair: {inside: a, outside: b}");
    }
    for (const Node* const pair : pairs) {
        if (++pairs_ > kMostPairs) ends_unknown_ = true;
        if (pairs_ == kMostPairs + 1)
            error(pair->mark, fmt::format("more than {} pairs of ports", kMostPairs), "use fewer pairs");
        if (pairs_ <= kMostPairs) read_pair(*pair, edge.text);
    }
}

void Reading::read_pair(const Node& node, const std::string& edge) {
    const std::string what = "a pair of edge " + language::quote(edge);
    const Fields fields = nodes_.fields(node, what, kPairKeys);
    if (node.kind != Node::Kind::map) {
        ends_unknown_ = true;
        return;
    }
    Pair pair;
    pair.edge = edge;
    const Node* const inside = nodes_.need(fields, "inside", what);
    const Node* const outside = nodes_.need(fields, "outside", what);
    if (inside != nullptr) pair.inside = read_end(*inside, "`inside` of " + what);
    if (outside != nullptr) pair.outside = read_end(*outside, "`outside` of " + what);
    ends_unknown_ = ends_unknown_ || pair.inside.empty() || pair.outside.empty();
    const Node* const vlan = fields.find("vlan");
    std::optional<std::uint64_t> tag;
    if (vlan != nullptr) tag = nodes_.number(*vlan, "`vlan` of " + what, 1, 4094);
    if (pair.inside.empty() || pair.outside.empty()) return;
    if (pair.inside == pair.outside) {
        error(outside->mark,
              fmt::format("`outside` of {} is its `inside`, port {}", what, language::quote(pair.inside)),
              "name the two ports that the edge stands between");
        return;
    }
    if (vlan != nullptr && !tag) return;
    if (tag) pair.vlan = static_cast<std::uint16_t>(*tag);
    claim(pair, vlan != nullptr ? vlan->mark : node.mark);
    startup_.pairs.push_back(std::move(pair));
}

std::string Reading::read_end(const Node& node, const std::string& what) {
    std::optional<Word> word = nodes_.word(node, what);
    if (!word) return {};
    if (ports_unknown_) return std::move(word->text);
    const auto found = std::ranges::find(declared_, word->text,
                                         [](const Declared& d) -> const std::string& { return d.name.text; });
    if (found != declared_.end()) {
        found->used = true;
        return std::move(word->text);
    }
    std::vector<std::string_view> known;
    known.reserve(declared_.size());
    for (const Declared& one : declared_) known.push_back(one.name.text);
    error(word->mark, fmt::format("unknown port {} in {}", language::quote(word->text), what),
          language::one_of(word->text, known) + ", or declare it under `ports`");
    return {};
}

void Reading::claim(const Pair& pair, Mark mark) {
    const int vlan = pair.vlan ? *pair.vlan : kNoVlan;
    std::vector<std::string> taken;
    Mark earlier;
    for (const std::string& port : {pair.inside, pair.outside}) {
        const auto [other, fresh] = claims_.emplace(Claim{port, vlan}, mark);
        if (fresh) continue;
        taken.push_back(language::quote(port));
        earlier = other->second;
    }
    if (taken.empty()) return;
    const std::string ports =
        taken.size() == 1 ? "port " + taken[0] : fmt::format("ports {} and {}", taken[0], taken[1]);
    if (pair.vlan)
        error(mark, fmt::format("frames of VLAN {} on {} belong to another pair", *pair.vlan, ports),
              fmt::format("use another VLAN or other ports here or at {}", language::place(earlier)));
    else
        error(mark, fmt::format("frames on {} belong to another pair", ports),
              fmt::format("add a `vlan` or use other ports here or at {}", language::place(earlier)));
}

void Reading::report_unused() {
    if (ends_unknown_) return;
    for (const Declared& one : declared_)
        if (!one.used)
            error(one.name.mark,
                  fmt::format("port {} is not used by any edge", language::quote(one.name.text)),
                  "name it as `inside` or `outside` of a pair under `edges`, or remove it");
}

}  // namespace kmsgate::startup

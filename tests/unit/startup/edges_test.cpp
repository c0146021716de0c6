// SPDX-License-Identifier: BSD-3-Clause
// Which pair of ports, and which VLAN, belongs to which edge.
#include "tests/unit/startup/faults.hpp"

namespace kmsgate::startup {
namespace {

/// Four ports, and the lines below `edges:`.
std::string with_edges(std::string_view edges) {
    return "version: 1\nstate: /s\nports: {a: net_ring0, b: net_ring1, c: net_ring2, d: "
           "net_ring3}\nedges:\n" +
           std::string(edges);
}

/// The same with the ports a and b only.
std::string with_two(std::string_view edges) {
    return "version: 1\nstate: /s\nports: {a: net_ring0, b: net_ring1}\nedges:\n" + std::string(edges);
}

TEST(Edges, SeveralPairsForOneEdge) {
    const Startup got = sound(with_edges("  n:\n  - {inside: a, outside: b}\n  - {inside: d, outside: c}\n"));
    EXPECT_EQ(got.pairs, (std::vector<Pair>{{"n", "a", "b", {}}, {"n", "d", "c", {}}}));
}

TEST(Edges, VlansDivideTwoPorts) {
    const Startup got =
        sound(with_two("  n: [{inside: a, outside: b, vlan: 1}]\n  m: [{inside: b, outside: a, vlan: 4094}]\n"
                       "  o: [{inside: a, outside: b}]\n"));
    EXPECT_EQ(got.pairs,
              (std::vector<Pair>{{"n", "a", "b", 1}, {"m", "b", "a", 4094}, {"o", "a", "b", std::nullopt}}));
    const Startup same = sound(
        with_two("  n: [{inside: a, outside: b, vlan: 1}, {inside: a, outside: b}, {inside: a, outside: b, "
                 "vlan: 2}]\n"));
    EXPECT_EQ(same.pairs.size(), 3U);
    // one trunk toward two partners
    EXPECT_EQ(sound(with_edges("  n: [{inside: a, outside: b, vlan: 1}, {inside: a, outside: c, vlan: 2}]\n"
                               "  m: [{inside: d, outside: a, vlan: 3}]\n"))
                  .pairs.size(),
              3U);
}

TEST(Edges, AFrameBelongsToOnePair) {
    expect_faults(
        with_two("  n: [{inside: a, outside: b, vlan: 7}]\n  m: [{inside: a, outside: b, vlan: ^7}]\n"),
        {"frames of VLAN 7 on ports `a` and `b` belong to another pair; use another VLAN or other ports here "
         "or "
         "at line 5"});
    expect_faults(with_two("  n: [{inside: a, outside: b, vlan: 7}, {inside: b, outside: a, vlan: ^7}]\n"),
                  {"frames of VLAN 7"});
    expect_faults(with_two("  n: [{inside: a, outside: b}, ^{inside: a, outside: b}]\n"),
                  {"frames on ports `a` and `b` belong to another pair; add a `vlan`"});
    expect_faults(with_two("  n: [{inside: a, outside: b}]\n  m: [^{inside: b, outside: a}]\n"),
                  {"frames on ports `b` and `a`"});
    expect_faults(
        with_edges(
            "  n: [{inside: a, outside: b}, ^{inside: c, outside: b}, {inside: c, outside: d, vlan: 2}]\n"),
        {"frames on port `b` belong to another pair"});
    expect_faults(with_edges("  n: [{inside: a, outside: b, vlan: 5}, {inside: a, outside: c, vlan: ^5}, "
                             "{inside: c, outside: d}]\n"),
                  {"frames of VLAN 5 on port `a` belong to another pair"});
}

TEST(Edges, EndsAreDeclaredAndTwo) {
    expect_faults(with_two("  n: [{inside: a, outside: ^a}]\n  m: [{inside: a, outside: b}]\n"),
                  {"`outside` of a pair of edge `n` is its `inside`, port `a`"});
    expect_faults(with_two("  n: [{inside: a, outside: ^x}, {inside: a, outside: b}]\n"),
                  {"unknown port `x` in `outside` of a pair of edge `n`; write one of: a, b, or declare it "
                   "under `ports`"});
    expect_faults(with_two("  n: [{inside: ^x, outside: ^y}]\n"), {"unknown port `x`", "unknown port `y`"});
    expect_faults(with_two("  n: [{inside: ^A, outside: b}]\n"), {"unknown port `A`"});
    expect_faults(with_two("  n: [^{inside: a}, ^{outside: b}]\n"), {"has no `outside`", "has no `inside`"});
    expect_faults(with_two("  n: [{inside: ^[a], outside: b}]\n"),
                  {"`inside` of a pair of edge `n` is a list"});
}

TEST(Edges, UnusedPortsAreFaults) {
    expect_faults(
        "version: 1\nports: {a: net_ring0, ^spare: net_ring9, b: net_ring1, ^c: net_ring2}\n"
        "edges: {n: [{inside: a, outside: b}]}\nstate: /s\n",
        {"port `spare` is not used by any edge; name it as", "port `c` is not used"});
    // an edge that could not be read may have used them
    expect_faults(with_edges("  n: [{inside: a, outside: b}]\n  m: ^c\n"), {"edge `m` is `c`; write a list"});
    expect_faults(with_two("  n: [{inside: a, outside: ^a, vlan: ^0}, {inside: a, outside: b}]\n"),
                  {"is its `inside`", "`vlan`"});
    // nor is a port unused that a misspelt end may have meant
    expect_faults(with_two("  n: [{inside: a, outside: ^bb, vlan: ^0}]\n"), {"unknown port `bb`", "`vlan`"});
    expect_faults(with_two("  n: [^{inside: a}]\n"), {"has no `outside`"});
    // a faulty VLAN does not hide the ends
    expect_faults(with_two("  n: [{inside: a, outside: b, vlan: ^0}]\n"),
                  {"`vlan` of a pair of edge `n` cannot be `0`"});
}

TEST(Edges, Vlans) {
    for (const std::string_view bad : {"0", "4095", "65543", "-7", "07", "any", "untagged", "\"\"", "[7]"})
        expect_faults(with_two(fmt::format("  n: [{{inside: a, outside: b, vlan: ^{}}}]\n", bad)),
                      {"`vlan`"});
    expect_faults(with_two("  n:\n  - inside: a\n    outside: b\n    ^vlan:\n"),
                  {"`vlan` of a pair of edge `n` is nothing"});
    expect_faults(with_two("  n: [{inside: a, outside: b, ^vlna: 7}]\n"), {"unknown key `vlna`"});
    EXPECT_EQ(sound(with_two("  n: [{inside: a, outside: b, vlan: \"4094\"}]\n")).pairs[0].vlan, 4094);
}

TEST(Edges, Shapes) {
    expect_faults(with_two("  n: ^{inside: a, outside: b}\n"), {"edge `n` is a map; write a list"});
    expect_faults(with_two("  n: ^[]\n"), {"edge `n` has no ports; write at least one pair"});
    expect_faults(with_two("  ^n:\n"), {"edge `n` is nothing"});
    expect_faults(with_two("  n: [^a, ^b]\n"),
                  {"a pair of edge `n` is a text", "a pair of edge `n` is a text"});
    expect_faults(with_two("  ^\"n n\": [{inside: a, outside: b}]\n"), {"edge `n n` holds other characters"});
    expect_faults(with_two("  n: [{inside: a, outside: b}]\n  ^n: [{inside: a, outside: b}]\n"),
                  {"key `n` stands twice in `edges`"});
    expect_faults("version: 1\nports: {a: net_ring0, b: net_ring1}\nedges: ^{}\nstate: /s\n",
                  {"`edges` names no edge"});
    expect_faults("version: 1\nports: {a: net_ring0, b: net_ring1}\nedges: ^[n]\nstate: /s\n",
                  {"`edges` is a list"});
    expect_faults("version: 1\nports: {}\nedges: {n: [{inside: ^a, outside: ^b}]}\nstate: /s\n",
                  {"unknown port `a`", "unknown port `b`"});
}

TEST(Edges, EveryVlanOfTwoPortsAndNotOneMore) {
    std::string yaml =
        "version: 1\nstate: /s\nports: {a: net_ring0, b: net_ring1, c: net_ring2, d: net_ring3}\nedges:\n  "
        "n:\n";
    for (int vlan = 1; vlan <= 4094; ++vlan)
        yaml += fmt::format("  - {{inside: a, outside: b, vlan: {}}}\n", vlan);
    yaml += "  - {inside: a, outside: b}\n  - {inside: c, outside: d}\n";
    EXPECT_EQ(sound(yaml).pairs.size(), 4096U);
    expect_faults(yaml + "  - ^{inside: c, outside: d, vlan: 1}\n  - {inside: c, outside: d, vlan: 2}\n",
                  {"more than 4096 pairs of ports"});
}

}  // namespace
}  // namespace kmsgate::startup

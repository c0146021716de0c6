// SPDX-License-Identifier: BSD-3-Clause
// Files that are damaged, by accident or on purpose: a fault with its place and a remedy, or sound values;
// nothing in between.
#include <chrono>
#include <cstdlib>
#include <set>
#include <utility>

#include "tests/unit/startup/faults.hpp"

namespace kmsgate::startup {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at) + 1;
        out.push_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

bool says_something(const std::string& line) {
    const std::size_t first = line.find_first_not_of(' ');
    return line[first] != '\n' && line[first] != '#';
}

/// Every fault is "k.yaml:line:column: what; remedy", in one line, in file order.
void expect_form(const std::vector<std::string>& faults, std::size_t lines) {
    std::pair<unsigned long, unsigned long> last{0, 0};
    for (const std::string& fault : faults) {
        ASSERT_TRUE(fault.starts_with("k.yaml:")) << fault;
        char* rest = nullptr;
        const unsigned long line = std::strtoul(fault.c_str() + 7, &rest, 10);
        ASSERT_EQ(*rest, ':') << fault;
        const unsigned long column = std::strtoul(rest + 1, &rest, 10);
        ASSERT_TRUE(std::string_view(rest).starts_with(": ")) << fault;
        const std::string_view text(rest + 2);
        EXPECT_GE(line, 1U) << fault;
        EXPECT_LE(line, lines + 1) << fault;
        EXPECT_GE(column, 1U) << fault;
        EXPECT_LE(last, std::pair(line, column)) << fault;
        last = {line, column};
        const std::size_t remedy = text.find("; ");
        EXPECT_TRUE(remedy != 0 && remedy != std::string_view::npos && remedy + 2 < text.size()) << fault;
        for (const char c : fault) EXPECT_FALSE(c >= 0 && c < 0x20) << fault;
        EXPECT_EQ(fault.find("a policy "), std::string::npos) << fault;
        EXPECT_EQ(fault.find("smaller policy"), std::string::npos) << fault;
    }
}

TEST(Hostile, EveryTruncationOfTheExample) {
    const std::string whole = example();
    // Behind this the file may end: what must be there is there.
    const std::size_t enough = whole.find("/var/lib/kmsgate");
    ASSERT_NE(enough, std::string::npos);
    std::size_t accepted = 0;
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const std::string_view text = std::string_view(whole).substr(0, n);
        const auto read = read_startup(text, "k.yaml");
        if (read) {
            ++accepted;
            EXPECT_GT(n, enough) << n;
            EXPECT_EQ(read->pairs.size(), 4U) << n;
            EXPECT_FALSE(read->state.empty() || read->control_socket.empty() || read->table_socket.empty())
                << n;
            EXPECT_EQ(read->signing_key.empty(), read->signing_certificate.empty()) << n;
        } else {
            ASSERT_FALSE(read.error().empty()) << n;
            expect_form(read.error(), lines_of(whole).size());
        }
    }
    EXPECT_GT(accepted, 50U);
}

TEST(Hostile, EveryLineTwice) {
    const std::vector<std::string> lines = lines_of(example());
    ASSERT_GT(lines.size(), 30U);
    const Startup whole = sound(example());
    for (std::size_t twice = 0; twice < lines.size(); ++twice) {
        std::string text;
        for (std::size_t i = 0; i < lines.size(); ++i) text += i == twice ? lines[i] + lines[i] : lines[i];
        SCOPED_TRACE(lines[twice]);
        const auto read = read_startup(text, "k.yaml");
        EXPECT_EQ(read.has_value(), !says_something(lines[twice]));
        if (read)
            EXPECT_EQ(*read, whole);
        else
            expect_form(read.error(), lines.size() + 1);
    }
}

TEST(Hostile, EveryLineLeftOut) {
    const std::vector<std::string> lines = lines_of(example());
    const Startup whole = sound(example());
    // What may be left out: a default takes its place, a pair is gone, or its edge is the one above.
    const std::set<std::string> optional = {"workers",   "mtu",
                                            "user-tags", "transactions",
                                            "fragments", "sources",
                                            "control",   "table",
                                            "metrics",   "keys",
                                            "user",      "link",
                                            "memory",    "policy",
                                            "events",    "audit",
                                            "roles",     "streams",
                                            "segments",  "mc2-edge",
                                            "mc3-edge",  "- {inside: clients, outside: servers, vlan: 7}"};
    std::size_t left_out = 0;
    for (std::size_t without = 0; without < lines.size(); ++without) {
        std::string text;
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (i != without) text += lines[i];
        const std::string& line = lines[without];
        SCOPED_TRACE(line);
        const auto read = read_startup(text, "k.yaml");
        if (!read) {
            expect_form(read.error(), lines.size());
            EXPECT_TRUE(says_something(line));
        } else if (!says_something(line)) {
            EXPECT_EQ(*read, whole);
        } else {
            EXPECT_NE(*read, whole);
        }
        const std::string words = line.substr(line.find_first_not_of(' '));
        const std::size_t end = words.starts_with('-') ? words.find('\n') : words.find(':');
        const bool may_go = optional.contains(words.substr(0, end)) && line != "control:\n";  // of `sockets`
        left_out += may_go ? 1U : 0U;
        EXPECT_EQ(read.has_value(), may_go || !says_something(line));
    }
    EXPECT_EQ(left_out, optional.size() + 1) << "`streams` stands alone and in `sizes`";
}

TEST(Hostile, EveryByteReplaced) {
    const std::string whole = example();
    for (const char odd : {'\0', '\t', '"', ':', '{', '\xFF'})
        for (std::size_t i = 0; i < whole.size(); i += 3) {
            std::string text = whole;
            text[i] = odd;
            expect_form(faults_of(text), lines_of(whole).size());
        }
}

TEST(Hostile, NoConfigurationAtAll) {
    using namespace std::string_literals;
    expect_faults("^", {"the file holds nothing; a configuration begins with `version: 1`"});
    expect_faults("^# only a comment\n", {"holds nothing"});
    expect_faults("^just text\n", {"the configuration is a text; write a map with the keys version, ports"});
    expect_faults("^- a\n- b\n", {"the configuration is a list"});
    expect_faults("version: 1^\0\n"s, {"U+0000"});
    expect_faults("version: 1 # ^\xFF\n", {"is not UTF-8"});
    expect_faults(least_and("^---\nversion: 1\n"), {"a second YAML document"});
    expect_faults(least_and("mtu: ^!!int 1500\n"), {"a YAML tag"});
    expect_faults(least_and("^<<: {mtu: 1500}\n"), {"merge keys are not known here"});
}

TEST(Hostile, BoundsOfTheFile) {
    expect_faults("^" + std::string((std::size_t{1} << 20) + 1, '#'),
                  {"the file has 1048577 bytes; a configuration has at most 1048576 bytes"});
    const std::string filled = least_and("#" + std::string((std::size_t{1} << 20) - kLeast.size() - 1, 'x'));
    EXPECT_EQ(filled.size(), std::size_t{1} << 20);
    EXPECT_EQ(sound(filled), sound(kLeast));
    const std::vector<std::string> deep = faults_of("a: " + std::string(100000, '['));
    ASSERT_EQ(deep.size(), 1U);
    EXPECT_NE(deep[0].find("nested deeper than 16"), std::string::npos);
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i)
        bomb +=
            fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
    const std::vector<std::string> many = faults_of(bomb);
    ASSERT_EQ(many.size(), 1U);
    EXPECT_NE(many[0].find("that aliases stand for counted"), std::string::npos);
    EXPECT_NE(many[0].find("or a smaller configuration"), std::string::npos) << many[0];
    const std::vector<std::string> text = faults_of(least_and("user: " + std::string(5000, 'u') + "\n"));
    ASSERT_FALSE(text.empty());
    for (const std::string& fault : text) EXPECT_LT(fault.size(), 400U);
}

TEST(Hostile, ManyNamesAreNoTrouble) {
    const auto start = std::chrono::steady_clock::now();
    std::string ports = "version: 1\nstate: /s\nports:\n";
    for (int i = 0; i < 30000; ++i) ports += fmt::format("  p{}: net_x{}\n", i, i);
    std::string pairs = "edges:\n  n:\n";
    for (int i = 0; i < 10000; ++i) pairs += fmt::format("  - {{inside: q{}, outside: r{}}}\n", i, i);
    EXPECT_EQ(faults_of(ports + pairs).size(), 2U) << "too many ports, too many pairs";
    EXPECT_EQ(faults_of("version: 1\nstate: /s\nports: {a: net_ring0}\n" + pairs).size(), 8193U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Hostile, AliasesStandForWhatTheyName) {
    const Startup got = sound(
        "version: &one 1\nports: {a: net_ring0, b: net_ring1}\n"
        "edges: {n: [{inside: &in a, outside: &out b, vlan: 7}], m: [{inside: *in, outside: *out}]}\n"
        "state: /s\nworkers: *one\n");
    EXPECT_EQ(got.workers, 1U);
    EXPECT_EQ(got.pairs[1], (Pair{"m", "a", "b", std::nullopt}));
    const std::vector<std::string> same = faults_of(
        "version: 1\nports: {a: net_ring0, b: net_ring1}\nedges: {n: &n [{inside: a, outside: b}], m: "
        "*n}\nstate: /s\n");
    ASSERT_EQ(same.size(), 1U) << listing(same);
    EXPECT_NE(same[0].find("belong to another pair"), std::string::npos);
}

}  // namespace
}  // namespace kmsgate::startup

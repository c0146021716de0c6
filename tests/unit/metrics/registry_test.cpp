// SPDX-License-Identifier: BSD-3-Clause
// The one registry: names that Prometheus takes, words that the packet path uses, a README that shows them.
#include "dataplane/watch/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "policy/decide/decide.hpp"
#include "policy/table/cause.hpp"

namespace kmsgate::watch {
namespace {

TEST(Registry, names_and_labels_are_prometheus_and_unique) {
    const std::regex name("kmsgate_[a-z][a-z0-9_]*");
    const std::regex label("[a-z][a-z0-9_]*");
    std::set<std::string> names;
    std::set<std::pair<Place, std::string>> keys;
    for (const Metric& m : metrics()) {
        EXPECT_TRUE(std::regex_match(m.name, name)) << m.name;
        EXPECT_TRUE(names.insert(m.name).second) << m.name;
        EXPECT_TRUE(keys.insert({m.place, m.key}).second) << m.name << " " << m.key;
        EXPECT_EQ(m.kind == Kind::counter, m.name.ends_with("_total")) << m.name;
        EXPECT_FALSE(m.help.empty()) << m.name;
        EXPECT_EQ(m.help.find_first_of("\n|"), std::string::npos) << m.name;
        for (const std::string& l : m.labels) EXPECT_TRUE(std::regex_match(l, label)) << l;
        EXPECT_TRUE(m.scale == 1.0 || m.name.ends_with("_seconds")) << m.name;
    }
    EXPECT_GT(names.size(), 40U);
}

TEST(Registry, words_are_those_of_the_packet_path) {
    const auto has = [](std::span<const Word> words, std::string_view text) {
        return std::ranges::count(words, text, &Word::text) == 1;
    };
    ASSERT_EQ(verdicts().size(), static_cast<std::size_t>(policy::decide::Verdict::count_));
    for (std::size_t i = 0; i < verdicts().size(); ++i)
        EXPECT_EQ(verdicts()[i].text, policy::decide::to_string(static_cast<policy::decide::Verdict>(i)));
    ASSERT_EQ(causes().size(), policy::kCauses);
    for (std::size_t i = 0; i < causes().size(); ++i)
        EXPECT_EQ(causes()[i].text, policy::to_string(static_cast<policy::Cause>(i)));
    for (const char* outcome : {"passed", "forward", "redirect", "drop", "ip-malformed", "capture-end"})
        EXPECT_TRUE(has(outcomes(), outcome)) << outcome;
    for (const char* reason : {"allowed", "no-mikey", "initiator-kms-not-allowed", "own-answer"})
        EXPECT_TRUE(has(reasons(), reason)) << reason;
    EXPECT_FALSE(has(reasons(), "cause"));
    for (const char* reason : {"ip-malformed", "fragment-timeout", "inspect-budget", "no-table"})
        EXPECT_TRUE(has(drop_reasons(), reason)) << reason;
    for (const char* none : {"drop", "passed", "redirect", "capture-end"})
        EXPECT_FALSE(has(drop_reasons(), none)) << none;
}

TEST(Registry, the_readme_shows_it) {
    std::ifstream file(METRICS_README);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find(metrics_table()), std::string::npos)
        << "the table of control/metrics/README.md is not that of the registry; write:\n"
        << metrics_table();
}

}  // namespace
}  // namespace kmsgate::watch

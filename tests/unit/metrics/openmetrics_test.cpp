// SPDX-License-Identifier: BSD-3-Clause
// OpenMetrics text, read strictly by its specification (1.0.0): families in one piece, no family under
// another's names, samples of the right names, one end.
#include "control/metrics/openmetrics.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "control/metrics/families.hpp"
#include "dataplane/watch/registry.hpp"

namespace kmsgate::control::metrics {
namespace {

using nlohmann::json;

struct Reading {
    std::map<std::string, std::string> types, helps;
    std::map<std::string, double> series;
    std::vector<std::string> faults;

    explicit Reading(const std::string& text) {
        static const std::regex kSample(
            R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")"
            R"((,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*\})? (-?[0-9.e+-]+))");
        static const std::regex kHead(R"(# (TYPE|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*))");
        if (!text.ends_with("\n# EOF\n") && text != "# EOF\n") faults.push_back("no end");
        std::istringstream lines(text.substr(0, text.size() - std::string("# EOF\n").size()));
        std::string family;
        for (std::string line; std::getline(lines, line);) {
            std::smatch m;
            if (std::regex_match(line, m, kHead)) {
                auto& to = m[1] == "TYPE" ? types : helps;
                if (!to.emplace(m[2], m[3]).second) faults.push_back("twice: " + line);
                if (m[1] == "TYPE") family = m[2];
                if (family != m[2]) faults.push_back("in between: " + line);
            } else if (std::regex_match(line, m, kSample)) {
                const bool counter = types[family] == "counter";
                if (m[1] != family + (counter ? "_total" : ""))
                    faults.push_back("of another family: " + line);
                const double value = std::stod(m[6]);
                if (!series.emplace(m[1].str() + m[2].str(), value).second)
                    faults.push_back("twice: " + line);
                if (counter && value < 0) faults.push_back("below zero: " + line);
            } else {
                faults.push_back("nothing: " + line);
            }
        }
        for (const auto& [name, type] : types)
            for (const char* const suffix : {"_total", "_created"})
                if (type == "counter" && types.contains(name + suffix)) faults.push_back("clash of " + name);
    }
};

prometheus::MetricFamily family(std::string name, prometheus::MetricType type, double value) {
    prometheus::MetricFamily out{std::move(name), "says \"what\"\\\nit is", type, {}};
    prometheus::ClientMetric one;
    one.label = {{"edge", "a\"b\\c\nd"}, {"side", "caf\u00e9"}};
    one.counter.value = one.gauge.value = value;
    out.metric = {one};
    return out;
}

TEST(OpenMetrics, words) {
    EXPECT_EQ(openmetrics({}), "# EOF\n");
    EXPECT_EQ(openmetrics({family("x_total", prometheus::MetricType::Counter, 9007199254740991.0),
                           family("y_seconds", prometheus::MetricType::Gauge, 2.5e-9)}),
              "# TYPE x counter\n"
              "# HELP x says \\\"what\\\"\\\\\\nit is\n"
              "x_total{edge=\"a\\\"b\\\\c\\nd\",side=\"caf\u00e9\"} 9007199254740991\n"
              "# TYPE y_seconds gauge\n"
              "# HELP y_seconds says \\\"what\\\"\\\\\\nit is\n"
              "y_seconds{edge=\"a\\\"b\\\\c\\nd\",side=\"caf\u00e9\"} 2.5e-09\n"
              "# EOF\n");
}

TEST(OpenMetrics, every_metric_of_the_registry) {
    std::vector<prometheus::MetricFamily> all;
    for (const watch::Metric& m : watch::metrics())
        all.push_back(family(
            m.name,
            m.kind == watch::Kind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
            7));
    const Reading reading(openmetrics(all));
    EXPECT_EQ(reading.faults, std::vector<std::string>{});
    EXPECT_EQ(reading.series.size(), watch::metrics().size());
    for (const watch::Metric& m : watch::metrics())
        EXPECT_EQ(reading.series.count(m.name + "{edge=\"a\\\"b\\\\c\\nd\",side=\"caf\u00e9\"}"), 1U)
            << m.name << ": the same sample in both formats";
}

TEST(OpenMetrics, of_a_snapshot) {
    Snapshot snapshot;
    snapshot.rules = std::make_shared<json>(
        json{{"rules",
              {{{"edge", "e"}, {"side", "receiver"}, {"rule", "r"}, {"hit", 1}, {"would", 2}},
               {{"edge", "e"}, {"side", "receiver"}, {"rule", "s"}, {"hit", 3}, {"would", 0}}}}});
    const Reading reading(openmetrics(families(snapshot)));
    EXPECT_EQ(reading.faults, std::vector<std::string>{});
    EXPECT_EQ(reading.series.at(R"(kmsgate_rule_hits_total{edge="e",side="receiver",rule="s"})"), 3);
    EXPECT_EQ(reading.types.at("kmsgate_rule_hits"), "counter");
}

TEST(OpenMetrics, who_wants_it) {
    for (const char* const yes :
         {"application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8",
          "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
          "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
          "text/plain;q=0.5 , Application/OpenMetrics-Text ; Q=0.75"})
        EXPECT_TRUE(wants_openmetrics(yes)) << yes;
    for (const char* const no :
         {"", "*/*", "text/plain", "text/html,application/xhtml+xml,*/*;q=0.8",
          "application/openmetrics-text;q=0", "application/openmetrics-text;q=0.000,*/*",
          "application/openmetrics-text;q=0.2,text/plain;q=0.3", "application/openmetrics-text;version=2.0.0",
          "application/openmetrics-textual", ",;,=;q", ";;q=1"})
        EXPECT_FALSE(wants_openmetrics(no)) << no;
}

}  // namespace
}  // namespace kmsgate::control::metrics

// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/lab/lab_kit.hpp"
#include "tools/lab/draw.hpp"

namespace kmsgate::lab::testing {
namespace {

using Json = nlohmann::json;

std::set<std::string> keys(const Json& object) {
    std::set<std::string> out;
    for (const auto& [key, value] : object.items()) out.insert(key);
    return out;
}
using Keys = std::set<std::string>;

bool is_list(const Json& list) {
    return list == "ANY" ||
           (list.is_array() && std::ranges::all_of(list, [](const Json& e) { return e.is_string(); }));
}

/// Every field there and of its type, nothing else there.
void expect_schema(const std::string& line) {
    EXPECT_EQ(count(line, "\n"), 0U);
    const Json j = Json::parse(line);
    EXPECT_EQ(keys(j), (Keys{"scenario", "title", "file", "variant", "transport", "passed", "outcome", "kms",
                             "actors", "steps", "counts", "faults"}));
    for (const char* key : {"scenario", "title", "file", "variant", "transport"})
        EXPECT_TRUE(j[key].is_string()) << key;
    EXPECT_TRUE(j["passed"].is_boolean());
    EXPECT_EQ(j["passed"], j["faults"].empty());
    EXPECT_EQ(keys(j["outcome"]), (Keys{"accepted", "pair", "failure"}));
    EXPECT_EQ(j["outcome"]["pair"].is_object(), j["outcome"]["accepted"] == true);
    EXPECT_EQ(j["outcome"]["failure"].is_string(), j["outcome"]["accepted"] == false);
    EXPECT_TRUE(j["kms"].is_object());
    EXPECT_EQ(keys(j["counts"]), (Keys{"messages", "created", "rewritten"}));
    for (const Json& step : j["steps"]) {
        const std::string kind = step["kind"];
        EXPECT_TRUE(step["time"].is_number());
        EXPECT_LT(step["from"].get<std::size_t>(), j["actors"].size());
        Keys wanted = {"kind", "time", "from"};
        if (kind == "mikey" || kind == "krr" || kind == "answer") wanted.insert("to");
        if (kind == "mikey" || kind == "accepted") wanted.insert("pair");
        if (kind == "krr") wanted.insert({"created", "rewritten", "initiator", "receiver", "krr"});
        if (kind == "answer" || kind == "note" || kind == "failed" || kind == "reset") wanted.insert("text");
        if (kind == "reset") wanted.insert("answered");
        EXPECT_EQ(keys(step), wanted) << kind;
        if (wanted.contains("pair")) {
            EXPECT_EQ(keys(step["pair"]), (Keys{"idrkmsi", "idrkmsr"}));
        }
        if (kind == "krr") {
            EXPECT_TRUE(is_list(step["initiator"]) && is_list(step["receiver"])) << step;
        }
    }
}

TEST(ToJson, EveryScenario) {
    const auto files = find_scenarios({"all"}, kShipped);
    ASSERT_TRUE(files);
    for (const std::string& file : *files) {
        const Scenario s = read_good(read_file(file), file);
        Result r = play(s);
        expect_schema(to_json(s, r));
        r.faults = {"x"};
        Step step;
        for (const Step::Kind kind :
             {Step::Kind::note, Step::Kind::answer, Step::Kind::failed, Step::Kind::reset}) {
            step.kind = kind;
            r.steps.push_back(step);
        }
        expect_schema(to_json(s, r));
    }
}

TEST(ToJson, Values) {
    const Scenario s = shipped("x10");
    const Json j = Json::parse(to_json(s, play(s)));
    EXPECT_EQ(j["scenario"], "X.10");
    EXPECT_EQ(j["variant"], "clear");
    EXPECT_EQ(j["outcome"]["pair"], (Json{{"idrkmsi", "kms.c.example"}, {"idrkmsr", "kms.z.example"}}));
    EXPECT_EQ(j["kms"]["Z"], "kms.z.example");
    EXPECT_EQ(j["counts"], (Json{{"messages", 4}, {"created", 3}, {"rewritten", 5}}));
    EXPECT_EQ(j["actors"][4], "Domain 4 CS Proxy");
    EXPECT_EQ(j["steps"][1]["initiator"], (Json{"kms.b.example", "kms.c.example"}));
    EXPECT_EQ(j["steps"][1]["receiver"], "ANY");
    EXPECT_EQ(j["steps"][1]["krr"], "<KmsRedirectResponse/>");
}

TEST(ToJson, AnyBytes) {
    const Scenario s = shipped("x01");
    Result r = play(s);
    r.failure = r.actors[0] = "\xFF\x01\"\n";
    r.steps[1].krr = std::string("\0\xC3", 2);
    r.steps[1].lists.initiator = std::vector<std::string>{};
    const std::string line = to_json(s, r);
    expect_schema(line);
    EXPECT_EQ(Json::parse(line)["steps"][1]["initiator"], Json::array());
}

}  // namespace
}  // namespace kmsgate::lab::testing

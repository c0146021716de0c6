// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>

#include "tests/unit/lab/lab_kit.hpp"

namespace kmsgate::lab::testing {
namespace {

std::string path(const std::string& stem) {
    return kShipped + "/" + stem + ".yaml";
}

std::vector<std::string> found(const std::vector<std::string>& asked) {
    const auto files = find_scenarios(asked, kShipped);
    EXPECT_TRUE(files) << (files ? "" : files.error());
    return files.value_or(std::vector<std::string>());
}

TEST(FindScenarios, AllAreTheUseCasesInOrder) {
    const std::vector<std::string> all = {path("x01"),           path("x02"),
                                          path("x03"),           path("x04"),
                                          path("x04-note-no-s"), path("x04-note-refused"),
                                          path("x05"),           path("x06"),
                                          path("x06-note"),      path("x07"),
                                          path("x08"),           path("x09"),
                                          path("x10"),           path("x11")};
    EXPECT_EQ(found({"all"}), all);
    EXPECT_EQ(found({"ALL"}), all);
}

TEST(FindScenarios, NamesInAnyForm) {
    for (const char* name : {"x10", "X10", "x.10", "X.10"})
        EXPECT_EQ(found({name}), std::vector{path("x10")});
    for (const char* name : {"x1", "X.1", "x01", "X.01"}) EXPECT_EQ(found({name}), std::vector{path("x01")});
    EXPECT_EQ(found({"X.4-Note-no-S"}), std::vector{path("x04-note-no-s")});
    EXPECT_EQ(found({"x2", "x1", "X.2", "x02"}), (std::vector{path("x02"), path("x01")}));
    EXPECT_EQ(found({"x11", "all"}).size(), found({"all"}).size());
}

TEST(FindScenarios, EveryShippedNameFindsItsFile) {
    for (const std::string& file : found({"all"}))
        EXPECT_EQ(found({read_good(read_file(file), file).name}), std::vector{file});
}

TEST(FindScenarios, Paths) {
    EXPECT_EQ(found({path("x05")}), std::vector{path("x05")});
    // The folder is needed for names only.
    const auto files = find_scenarios({path("x05")}, "/nowhere");
    ASSERT_TRUE(files);
    EXPECT_EQ(*files, std::vector{path("x05")});
}

TEST(FindScenarios, Errors) {
    const auto error = [](const std::vector<std::string>& asked, const std::string& folder = kShipped) {
        const auto files = find_scenarios(asked, folder);
        return files ? "found" : files.error();
    };
    EXPECT_TRUE(contains(error({"x12"}), "unknown scenario `x12`; is it `x")) << error({"x12"});
    EXPECT_TRUE(contains(error({"nonsense"}), "or one of: all, x01, x02")) << error({"nonsense"});
    EXPECT_TRUE(contains(error({"x05.policy"}), "unknown scenario"));
    EXPECT_TRUE(contains(error({"\x1b[31m"}), "`\\x1B[31m`"));
    EXPECT_TRUE(contains(error({"missing.yaml"}), "there is no such file"));
    EXPECT_TRUE(contains(error({kShipped + "/"}), "is no file"));
    EXPECT_TRUE(contains(error({}), "no scenario is named"));
    EXPECT_TRUE(contains(error({"x1"}, "/nowhere"), "/nowhere"));
    EXPECT_TRUE(contains(error({"all"}, "/nowhere"), "/nowhere"));
}

}  // namespace
}  // namespace kmsgate::lab::testing

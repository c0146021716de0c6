// SPDX-License-Identifier: BSD-3-Clause
// policy compile: needs no daemon, writes a table that opens, or nothing.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "policy/table/table.hpp"
#include "tests/unit/cli/fake_daemon.hpp"

namespace kmsgate::control::cli::test {
namespace {

const std::string kPolicy =
    "version: 1\nkms: {A: kms.a.example}\ndomains:\n  mc1: {users: [\"sip:*@mc1.example\"], home: A}\n"
    "edges:\n  e: {domain: mc1, proxy: cs, rules: [{name: r, side: initiator, allow: [A]}]}\n";

TEST(PolicyCompile, WritesATableThatOpens) {
    FakeDaemon daemon(json::object());
    const std::string file = write_file(daemon.folder(), "p.yaml", kPolicy);
    const std::string table = daemon.folder() + "/p.table";
    const Ran ran = run_words({"policy", "compile", file, table}, "/nowhere/control.sock");
    ASSERT_EQ(ran.code, 0) << ran.err;
    std::ifstream in(table, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    std::vector<std::byte> blob(bytes.size());
    std::memcpy(blob.data(), bytes.data(), bytes.size());
    const auto opened = policy::table::Table::open(blob);
    ASSERT_TRUE(opened) << opened.error().what;
    EXPECT_TRUE(opened->find_edge("e"));
    EXPECT_NE(ran.out.find(opened->digest()), std::string::npos);
    EXPECT_TRUE(daemon.calls().empty());
}

TEST(PolicyCompile, AFaultyPolicyLeavesTheOldTable) {
    FakeDaemon daemon(json::object());
    const std::string file = write_file(daemon.folder(), "p.yaml", kPolicy + "  f: {domain: mc9}\n");
    const std::string table = write_file(daemon.folder(), "p.table", "old");
    const Ran ran = run_words({"policy", "compile", file, table}, daemon.path());
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("p.yaml:7:"), std::string::npos) << ran.err;
    EXPECT_EQ(std::filesystem::file_size(table), 3U);
}

TEST(PolicyCompile, WhatCannotBeWrittenIsSaid) {
    FakeDaemon daemon(json::object());
    const std::string file = write_file(daemon.folder(), "p.yaml", kPolicy);
    const Ran ran = run_words({"policy", "compile", file, daemon.folder() + "/no/p.table"}, daemon.path());
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("No such file"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace kmsgate::control::cli::test

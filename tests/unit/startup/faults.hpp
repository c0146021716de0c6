// SPDX-License-Identifier: BSD-3-Clause
// Configurations with marked faults: "^" before a fault says where it must be told, the n-th text what must
// be said.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/startup/startup.hpp"

namespace kmsgate::startup {

/// Two ports, one edge, a state folder: the least that is sound.
inline constexpr std::string_view kLeast =
    "version: 1\n"
    "ports: {a: net_ring0, b: net_ring1}\n"
    "edges: {north: [{inside: a, outside: b}]}\n"
    "state: /state\n";

inline std::string least_and(std::string_view more) {
    return std::string(kLeast) + std::string(more);
}

inline std::vector<std::string> faults_of(std::string_view yaml, const std::string& file = "k.yaml") {
    const auto read = read_startup(yaml, file);
    return read ? std::vector<std::string>{} : read.error();
}

inline std::string listing(const std::vector<std::string>& faults) {
    std::string out;
    for (const std::string& fault : faults) out += fault + "\n";
    return out;
}

/// The values of a sound configuration; a test that has none fails.
inline Startup sound(std::string_view yaml, const std::string& file = "k.yaml") {
    auto read = read_startup(yaml, file);
    if (read) return *std::move(read);
    ADD_FAILURE() << yaml << "\n" << listing(read.error());
    return {};
}

/// All faults, in order, each at its mark, with its text and a remedy.
inline void expect_faults(std::string_view marked, const std::vector<std::string_view>& texts) {
    SCOPED_TRACE(marked);
    std::string text;
    std::vector<std::string> places;
    int line = 1;
    int column = 1;
    for (const char c : marked) {
        if (c == '^') {
            places.push_back(fmt::format("k.yaml:{}:{}: ", line, column));
            continue;
        }
        text += c;
        column = c == '\n' ? 1 : column + 1;
        line += c == '\n' ? 1 : 0;
    }
    ASSERT_EQ(places.size(), texts.size()) << "marks and texts of the test differ";
    const std::vector<std::string> faults = faults_of(text);
    ASSERT_EQ(faults.size(), texts.size()) << listing(faults);
    for (std::size_t i = 0; i < faults.size(); ++i) {
        EXPECT_TRUE(faults[i].starts_with(places[i])) << faults[i] << "\nshould be at " << places[i];
        EXPECT_NE(faults[i].find(texts[i]), std::string::npos) << faults[i] << "\nshould say: " << texts[i];
        const std::size_t remedy = faults[i].find("; ");
        EXPECT_TRUE(remedy != std::string::npos && remedy + 2 < faults[i].size()) << faults[i];
    }
}

inline std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string example() {
    return file_text(KMSGATE_STARTUP "/examples/kmsgate.yaml");
}

}  // namespace kmsgate::startup

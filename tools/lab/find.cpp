// SPDX-License-Identifier: BSD-3-Clause
// From what the user typed to scenario files.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "dataplane/sip/ascii.hpp"
#include "policy/language/problem.hpp"
#include "tools/lab/scenario.hpp"

namespace kmsgate::lab {
namespace {

namespace fs = std::filesystem;
namespace language = policy::language;

constexpr std::string_view kEnding = ".yaml";
constexpr std::string_view kPolicyEnding = ".policy.yaml";

/// One spelling: lower case, no dots, numbers without leading zeros (X.04-Note is x4-note).
std::string key_of(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool inside_number = !out.empty() && sip::is_digit(out.back());
        const bool digit_follows = i + 1 < name.size() && sip::is_digit(name[i + 1]);
        if (name[i] == '.' || (name[i] == '0' && !inside_number && digit_follows)) continue;
        out += sip::lower(name[i]);
    }
    return out;
}

struct Shipped {
    std::string stem;
    std::string path;
};

std::expected<std::vector<Shipped>, std::string> list_folder(const std::string& folder) {
    std::vector<Shipped> out;
    std::error_code fault;
    for (fs::directory_iterator it(folder, fault), end; !fault && it != end; it.increment(fault)) {
        const std::string name = it->path().filename().string();
        if (!name.ends_with(kEnding) || name.ends_with(kPolicyEnding)) continue;
        out.push_back({name.substr(0, name.size() - kEnding.size()), it->path().string()});
    }
    if (fault) return std::unexpected(fmt::format("{}: {}", folder, fault.message()));
    std::ranges::sort(out, {}, &Shipped::stem);
    return out;
}

std::string unknown(const std::string& asked, const std::vector<Shipped>& shipped) {
    std::vector<std::string_view> known = {"all"};
    for (const Shipped& one : shipped) known.push_back(one.stem);
    std::string names;
    for (const std::string_view name : known) {
        if (!names.empty()) names += ", ";
        names += name;
    }
    const std::string_view near = language::nearest(asked, known);
    return fmt::format("unknown scenario {}; {}write the path of a scenario file, or one of: {}",
                       language::quote(asked),
                       near.empty() ? "" : fmt::format("is it {}? ", language::quote(near)), names);
}

}  // namespace

std::expected<std::vector<std::string>, std::string> find_scenarios(const std::vector<std::string>& asked,
                                                                    const std::string& shipped_folder) {
    std::vector<std::string> out;
    const auto take = [&](const std::string& path) {
        if (std::ranges::find(out, path) == out.end()) out.push_back(path);
    };
    // The folder is needed for names only: paths work without it.
    const auto shipped = list_folder(shipped_folder);
    for (const std::string& word : asked) {
        std::error_code fault;
        if (word.find('/') != std::string::npos || word.ends_with(kEnding)) {
            if (!fs::exists(word, fault)) return std::unexpected(word + ": there is no such file");
            if (!fs::is_regular_file(word, fault)) return std::unexpected(word + " is no file");
            take(word);
            continue;
        }
        if (!shipped) return std::unexpected(shipped.error());
        const bool all = sip::iequal(word, "all");
        bool found = false;
        for (const Shipped& one : *shipped)
            if (all || key_of(one.stem) == key_of(word)) {
                take(one.path);
                found = true;
            }
        if (!found) return std::unexpected(unknown(word, *shipped));
    }
    if (out.empty()) return std::unexpected("no scenario is named; write names, paths of files, or all");
    return out;
}

}  // namespace kmsgate::lab

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/table_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include "dataplane/publish/last_table.hpp"
#include "policy/table/format.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::box {
namespace {

bool looks_sealed(const std::vector<std::byte>& blob) {
    return blob.size() >= policy::table::kMagic.size() &&
           std::memcmp(blob.data(), policy::table::kMagic.data(), policy::table::kMagic.size()) == 0;
}

}  // namespace

std::vector<std::string> edges_of(const startup::Startup& startup) {
    std::vector<std::string> edges;
    for (const startup::Pair& pair : startup.pairs)
        if (std::ranges::find(edges, pair.edge) == edges.end()) edges.push_back(pair.edge);
    return edges;
}

std::expected<std::vector<std::byte>, Failure> read_table(const std::string& file) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
        return std::unexpected(Failure{kInput, file + ": is a folder; name a sealed table"});
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return std::unexpected(
            Failure{kInput, fmt::format("{}: cannot be read: {}", file, std::strerror(errno))});
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    if (in.bad()) return std::unexpected(Failure{kInput, file + ": cannot be read to its end"});
    const auto whole = std::as_bytes(std::span(bytes));
    std::vector<std::byte> blob(whole.begin(), whole.end());
    if (!looks_sealed(blob))
        return std::unexpected(Failure{
            kRefused,
            fmt::format("{}: is no sealed table; make one of a policy with `kmsgatectl policy compile "
                        "POLICY.yaml TABLE`",
                        file)});
    return blob;
}

std::expected<FirstTable, Failure> first_table(const std::string& file, const startup::Startup& startup) {
    const std::string last_path = startup.state + "/last.table";
    std::error_code error;
    const bool there = std::filesystem::exists(last_path, error);
    auto last = publish::kept_table(startup.state);
    if (file.empty()) {
        FirstTable table;
        if (!there) return table;
        const auto examined = last ? examine(last->second, last_path, startup)
                                   : std::unexpected(Failure{kInput, last_path + ": " + last.error()});
        if (!examined) {
            table.remark = examined.error().text;
            return table;
        }
        return FirstTable{last->first, std::move(last->second), last_path, true, {}};
    }
    auto blob = read_table(file);
    if (!blob) return std::unexpected(blob.error());
    if (auto examined = examine(*blob, file, startup); !examined) return std::unexpected(examined.error());
    std::uint64_t generation = 1;
    const bool same = last && last->second == *blob;
    if (last) generation = same ? last->first : last->first + 1;
    return FirstTable{generation, std::move(*blob), file, same, {}};
}

std::expected<std::string, Failure> examine(const std::vector<std::byte>& blob, const std::string& from,
                                            const startup::Startup& startup) {
    const auto table = policy::table::Table::open(blob);
    if (!table)
        return std::unexpected(
            Failure{kRefused, fmt::format("{}: does not verify: {}", from, table.error().what)});
    std::string missing;
    for (const std::string& edge : edges_of(startup))
        if (!table->find_edge(edge)) missing += (missing.empty() ? "" : ", ") + edge;
    if (!missing.empty())
        return std::unexpected(Failure{
            kRefused, fmt::format("{}: has no edge {}, which the start-up file serves; add it to the policy, "
                                  "or take it out of the start-up file",
                                  from, missing)});
    return fmt::format("{}, {} edges", table->digest(), table->edges().size());
}

}  // namespace kmsgate::box

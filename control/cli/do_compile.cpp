// SPDX-License-Identifier: BSD-3-Clause
// policy compile: a sealed table without a daemon, for `kmsgate-dataplane --table`.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "control/cli/commands.hpp"
#include "policy/compile/compile.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxPolicy = std::size_t{256} << 20;

struct Closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};

json as_json(const policy::language::Problem& p, const std::string& file) {
    return {{"file", file},
            {"line", static_cast<std::uint64_t>(p.mark.line)},
            {"column", static_cast<std::uint64_t>(p.mark.column)},
            {"severity", p.warning ? "warning" : "error"},
            {"what", p.what},
            {"remedy", p.remedy}};
}

/// Writes beside the file and renames: a table is whole or as it was. The error says what is wrong.
std::string write_table(const std::string& path, const std::vector<std::byte>& blob) {
    const std::string beside = fmt::format("{}.{}", path, getpid());
    const std::unique_ptr<std::FILE, Closer> out(std::fopen(beside.c_str(), "wbe"));
    const bool written = out && std::fwrite(blob.data(), 1, blob.size(), out.get()) == blob.size() &&
                         std::fflush(out.get()) == 0 && fsync(fileno(out.get())) == 0 &&
                         std::rename(beside.c_str(), path.c_str()) == 0;
    if (written) return {};
    const int why = errno;
    if (out) std::remove(beside.c_str());
    return fmt::format("{}: {}; name a file that can be written", path, std::strerror(why));
}

}  // namespace

int do_policy_compile(Context& c) {
    const std::string file = c.line.get("POLICY");
    const auto text = read_input(file, kMaxPolicy);
    if (!text) return c.fail_usage(text.error());
    const auto compiled = policy::compile::compile_text(*text);
    json problems = json::array();
    for (const auto& p : compiled.problems)
        problems.push_back(as_json(p, file == "-" ? "standard input" : file));
    if (!c.json) print_problems(c.terminal, c.terminal.err, problems, false);
    const auto table = policy::table::Table::open(compiled.blob);
    if (compiled.blob.empty() || !table) {
        if (c.json) c.print({{"problems", problems}});
        c.terminal.err << "kmsgatectl: no table was written\n";
        return kRefused;
    }
    const std::string path = c.line.get("TABLE");
    if (const std::string fault = write_table(path, compiled.blob); !fault.empty())
        return c.fail_usage(fault);
    if (c.json) {
        c.print({{"digest", table->digest()},
                 {"bytes", compiled.blob.size()},
                 {"file", path},
                 {"problems", problems}});
    } else {
        c.terminal.out << fmt::format("{}: {} bytes, {}\n", path, compiled.blob.size(), table->digest());
    }
    return 0;
}

}  // namespace kmsgate::control::cli

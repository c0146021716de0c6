// SPDX-License-Identifier: BSD-3-Clause
// kmsgate.yaml as a whole; `ports` and `edges` are read in read_ports.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "dataplane/startup/reading.hpp"
#include "policy/language/source.hpp"

namespace kmsgate::startup {
namespace {

namespace language = policy::language;

constexpr std::array<std::string_view, 14> kTopKeys = {"version", "ports",  "edges",   "workers", "mtu",
                                                       "sizes",   "state",  "sockets", "keys",    "user",
                                                       "link",    "memory", "control", "streams"};
constexpr std::array<std::string_view, 6> kSizeKeys = {"user-tags", "transactions", "fragments",
                                                       "sources",   "streams",      "segments"};
constexpr std::array<std::string_view, 4> kStreamKeys = {"held-ms", "idle-s", "least-ttl", "on-conflict"};
constexpr std::array<std::string_view, 3> kSocketKeys = {"control", "table", "metrics"};
constexpr std::array<std::string_view, 2> kKeyKeys = {"signing", "certificate"};
constexpr std::array<std::string_view, 1> kLinkKeys = {"propagate-ms"};
constexpr std::array<std::string_view, 1> kMemoryKeys = {"megabytes"};

constexpr std::uint64_t kMillion = 1'000'000;
/// Largest file, in bytes: 4096 pairs and their comments fit.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

/// The YAML tree speaks of policies, which is what it was made for.
void say_configuration(language::Problems& problems) {
    for (language::Problem& problem : problems)
        for (const auto& [said, meant] :
             {std::pair<std::string_view, std::string_view>{"a policy ", "a configuration "},
              {"a smaller policy", "a smaller configuration"}})
            if (const std::size_t at = problem.remedy.find(said); at != std::string::npos)
                problem.remedy.replace(at, said.size(), meant);
}

}  // namespace

void Reading::fault(const Word& word, const std::string& what, const Fault& fault) {
    error(word.mark, fmt::format("{} {} {}", what, language::quote(word.text), fault.what), fault.remedy);
}

std::string Reading::name_of(std::string_view key, const std::string& owner) {
    return owner.empty() ? fmt::format("`{}`", key) : fmt::format("`{}` of `{}`", key, owner);
}

std::string Reading::read_path(const Node& node, const std::string& what, std::size_t most) {
    const std::optional<Word> word = nodes_.word(node, what);
    if (!word) return {};
    if (const std::optional<Fault> bad = path_fault(word->text)) {
        fault(*word, what, *bad);
        return {};
    }
    std::string path = (folder_ / word->text).string();
    if (path.size() <= most) return path;
    error(word->mark, fmt::format("{} has {} bytes with the folder it starts in", what, path.size()),
          fmt::format("use a path of at most {}", most));
    return {};
}

std::string Reading::read_file_path(const Node& node, const std::string& what, std::size_t most) {
    std::string path = read_path(node, what, most);
    const std::string_view last = std::string_view(path).substr(path.rfind('/') + 1);
    if (path.empty() || (!last.empty() && last != "." && last != "..")) return path;
    error(node.mark, fmt::format("{} {} is a folder", what, language::quote(node.text)), "name a file in it");
    return {};
}

void Reading::read_version(const Node& node) {
    const std::optional<Word> word = nodes_.word(node, "`version`");
    if (word && word->text != "1")
        error(word->mark, "`version` " + language::quote(word->text) + " is not known", "write `version: 1`");
}

void Reading::read_sizes(const Node& node) {
    const std::string owner = "sizes";
    const Fields fields = nodes_.fields(node, "`sizes`", kSizeKeys);
    read_number(fields, "user-tags", owner, 1, 10 * kMillion, startup_.user_tags);
    read_number(fields, "transactions", owner, 1, 10 * kMillion, startup_.transactions);
    read_number(fields, "fragments", owner, 1, kMillion, startup_.fragments);
    read_number(fields, "sources", owner, 1, kMillion, startup_.sources);
    read_number(fields, "streams", owner, 1, 10 * kMillion, startup_.streams);
    read_number(fields, "segments", owner, 256, kMillion, startup_.segments);
}

void Reading::read_streams(const Node& node) {
    const std::string owner = "streams";
    const Fields fields = nodes_.fields(node, "`streams`", kStreamKeys);
    read_number(fields, "held-ms", owner, 100, 600'000, startup_.stream.held_milliseconds);
    read_number(fields, "idle-s", owner, 60, 86'400, startup_.stream.idle_seconds);
    read_number(fields, "least-ttl", owner, 0, 255, startup_.stream.least_ttl);
    const Node* const conflict = fields.find("on-conflict");
    if (conflict == nullptr) return;
    const std::string what = name_of("on-conflict", owner);
    const std::optional<Word> word = nodes_.word(*conflict, what);
    if (!word) return;
    if (word->text != "drop" && word->text != "reset")
        return error(word->mark, fmt::format("{} {} is not known", what, language::quote(word->text)),
                     "write `drop` or `reset`");
    startup_.stream.reset_conflicts = word->text == "reset";
}

void Reading::read_state(const Node& node) {
    startup_.state = read_path(node, "`state`");
    state_mark_ = node.mark;
}

void Reading::read_sockets(const Node* node) {
    bool silent = false;
    const auto socket = [&](const Node* given, const std::string& name) {
        if (given != nullptr) return read_file_path(*given, name_of(name, "sockets"), kMaxSocketPath);
        silent = true;
        return startup_.state.empty() ? std::string()
                                      : (std::filesystem::path(startup_.state) / (name + ".sock")).string();
    };
    const Fields fields = node != nullptr ? nodes_.fields(*node, "`sockets`", kSocketKeys) : Fields{};
    const Node* const control = fields.find("control");
    const Node* const table = fields.find("table");
    startup_.control_socket = socket(control, "control");
    startup_.table_socket = socket(table, "table");
    if (const Node* const metrics = fields.find("metrics")) read_metrics(*metrics);
    const std::size_t longest = std::max(startup_.control_socket.size(), startup_.table_socket.size());
    if (silent && longest > kMaxSocketPath)
        error(state_mark_, fmt::format("sockets in `state` have paths of {} bytes", longest),
              fmt::format("set `control` and `table` under `sockets`; a socket has at most {}",
                          kMaxSocketPath));
    const auto plain = [](const std::string& path) { return std::filesystem::path(path).lexically_normal(); };
    const Node* const second = table != nullptr ? table : control;
    if (second != nullptr && !startup_.table_socket.empty() &&
        plain(startup_.table_socket) == plain(startup_.control_socket))
        error(second->mark, "`control` and `table` of `sockets` are the same path",
              "give each socket its own");
}

void Reading::read_metrics(const Node& node) {
    const std::string what = "`metrics` of `sockets`";
    const std::optional<Word> word = nodes_.word(node, what);
    if (!word) return;
    if (word->text == "none")
        startup_.metrics.clear();
    else if (const std::optional<Fault> bad = endpoint_fault(word->text))
        fault(*word, what, *bad);
    else
        startup_.metrics = word->text;
}

void Reading::read_keys(const Node& node) {
    const Fields fields = nodes_.fields(node, "`keys`", kKeyKeys);
    const Node* const key = fields.find("signing");
    const Node* const certificate = fields.find("certificate");
    if (const Node* const first = key != nullptr ? key : certificate; first != nullptr)
        startup_.places.keys = {first->mark.line, first->mark.column};
    if (key != nullptr) startup_.signing_key = read_file_path(*key, name_of("signing", "keys"));
    if (certificate != nullptr)
        startup_.signing_certificate = read_file_path(*certificate, name_of("certificate", "keys"));
    // TS 33.180 D.4.2: a signature bears the certificate of its key.
    if (key != nullptr && certificate == nullptr)
        error(key->mark, "`keys` has `signing` without `certificate`",
              "add the file with the key's certificate");
    if (key == nullptr && certificate != nullptr)
        error(certificate->mark, "`keys` has `certificate` without `signing`",
              "add the file with the certificate's private key");
}

void Reading::read_user(const Node& node) {
    const std::optional<Word> word = nodes_.word(node, "`user`");
    if (!word) return;
    if (const std::optional<Fault> bad = account_fault(word->text))
        fault(*word, "`user`", *bad);
    else
        startup_.user = word->text;
    startup_.places.user = {word->mark.line, word->mark.column};
}

void Reading::read(const Node& root) {
    const std::string what = "the configuration";
    const Fields top = nodes_.fields(root, what, kTopKeys);
    if (root.kind != Node::Kind::map) return;
    if (const Node* const node = nodes_.need(top, "version", what)) read_version(*node);
    const Node* const ports = nodes_.need(top, "ports", what);
    ports_unknown_ = ports == nullptr;
    if (ports != nullptr) read_ports(*ports);
    const Node* const edges = nodes_.need(top, "edges", what);
    if (edges != nullptr) {
        read_edges(*edges);
        report_unused();
    }
    read_number(top, "workers", "", 1, 64, startup_.workers);
    read_number(top, "mtu", "", 576, 9600, startup_.mtu);
    if (const Node* const node = top.find("sizes")) read_sizes(*node);
    if (const Node* const node = nodes_.need(top, "state", what)) read_state(*node);
    read_sockets(top.find("sockets"));
    if (const Node* const node = top.find("keys")) read_keys(*node);
    if (const Node* const node = top.find("user")) read_user(*node);
    if (const Node* const node = top.find("link"))
        read_number(nodes_.fields(*node, "`link`", kLinkKeys), "propagate-ms", "link", 10, 10'000,
                    startup_.link_milliseconds);
    if (const Node* const node = top.find("streams")) read_streams(*node);
    if (const Node* const node = top.find("memory"))
        read_number(nodes_.fields(*node, "`memory`", kMemoryKeys), "megabytes", "memory", 64, kMillion,
                    startup_.memory_megabytes);
    read_control(top.find("control"));
}

std::expected<Startup, std::vector<std::string>> read_startup(std::string_view yaml,
                                                              const std::string& file) {
    Startup out;
    language::Problems problems;
    language::Report report(problems);
    if (yaml.size() > kMostBytes) {
        report.error({1, 1}, fmt::format("the file has {} bytes", yaml.size()),
                     fmt::format("a configuration has at most {} bytes", kMostBytes));
    } else if (language::check_source(yaml, report)) {
        if (const std::optional<language::Tree> tree = language::parse_tree(yaml, report)) {
            language::Reader nodes(*tree, report);
            Reading(nodes, out, std::filesystem::path(file).parent_path()).read(tree->root());
        }
    }
    if (problems.empty()) return out;
    say_configuration(problems);
    language::sort(problems);
    std::vector<std::string> faults;
    faults.reserve(problems.size());
    for (const language::Problem& one : problems)
        faults.push_back(
            fmt::format("{}:{}:{}: {}; {}", file, one.mark.line, one.mark.column, one.what, one.remedy));
    return std::unexpected(std::move(faults));
}

}  // namespace kmsgate::startup

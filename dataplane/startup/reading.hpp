// SPDX-License-Identifier: BSD-3-Clause
// Inside of the reader of kmsgate.yaml: what its parts share. Everybody else includes startup.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/startup/form.hpp"
#include "dataplane/startup/startup.hpp"
#include "policy/language/fields.hpp"

namespace kmsgate::startup {

using policy::language::Fields;
using policy::language::Mark;
using policy::language::Node;
using policy::language::Word;

/// Most ports (DPDK as distributed knows 32), and most pairs of all edges together (one a VLAN).
inline constexpr std::size_t kMostPorts = 32;
inline constexpr std::size_t kMostPairs = 4096;

/// A pass over the file's tree that fills a Startup and reports what it cannot take.
class Reading {
  public:
    Reading(policy::language::Reader& nodes, Startup& startup, std::filesystem::path folder)
        : nodes_(nodes), startup_(startup), folder_(std::move(folder)) {}

    /// The whole file.
    void read(const Node& root);

  private:
    void error(Mark mark, std::string what, std::string remedy) {
        nodes_.report().error(mark, std::move(what), std::move(remedy));
    }
    /// Reports a fault of form as "`what` `text` is ..".
    void fault(const Word& word, const std::string& what, const Fault& fault);

    void read_version(const Node& node);
    void read_ports(const Node& node);
    void read_device(const Node& node, const Word& name);
    void read_edges(const Node& node);
    void read_edge(const Node& node, const Word& edge);
    void read_pair(const Node& node, const std::string& edge);
    void read_sizes(const Node& node);
    void read_streams(const Node& node);
    void read_state(const Node& node);
    void read_sockets(const Node* node);
    void read_metrics(const Node& node);
    void read_keys(const Node& node);
    void read_user(const Node& node);
    void read_control(const Node* node);
    void read_events(const Node& node);
    [[nodiscard]] std::vector<std::string> read_accounts(const Node& node, const std::string& what);

    /// A port that is declared, or empty after an error.
    [[nodiscard]] std::string read_end(const Node& node, const std::string& what);
    /// Reports a pair on ports and VLAN of an earlier one, and keeps the place of this one.
    void claim(const Pair& pair, Mark mark);
    void report_unused();

    /// The number at `key`, where there is one.
    template <class Number>
    void read_number(const Fields& fields, std::string_view key, const std::string& owner,
                     std::uint64_t least, std::uint64_t most, Number& out) {
        const Node* const node = fields.find(key);
        if (node == nullptr) return;
        if (const std::optional<std::uint64_t> value = nodes_.number(*node, name_of(key, owner), least, most))
            out = static_cast<Number>(*value);
    }
    /// "`key`" or "`key` of `owner`".
    [[nodiscard]] static std::string name_of(std::string_view key, const std::string& owner);
    /// The path, resolved, or empty after an error.
    [[nodiscard]] std::string read_path(const Node& node, const std::string& what,
                                        std::size_t most = kMaxPath);
    /// The same; a path that ends like a folder's is an error.
    [[nodiscard]] std::string read_file_path(const Node& node, const std::string& what,
                                             std::size_t most = kMaxPath);

    struct Declared {
        Word name;
        bool used = false;
    };
    /// VLAN, or -1 for a pair without.
    using Claim = std::pair<std::string, int>;

    policy::language::Reader& nodes_;
    Startup& startup_;
    std::filesystem::path folder_;
    std::vector<Declared> declared_;       ///< also ports whose device is faulty
    std::map<std::string, Mark> devices_;  ///< by DPDK name
    std::map<Claim, Mark> claims_;
    Mark state_mark_;
    std::size_t pairs_ = 0;
    bool ports_unknown_ = false;  ///< no section to look names up in: ends of pairs are not checked
    bool ends_unknown_ = false;   ///< a pair has an end that could not be read: unused ports are not told
};

}  // namespace kmsgate::startup

// SPDX-License-Identifier: BSD-3-Clause
// The YAML file as a tree of texts. The only file of the project that knows of yaml-cpp is tree.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/language/problem.hpp"

namespace kmsgate::policy::language {

/// Bounds of the tree. Aliases count as what they stand for; nodes are bounded by kFreeNodes + bytes of the
/// file too.
inline constexpr std::size_t kMaxDepth = 16;
inline constexpr std::size_t kMaxAliases = 10'000;
inline constexpr std::size_t kFreeNodes = 100'000;
inline constexpr std::size_t kMaxNodes = 4'000'000;
inline constexpr std::size_t kMaxScalar = 4096;

/// A node. Nothing is typed: `on`, `1e3` and `null` are the texts they are written as, quoted or not.
struct Node {
    enum class Kind : std::uint8_t { empty, scalar, sequence, map };
    Kind kind = Kind::empty;
    Mark mark;
    std::string text;                     ///< scalar
    std::vector<std::uint32_t> children;  ///< sequence: entries; map: key, value, key, value..
};

/// Children may be shared (aliases), but never hold a node above themselves.
class Tree {
  public:
    explicit Tree(std::vector<Node> nodes) : nodes_(std::move(nodes)) {}
    [[nodiscard]] const Node& root() const { return nodes_.front(); }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] const Node& operator[](std::uint32_t index) const { return nodes_[index]; }

  private:
    std::vector<Node> nodes_;
};

/// Reads the one document of `text`, which check_source() has passed. Nothing, and at least one error, when
/// the YAML cannot be read or passes a bound. Never throws.
[[nodiscard]] std::optional<Tree> parse_tree(std::string_view text, Report& report);
/// The same, every line by the YAML scanner: what the other one has to give, and falls back to.
[[nodiscard]] std::optional<Tree> parse_every_line(std::string_view text, Report& report);

}  // namespace kmsgate::policy::language

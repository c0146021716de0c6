// SPDX-License-Identifier: BSD-3-Clause
// Policies with the edges `e` and `f`, and a publisher around nothing.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/publish/publisher.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::publish::test {

using policy::table::Mode;
using policy::table::Side;
using Blob = std::vector<std::byte>;

/// `rules`: of edge e, in YAML flow lines; `users`: more patterns of domain mc1, each after a comma.
inline std::string policy(std::string_view tags = "roaming", std::string_view rules = "",
                          std::string_view users = "") {
    return fmt::format(
        "version: 1\ntags: [{}]\nkms: {{A: kms.a.example, B: kms.b.example, C: kms.c.example}}\n"
        "domains:\n  mc1: {{users: [\"sip:*@mc1.example\"{}], home: A}}\n"
        "edges:\n"
        "  f:\n    domain: mc1\n    proxy: cs\n    mode: shadow\n    rules:\n"
        "      - {{name: attached, side: initiator, allow: [B], other: copy}}\n"
        "  e:\n    domain: mc1\n    proxy: cs\n    rules:\n{}"
        "      - {{name: attached, side: initiator, allow: [A], other: copy}}\n"
        "      - {{name: attached, side: receiver, allow: [A]}}\n",
        tags, users, rules);
}
inline Blob sealed(const std::string& yaml) {
    auto compiled = policy::compile::compile_text(yaml);
    for (const auto& p : compiled.problems)
        if (!p.warning) ADD_FAILURE() << policy::language::to_string(p, "test.yaml");
    EXPECT_FALSE(compiled.blob.empty());
    return std::move(compiled.blob);
}

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "kmsgate-publish-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder";
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

/// Finds nobody.
class Nobody final : public memory::UidFinder {
  public:
    std::string_view find(std::string_view, const memory::UidKms&, core::Time) noexcept override {
        return {};
    }
};

struct Kit {
    explicit Kit(std::vector<std::string> edges = {"e", "f"}, bool kept = true)
        : current(2),
          tags(memory::UserTags::create("publish-test", 1000, {1, 2}).value()),
          publisher({std::move(edges), 2, kept ? folder.path : std::string()}, current, *tags, nobody) {
        tags->use_rcu(current.qsbr());
    }
    /// "" when it was taken, else the refusal's name.
    std::string publish(Blob blob, std::uint64_t generation, std::span<const ModeWish> modes = {}) {
        const auto end = publisher.publish(std::move(blob), generation, modes);
        return end ? "" : end.error().name;
    }
    [[nodiscard]] Mode mode(std::size_t slot) const { return publisher.current()->judge(1, slot).mode; }
    [[nodiscard]] RuleCount rule(std::string_view edge, std::string_view name,
                                 Side side = Side::initiator) const {
        for (const RuleCount& r : publisher.rules())
            if (r.edge == edge && r.rule == name && r.side == side) return r;
        return {.edge = "none", .rule = {}, .side = side, .hit = ~0ULL, .would = ~0ULL};
    }

    Folder folder;
    Current current;
    std::unique_ptr<memory::UserTags> tags;
    Nobody nobody;
    Publisher publisher;
};

}  // namespace kmsgate::publish::test

// SPDX-License-Identifier: BSD-3-Clause
// A compiled policy and messages made from KMS names, so that a test reads like its use case.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/compile/compile.hpp"
#include "policy/decide/decide.hpp"

// An optional that is empty here is a broken test, which may die of it.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
namespace kmsgate::policy::decide::testing {

using table::Side;
inline constexpr const char* kAbsent = nullptr;

/// The policy around an edge `e` of domain d1 (users sip:*@d1.example); KMSs A-D and X-Z are kms.a.example
/// and so on.
inline std::string around(std::string_view edge) {
    return std::string(R"(version: 1
tags: [roaming, migrated]
kms:
  A: {uri: kms.a.example, aliases: [kms-a.alias.example]}
  B: kms.b.example
  C: kms.c.example
  D: kms.d.example
  X: kms.x.example
  Y: kms.y.example
  Z: kms.z.example
domains:
  d1: {users: ["sip:*@d1.example"], home: A, secondary: [D]}
edges:
  e:
    domain: d1
)") + std::string(edge);
}

inline table::Address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d};
}

/// A compiled policy. `edge` is the YAML under `e:`, indented by four.
class Gate {
  public:
    explicit Gate(std::string_view edge) : Gate(Whole{around(edge)}) {}

    /// A whole policy, with an edge `e`.
    struct Whole {
        std::string yaml;
    };
    explicit Gate(const Whole& whole) : compiled_(compile::compile_text(whole.yaml)) {
        for (const auto& p : compiled_.problems)
            if (!p.warning) ADD_FAILURE() << language::to_string(p, "test.yaml");
        auto opened = table::Table::open(compiled_.blob);
        if (opened)
            table_ = std::make_unique<table::Table>(*opened);
        else
            ADD_FAILURE() << opened.error().what;
    }
    [[nodiscard]] const table::Table& table() const { return *table_; }
    [[nodiscard]] const language::Policy& policy() const { return compiled_.policy; }

  private:
    compile::Compiled compiled_;
    std::unique_ptr<table::Table> table_;
};

using Names = std::optional<std::vector<std::string>>;  ///< nullopt: ANY

/// One message in the making. Owns what Facts only views.
class Scene {
  public:
    explicit Scene(const Gate& gate) : gate_(gate) {
        facts.edge = *gate.table().find_edge("e");
        facts.mode = gate.table().edges()[facts.edge].mode;
    }
    Facts facts;
    bool back_differs = false;  ///< facts.back is what the test made it; else as the message itself

    Scene& from(Arrival a) {
        facts.arrival = a;
        return *this;
    }
    Scene& as(MessageClass c) {
        facts.message_class = c;
        return *this;
    }
    /// An I_MESSAGE that names these KMSs (kAbsent: no such IDR).
    Scene& offer(const char* kmsi, const char* kmsr) {
        IMessage m;
        m.kmsi = name(kmsi);
        m.kmsr = name(kmsr);
        messages_.push_back(m);
        return *this;
    }
    Scene& broken(IMessage::State state) {
        IMessage m;
        m.state = state;
        messages_.push_back(m);
        return *this;
    }
    /// A candidate for the side's user; the first call replaces "unknown".
    Scene& user(Side side, User::State state, std::string uri, std::initializer_list<const char*> tags = {}) {
        const auto s = static_cast<std::size_t>(side);
        facts.users[s].state = state;
        Candidate c;
        c.uri = keep(std::move(uri));
        for (const char* tag : tags) c.tags |= 1U << *gate_.table().find_tag(tag);
        candidates_[s].push_back(c);
        return *this;
    }
    /// Tags the side's last candidate.
    Scene& tag_last(Side side, std::string_view tag) {
        candidates_[static_cast<std::size_t>(side)].back().tags |= 1U << *gate_.table().find_tag(tag);
        return *this;
    }
    /// Gives the side's last candidate a second spelling.
    Scene& alias_last(Side side, std::string alias) {
        candidates_[static_cast<std::size_t>(side)].back().alias = keep(std::move(alias));
        return *this;
    }
    Scene& ours(Side side, std::string uri = "sip:u@d1.example",
                std::initializer_list<const char*> tags = {}) {
        return user(side, User::State::ours, std::move(uri), tags);
    }
    Scene& other(Side side) { return user(side, User::State::other, "sip:o@d9.example"); }
    Scene& visited(std::string network) {
        visited_.push_back(keep(std::move(network)));
        return *this;
    }
    /// A KRR in a response.
    Scene& krr(const Names& initiator, const Names& receiver) {
        facts.message_class = MessageClass::response;
        facts.krr.state = Krr::State::read;
        set_list(0, initiator);
        set_list(1, receiver);
        return *this;
    }
    Scene& krr_state(Krr::State state) {
        facts.krr.state = state;
        return *this;
    }

    Decision judge(Record* record = nullptr) {
        facts.messages = messages_;
        facts.visited = visited_;
        for (std::size_t s = 0; s < 2; ++s) {
            facts.users[s].candidates = candidates_[s];
            facts.krr.lists[s].names = lists_[s];
        }
        unknown_.clear();
        for (const auto& list : lists_)
            for (const KmsName& n : list)
                if (!n.id) unknown_.push_back(n.text);
        facts.krr.unknown = unknown_;
        if (!back_differs) {
            facts.back.users = facts.users;
            facts.back.peer = facts.peer;
            facts.back.visited = visited_;
        }
        return decide(facts, gate_.table(), record);
    }

    /// A list of the decision's KRR as the packet would say it: "ANY" or the names between blanks.
    [[nodiscard]] std::string list(const Decision& d, Side side) const {
        const auto s = static_cast<std::size_t>(side);
        const ListOut& out = d.krr[s];
        std::string text;
        const auto put = [&](std::string_view n) { text.append(text.empty() ? "" : " ").append(n); };
        const auto uri = [&](table::KmsId id) { return gate_.table().text(gate_.table().kms()[id].uri); };
        switch (out.kind) {
            case ListOut::Kind::any:
                return "ANY";
            case ListOut::Kind::copy:
                if (d.effective() == Verdict::rewrite) {
                    if (facts.krr.lists[s].any) return "ANY";
                    for (const KmsName& n : lists_[s]) put(n.text);
                } else {
                    put(s == 0 ? messages_[d.refused].kmsi.text : messages_[d.refused].kmsr.text);
                }
                break;
            case ListOut::Kind::rule:
                for (const auto id : gate_.table().kms_list(gate_.table().rules()[out.rule].allow))
                    put(uri(id));
                break;
            case ListOut::Kind::kms: {
                const auto ids = gate_.table().kms_list(gate_.table().rules()[out.rule].allow);
                for (std::size_t i = 0; i < ids.size(); ++i)
                    if ((out.keep >> i & 1U) != 0) put(uri(ids[i]));
                break;
            }
            case ListOut::Kind::names:
                for (std::size_t i = 0; i < lists_[s].size(); ++i)
                    if ((out.keep >> i & 1U) != 0) put(lists_[s][i].text);
                break;
        }
        return text;
    }
    [[nodiscard]] std::string rule(const Decision& d, Side side) const {
        const auto id = d.rule[static_cast<std::size_t>(side)];
        return id == table::kNone ? "" : std::string(gate_.table().text(gate_.table().rules()[id].name));
    }

  private:
    std::string_view keep(std::string text) {
        owned_.push_back(std::make_unique<std::string>(std::move(text)));
        return *owned_.back();
    }
    KmsName name(const char* text) {
        KmsName n;
        if (text == nullptr) return n;
        n.present = true;
        n.text = keep(text);
        n.id = gate_.table().find_kms(n.text);
        return n;
    }
    void set_list(std::size_t s, const Names& names) {
        facts.krr.lists[s].any = !names.has_value();
        lists_[s].clear();
        if (names)
            for (const std::string& n : *names) lists_[s].push_back(name(n.c_str()));
    }

    const Gate& gate_;
    std::vector<std::unique_ptr<std::string>> owned_;
    std::vector<IMessage> messages_;
    std::array<std::vector<Candidate>, 2> candidates_;
    std::array<std::vector<KmsName>, 2> lists_;
    std::vector<std::string_view> visited_;
    std::vector<std::string_view> unknown_;
};

/// "redirect initiator-kms-not-allowed": verdict (in shadow: what it would be) and reason.
inline std::string outcome(const Decision& d) {
    return std::string(to_string(d.verdict)) + " " + std::string(reason_text(d));
}

}  // namespace kmsgate::policy::decide::testing
// NOLINTEND(bugprone-unchecked-optional-access)

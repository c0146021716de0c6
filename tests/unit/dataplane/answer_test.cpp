// SPDX-License-Identifier: BSD-3-Clause
// Lists of a KRR: from a decision to names and XML.
#include "dataplane/emit/answer.hpp"

#include <gtest/gtest.h>

#include "dataplane/emit/recall.hpp"
#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/parse.hpp"
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::emit {
namespace {

using policy::decide::Decision;
using policy::decide::KmsName;
using policy::decide::ListOut;
using test::kRules;
using test::Policy;
using test::policy_text;

class Scene {
  public:
    Scene() : policy(policy_text()), storage_(1 << 20), arena(storage_) {}
    /// A request whose I_MESSAGE names these two.
    void offer(std::string_view kmsi, std::string_view kmsr) {
        message_.kmsi = {!kmsi.empty(), std::nullopt, kmsi};
        message_.kmsr = {!kmsr.empty(), std::nullopt, kmsr};
        seen.facts.messages = {&message_, 1};
    }
    Policy policy;

  private:
    policy::decide::IMessage message_;
    std::vector<std::byte> storage_;

  public:
    sip::Arena arena;
    inspect::Inspection seen;
};

ListOut copied() {
    ListOut l;
    l.kind = ListOut::Kind::copy;
    return l;
}

TEST(Answer, EscapingIsThatOfKrr) {
    Scene s;
    Decision d;
    d.krr[0] = copied();
    for (int c = 0x21; c < 0x7F; ++c) {
        const std::string name = std::string("k") + static_cast<char>(c) + "&<" + static_cast<char>(c);
        s.arena.reset();
        s.offer(name, "");
        const KrrLists lists = krr_lists(d, s.seen, s.policy.table(), s.arena);
        ASSERT_TRUE(lists.ok);
        EXPECT_EQ(lists.xml[0], krr::piece_kms(name)) << c;
        EXPECT_EQ(lists.xml[0], "<KmsUri>" + krr::escape(name) + "</KmsUri>");
        ASSERT_TRUE(lists.record.lists[0].has_value());
        EXPECT_EQ((*lists.record.lists[0])[0], name);
    }
}

TEST(Answer, WhatIsNoNameIsNotRepeated) {
    Scene s;
    Decision d;
    d.krr[0] = d.krr[1] = copied();
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a\0b", 3), std::string("a\x7F"),
          std::string("a\x80"), std::string("\r\n"), std::string(256, 'k')}) {
        s.offer(name, name);
        const KrrLists lists = krr_lists(d, s.seen, s.policy.table(), s.arena);
        EXPECT_EQ(lists.xml[0], "<KmsUri>ANY</KmsUri>") << name;
        EXPECT_FALSE(lists.record.lists[1].has_value());
    }
    const std::string longest(255, '&');
    s.offer(longest, "x");
    EXPECT_TRUE(krr_lists(d, s.seen, s.policy.table(), s.arena).ok) << "the longest, every byte escaped";
}

TEST(Answer, RuleAndKmsLists) {
    Scene s;
    s.offer("x", "y");
    const Policy policy(
        policy_text("", "", "cs", kRules + "      - {name: more, side: receiver, allow: [C, A, B]}\n"));
    const auto& table = policy.table();
    Decision d;
    d.krr[0].kind = ListOut::Kind::rule;
    d.krr[0].rule = table.edges()[0].rules[0].first + 1;  // attached: [A]
    d.krr[1].kind = ListOut::Kind::kms;
    d.krr[1].rule = table.edges()[0].rules[1].first + 1;
    d.krr[1].keep = 0b101;
    KrrLists lists = krr_lists(d, s.seen, table, s.arena);
    EXPECT_EQ(lists.xml[0], "<KmsUri>kms.a.example</KmsUri>");
    EXPECT_EQ(lists.xml[1], "<KmsUri>kms.c.example</KmsUri><KmsUri>kms.b.example</KmsUri>");
    EXPECT_EQ(lists.record.lists[1]->size(), 2U);
    d.krr[1].keep = 0;
    lists = krr_lists(d, s.seen, table, s.arena);
    EXPECT_EQ(lists.xml[1], "") << "the empty list";
    ASSERT_TRUE(lists.record.lists[1].has_value());
    EXPECT_EQ(lists.record.lists[1]->size(), 0U);
    EXPECT_TRUE(lists.ok);
}

TEST(Answer, NamesOfTheIncomingList) {
    Scene s;
    const std::vector<KmsName> in = {{true, {}, "k0"}, {true, {}, "k&1"}, {true, {}, "k2"}};
    s.seen.facts.krr.state = policy::decide::Krr::State::read;
    s.seen.facts.krr.lists[0] = {false, in};
    Decision d;
    d.krr[0].kind = ListOut::Kind::names;
    d.krr[0].keep = 0b110;
    d.krr[1] = copied();  // the incoming one says ANY
    const KrrLists lists = krr_lists(d, s.seen, s.policy.table(), s.arena);
    EXPECT_EQ(lists.xml[0], "<KmsUri>k&amp;1</KmsUri><KmsUri>k2</KmsUri>");
    EXPECT_EQ(lists.xml[1], "<KmsUri>ANY</KmsUri>");
    const auto incoming = incoming_lists(s.seen.facts, s.arena);
    EXPECT_EQ(incoming.lists[0]->size(), 3U);
    EXPECT_FALSE(incoming.lists[1].has_value());
}

/// What a copy hears of after a commit is what the first one heard of.
TEST(Answer, RecalledFromText) {
    Scene s;
    Decision d;
    ListOut rule;
    rule.kind = ListOut::Kind::rule;
    rule.rule = 0;
    ListOut none;
    none.kind = ListOut::Kind::kms;
    none.rule = 0;
    const ListOut every[] = {ListOut{}, copied(), rule, none};
    for (const std::string name : {"kms.x.example", "k&<>\"'&amp;.example", "&", "kms.c.example"})
        for (const ListOut& first : every)
            for (const ListOut& second : every) {
                s.arena.reset();
                const std::string receiver = name + "r";
                s.offer(name, receiver);
                d.krr = {first, second};
                Said said{{"guests", ""}, krr_lists(d, s.seen, s.policy.table(), s.arena)};
                const Said again = from_text(to_text(said, s.arena), s.arena);
                ASSERT_TRUE(again.lists.ok);
                EXPECT_EQ(again.rules, said.rules);
                EXPECT_EQ(again.lists.xml, said.lists.xml);
                for (std::size_t side = 0; side < 2; ++side) {
                    const auto& before = said.lists.record.lists[side];
                    const auto& after = again.lists.record.lists[side];
                    ASSERT_EQ(after.has_value(), before.has_value());
                    if (before) {
                        EXPECT_TRUE(std::ranges::equal(*after, *before)) << name;
                    }
                }
            }
}

/// The same XML, whether an event asks for names or nobody, and whether the table has prepared it or not.
TEST(Answer, KnownNamesAreNotWrittenAnew) {
    Scene s;
    const auto& table = s.policy.table();
    Decision d;
    d.krr[0] = d.krr[1] = copied();
    for (const std::string_view name : {"kms.a.example", "KMS.a.example", "kms.x.example"}) {
        s.offer(name, name);
        policy::decide::IMessage known = s.seen.facts.messages[0];
        known.kmsi.id = known.kmsr.id = table.find_kms(name);
        s.seen.facts.messages = {&known, 1};
        const KrrLists named = krr_lists(d, s.seen, table, s.arena);
        const KrrLists lists = krr_lists(d, s.seen, table, s.arena, Names::no);
        EXPECT_EQ(lists.xml, named.xml);
        EXPECT_EQ(lists.xml[0], krr::piece_kms(name)) << "as it was written";
        EXPECT_EQ(lists.said[0] == kSaidHere, name != "kms.a.example") << name;
        EXPECT_FALSE(lists.record.lists[0].has_value());
    }
}

TEST(Answer, UsedUpArenaSaysSo) {
    Scene s;
    s.offer("kms.x.example", "y");
    Decision d;
    d.krr[0] = copied();
    const KrrLists right = krr_lists(d, s.seen, s.policy.table(), s.arena);
    for (std::size_t room = 0; room < 4000; room += 8) {
        std::vector<std::byte> small(room);
        sip::Arena arena(small);
        const KrrLists lists = krr_lists(d, s.seen, s.policy.table(), arena);
        EXPECT_TRUE(!lists.ok || lists.xml[0] == right.xml[0])
            << room << ": never a list that says something else";
        const auto body = krr_body(d, s.seen, s.policy.table(), right, 1, 2, {}, arena);
        if (!body.empty()) {
            const auto read = krr::parse(body);
            ASSERT_TRUE(read.has_value()) << room;
            EXPECT_EQ(read->initiator_list.uris, std::vector<std::string>{"kms.x.example"});
            EXPECT_TRUE(read->receiver_list.any);
        }
    }
}

}  // namespace
}  // namespace kmsgate::emit

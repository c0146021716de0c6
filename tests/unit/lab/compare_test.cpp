// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/lab/lab_kit.hpp"

namespace kmsgate::lab::testing {
namespace {

using Lines = std::vector<std::string>;

/// The n-th step of that kind which the initiator or the KRR's author takes.
Step& nth(Result& r, Step::Kind kind, std::size_t n) {
    for (Step& step : r.steps) {
        const bool own = kind == Step::Kind::mikey ? step.from == 0
                         : kind == Step::Kind::krr ? step.created || step.rewritten
                                                   : true;
        if (step.kind == kind && own && n-- == 0) return step;
    }
    ADD_FAILURE() << "no such step";
    return r.steps.front();
}

TEST(Compare, WhatIsExpectedIsNoDifference) {
    const auto files = find_scenarios({"all"}, kShipped);
    ASSERT_TRUE(files);
    for (const std::string& file : *files) {
        const Scenario s = read_good(read_file(file), file);
        EXPECT_EQ(compare(s, play(s)), Lines{}) << file;
    }
}

TEST(Compare, NotesAnswersAndHopsDoNotCount) {
    const Scenario s = shipped("x10");
    Result r = play(s);
    Step note;
    note.text = "a note";
    r.steps.insert(r.steps.begin(), note);
    note.kind = Step::Kind::answer;
    note.to = 1;
    r.steps.push_back(note);
    EXPECT_EQ(compare(s, r), Lines{});
}

TEST(Compare, LetterCaseOfKmsNamesDoesNotCount) {
    const Scenario s = shipped("x05");
    Result r = play(s);
    nth(r, Step::Kind::mikey, 1).pair.kmsr = "KMS.B.Example";
    EXPECT_EQ(compare(s, r), Lines{});
}

TEST(Compare, ResetsCountWhereNothingWasAnswered) {
    Scenario s = shipped("x06");
    Result r = play(s);
    Step reset;
    reset.kind = Step::Kind::reset;
    reset.from = reset.to = 1;
    reset.created = true;
    r.steps.push_back(reset);
    EXPECT_EQ(compare(s, r), Lines{});
    r.steps.back().created = false;
    EXPECT_EQ(compare(s, r), Lines{"came as number 8: connection reset by d1-cs, which was not expected"});
}

TEST(Compare, OverTcpItsOwnTranscriptCounts) {
    const Scenario s = shipped("x06");
    Result r = play(s);
    r.variant.tcp = true;
    EXPECT_EQ(compare(s, r).front(),
              "item 5 of expect-tcp: expected connection reset by d1-cs, which did not come");
    Scenario tcp = s;
    tcp.expect = s.expect_tcp;
    r = play(tcp);
    r.variant.tcp = true;
    EXPECT_EQ(compare(s, r), Lines{});
}

TEST(Compare, MissingStep) {
    const Scenario s = shipped("x08");
    Result r = play(s);
    nth(r, Step::Kind::krr, 2).rewritten = false;  // d2-is lets it pass as it is
    EXPECT_EQ(compare(s, r),
              Lines{"item 5 of expect: expected KRR [A, D] | [B] rewritten by d2-is, which did not come"});
}

TEST(Compare, NothingCame) {
    const Scenario s = shipped("x05");
    Result r;
    r.actors = {"Initiator", "Domain 2 CS Proxy", "Receiver"};
    EXPECT_EQ(compare(s, r),
              (Lines{"item 1 of expect: expected message (A, A), which did not come",
                     "item 2 of expect: expected KRR ANY | [B] created by d2-cs, which did not come",
                     "item 3 of expect: expected message (A, B), which did not come",
                     "item 4 of expect: expected (A, B) accepted, which did not come"}));
}

TEST(Compare, ExtraStep) {
    const Scenario s = shipped("x05");
    Result r = play(s);
    Step extra = nth(r, Step::Kind::krr, 0);
    extra.created = false;
    extra.rewritten = true;
    extra.lists = {std::nullopt, std::vector<std::string>{}};
    r.steps.insert(r.steps.begin() + 2, extra);
    EXPECT_EQ(compare(s, r),
              Lines{"came as number 3: KRR ANY | [] rewritten by d2-cs, which was not expected"});
}

TEST(Compare, ChangedSteps) {
    const Scenario s = shipped("x10");
    Result r = play(s);
    nth(r, Step::Kind::krr, 2).lists.receiver = std::vector<std::string>{"kms.z.example", "kms.x.example"};
    nth(r, Step::Kind::krr, 4).from = 3;  // its author
    nth(r, Step::Kind::mikey, 3).pair.kmsi = "kms.evil.example";
    r.steps.back().pair.kmsr = "kms.y.example";
    EXPECT_EQ(compare(s, r),
              (Lines{"item 5 of expect: expected KRR [A, C] | [X, Z] rewritten by d2-is, came KRR [A, C] | "
                     "[Z, X] rewritten "
                     "by d2-is",
                     "item 8 of expect: expected KRR ANY | [Y, Z] created by d4-cs, came KRR ANY | [Y, Z] "
                     "created by d3-is",
                     "item 12 of expect: expected message (C, Z), came message (kms.evil.example, Z)",
                     "item 13 of expect: expected (C, Z) accepted, came (C, Y) accepted"}));
}

TEST(Compare, EmptyListIsNotAny) {
    const Scenario s = shipped("x05");
    Result r = play(s);
    nth(r, Step::Kind::krr, 0).lists.initiator = std::vector<std::string>{};
    EXPECT_EQ(
        compare(s, r),
        Lines{
            "item 2 of expect: expected KRR ANY | [B] created by d2-cs, came KRR [] | [B] created by d2-cs"});
}

TEST(Compare, SwappedSteps) {
    const Scenario s = shipped("x10");
    Result r = play(s);
    Step& second = nth(r, Step::Kind::krr, 2);
    Step& third = nth(r, Step::Kind::krr, 3);
    std::swap(second.from, third.from);
    std::swap(second.lists, third.lists);
    const Lines lines = compare(s, r);
    ASSERT_EQ(lines.size(), 2U) << ::testing::PrintToString(lines);
    EXPECT_TRUE(contains(lines[0],
                         "item 5 of expect: expected KRR [A, C] | [X, Z] rewritten by d2-is, came KRR [C]"));

    // Of different kinds: one of the two is in the wrong place.
    Result moved = play(s);
    std::rotate(moved.steps.begin(), moved.steps.begin() + 1, moved.steps.begin() + 2);
    EXPECT_EQ(compare(s, moved),
              Lines{"item 1 of expect: expected message (A, A) here, which came as number 2"});
}

TEST(Compare, FailureInPlaceOfSuccess) {
    const Scenario s = shipped("x01");
    Result r = play(s);
    r.steps.back().kind = Step::Kind::failed;
    r.steps.back().from = 0;
    r.steps.back().text = "time\x1bout";
    EXPECT_EQ(compare(s, r), (Lines{"item 4 of expect: expected (A, B) accepted, which did not come",
                                    "came as number 4: failure time\\x1Bout, which was not expected"}));
    const Scenario fails = shipped("x03");
    Result other = play(fails);
    other.steps.back().text = "timeout";
    EXPECT_EQ(compare(fails, other),
              Lines{"item 3 of expect: expected failure no-initiator-kms, came failure timeout"});
}

TEST(Compare, EdgesWithoutRulesDoNotCount) {
    const Scenario s = shipped("x01");
    Result r = play(s);
    r.variant.ruleless_edges = true;
    r.actors = {"Initiator", "Edge without rules", "Edge without rules", "Receiver"};
    for (Step& step : r.steps) {
        if (step.from == 1) step.from = 3;
        if (step.to == 1) step.to = 3;
    }
    EXPECT_EQ(compare(s, r), Lines{});
    // But one that answers does.
    nth(r, Step::Kind::krr, 0).from = 2;
    EXPECT_EQ(
        compare(s, r),
        Lines{"item 2 of expect: expected KRR [A] | [B] created by receiver, came KRR [A] | [B] created by "
              "Edge without rules"});
}

TEST(VariantName, Words) {
    EXPECT_EQ((Variant{false, false}.name()), "clear");
    EXPECT_EQ((Variant{true, false}.name()), "hashed");
    EXPECT_EQ((Variant{false, true}.name()), "through edges without rules");
    EXPECT_EQ((Variant{true, true}.name()), "hashed, through edges without rules");
}

}  // namespace
}  // namespace kmsgate::lab::testing

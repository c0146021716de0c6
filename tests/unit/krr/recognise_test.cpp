// SPDX-License-Identifier: BSD-3-Clause
// The recogniser of canonical KRRs against the XML reader: what it is sure of must be what libxml2 reads.
#include <gtest/gtest.h>

#include <cctype>
#include <random>
#include <string>

#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/parse.hpp"
#include "dataplane/krr/recognise.hpp"
#include "dataplane/sip/ascii.hpp"

namespace kmsgate::krr {
namespace {

std::vector<std::string> names_of(const ListView& list) {
    return {list.all().begin(), list.all().end()};
}

void expect_same(const View& view, const Document& d, const std::string& body) {
    EXPECT_EQ(view.root, d.root) << body;
    EXPECT_EQ(view.depth, d.depth) << body;
    EXPECT_EQ(view.initiator, d.initiator) << body;
    EXPECT_EQ(view.receiver, d.receiver) << body;
    EXPECT_EQ(view.initiator_kms, d.initiator_kms) << body;
    EXPECT_EQ(view.receiver_kms, d.receiver_kms) << body;
    const KmsList* lists[] = {&d.initiator_list, &d.receiver_list};
    for (std::size_t side = 0; side < 2; ++side) {
        EXPECT_EQ(view.lists[side].any, lists[side]->any) << body;
        EXPECT_EQ(names_of(view.lists[side]), lists[side]->any ? lists[side]->beside_any : lists[side]->uris)
            << body;
    }
}

class Dice {
  public:
    explicit Dice(unsigned seed) : random_(seed) {}
    std::size_t below(std::size_t n) { return random_() % n; }
    std::string word() {
        std::string out;
        for (std::size_t n = below(40); n-- > 0;)
            out += "abcdefghijklnopqrstuvwxyz0123456789.:@-_/%~mB"[below(45)];
        return out;
    }

  private:
    std::mt19937 random_;
};

KmsList list_of(Dice& dice) {
    KmsList list;
    list.present = dice.below(3) != 0;
    if (!list.present || dice.below(3) == 0) return list;
    list.any = false;
    for (std::size_t n = dice.below(6); n-- > 0;)
        list.uris.push_back("kms" + std::to_string(n) + dice.word());
    return list;
}

std::string document_of(Dice& dice, unsigned depth) {
    Document d;
    d.id = "krr-" + dice.word();
    d.processor = dice.word();
    d.time = "2026-11-21T12:00:00Z";
    if (dice.below(2) == 0) d.initiator = dice.word();
    if (dice.below(2) == 0) d.receiver = "sip:" + dice.word();
    if (dice.below(2) == 0) d.initiator_kms = dice.word();
    if (dice.below(2) == 0) d.receiver_kms = dice.word();
    d.initiator_list = list_of(dice);
    d.receiver_list = list_of(dice);
    if (depth != 0) {
        const std::string inner = document_of(dice, depth - 1);
        d.embedded = inner.substr(inner.find("?>") + 2);
    }
    return emit(d);
}

bool could_be_claimed(std::string_view body) {
    for (const std::string_view claim : {"-m", "/m"})
        if (sip::ifind(body, claim) != std::string_view::npos) return true;
    return false;
}

TEST(Recognise, WhatGatesSendIsRecognisedAndSaysWhatTheReaderSays) {
    Dice dice(1);
    unsigned sure = 0;
    for (int i = 0; i < 2000; ++i) {
        const std::string body = document_of(dice, static_cast<unsigned>(dice.below(5)));
        const auto read = parse(body);
        ASSERT_TRUE(read) << body;
        View view;
        const bool recognised = recognise(body, view);
        EXPECT_TRUE(recognised || could_be_claimed(body)) << body;
        if (!recognised) continue;
        ++sure;
        expect_same(view, *read, body);
    }
    EXPECT_GT(sure, 500U);
}

TEST(Recognise, NeverSureOfWhatTheReaderReadsOtherwise) {
    constexpr std::string_view kBytes = "<>/&\"' =?-\r\n\tA]!\x01\x7F\x80KmsUri";
    Dice dice(2);
    unsigned sure = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string body = document_of(dice, static_cast<unsigned>(dice.below(3)));
        for (std::size_t n = 1 + dice.below(2); n-- > 0;) {
            const std::size_t at = dice.below(body.size());
            switch (dice.below(4)) {
                case 0:
                    body[at] = kBytes[dice.below(kBytes.size())];
                    break;
                case 1:
                    body.erase(at, 1 + dice.below(30));
                    break;
                case 2:
                    body.insert(at, 1, kBytes[dice.below(kBytes.size())]);
                    break;
                default:
                    body.insert(at, body.substr(dice.below(body.size()), dice.below(60)));
            }
        }
        View view;
        if (!recognise(body, view)) continue;
        ++sure;
        const auto read = parse(body);
        ASSERT_TRUE(read) << to_string(read.error()) << ' ' << body;
        expect_same(view, *read, body);
    }
    EXPECT_GT(sure, 100U);
}

TEST(Recognise, NotSureOfWhatCouldHoldAMikey) {
    Document d;
    d.id = "krr-0";
    d.time = "2026-11-21T12:00:00Z";
    View view;
    for (const char* text :
         {"ARoAAAAA", "xARo", "key-mgmt", "KEY-MGMT:mikey", "application/mikey", "a.Application/MIKEY",
          "0123456789abcde-mgmt", "0123456789abcd/mikey", "0123456789abcdefghijklmnopqrst/mikey"}) {
        d.processor = text;
        ASSERT_TRUE(parse(emit(d)));
        EXPECT_FALSE(recognise(emit(d), view)) << text;
    }
    d.processor = "sip:gate@mc1.example";
    EXPECT_TRUE(recognise(emit(d), view));
    for (std::size_t before = 0; before < 70; ++before)  // wherever it stands in the vectors that look for it
        for (const char* claim : {"-m", "/M", "-mb", "/m0123456789012345678901234567890123456789", "A"}) {
            d.processor = std::string(before, 'b') + claim;
            EXPECT_FALSE(recognise(emit(d), view)) << d.processor;
            d.processor = std::string(before, 'b') + "-bm/";
            EXPECT_TRUE(recognise(emit(d), view)) << d.processor;
        }
}

TEST(Recognise, OneNameInTwoSpellingsIsTheReadersBusiness) {
    Document d;
    d.id = "krr-0";
    d.processor = "sip:gate";
    d.time = "2026-11-21T12:00:00Z";
    d.initiator_list.present = true;
    d.initiator_list.any = false;
    const auto recognised = [&](std::string a, std::string b) {
        d.initiator_list.uris = {std::move(a), std::move(b)};
        View view;
        return recognise(emit(d), view);
    };
    for (const std::string name : {"k", "kms", "kms.b.ex", "kms1.b.example", "a-long-name.kms1.b.example"})
        for (std::size_t i = 0; i < name.size(); ++i) {
            std::string other = name;
            other[i] = static_cast<char>(other[i] ^ 0x20);  // the other case of a letter, else another name
            if (!std::isprint(static_cast<unsigned char>(other[i]))) continue;
            EXPECT_EQ(recognised(name, other), !sip::iequal(name, other)) << name << ' ' << other;
            other[i] = 'z';
            EXPECT_TRUE(recognised(name, other)) << name << ' ' << other;
        }
}

TEST(Recognise, AroundALayerItSaysWhatItSaysOfTheWhole) {
    Dice dice(4);
    View view;
    unsigned sure = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::string inner = document_of(dice, static_cast<unsigned>(dice.below(3)));
        if (!recognise(inner, view)) continue;
        const std::string root(view.root);
        Document d;
        d.id = "krr-1";
        d.processor = dice.below(4) == 0 ? "a&b" : dice.word();
        d.time = "2026-11-21T12:00:00Z";
        d.initiator_list = list_of(dice);
        d.embedded = root;
        std::string body = emit(d);
        EXPECT_EQ(recognise_around(body, root), recognise(body, view)) << body;
        sure += recognise(body, view) ? 1 : 0;
        EXPECT_FALSE(recognise_around(body, root.substr(1)));
        EXPECT_FALSE(recognise_around(body + " ", root));
        EXPECT_FALSE(recognise_around(body.substr(0, body.size() - 1), root));
        body.insert(body.size() - 25, "x");
        EXPECT_FALSE(recognise_around(body, root)) << body;
    }
    EXPECT_GT(sure, 300U);
}

TEST(Recognise, BoundsAreThoseOfTheReader) {
    Dice dice(3);
    View view;
    const auto nested = [&](unsigned depth) {
        std::string body;
        for (unsigned i = 0; i <= depth; ++i) {
            Document d;
            d.id = "krr-0";
            d.processor = "sip:p";
            d.time = "t";
            if (i != 0) d.embedded = body.substr(body.find("?>") + 2);
            body = emit(d);
        }
        return body;
    };
    EXPECT_TRUE(recognise(nested(kMaxDepth), view));
    EXPECT_EQ(view.depth, kMaxDepth);
    EXPECT_FALSE(recognise(nested(kMaxDepth + 1), view));
    Document d;
    d.id = "krr-0";
    d.initiator_list.any = false;
    d.initiator_list.present = true;
    for (std::size_t i = 0; i < kMaxList; ++i) d.initiator_list.uris.push_back("kms" + std::to_string(i));
    EXPECT_TRUE(recognise(emit(d), view));
    d.initiator_list.uris.push_back("one-too-many");
    EXPECT_FALSE(recognise(emit(d), view));
    d.initiator_list.uris = {std::string(kMaxUri, 'x')};
    EXPECT_TRUE(recognise(emit(d), view));
    d.initiator_list.uris = {std::string(kMaxUri + 1, 'x')};
    EXPECT_FALSE(recognise(emit(d), view));
    d.initiator_list.uris = {"kms", "KMS"};
    EXPECT_FALSE(recognise(emit(d), view));
}

}  // namespace
}  // namespace kmsgate::krr
